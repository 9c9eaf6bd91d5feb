//! The generated structs: how they are built, read and written.

use syn::parse_quote;

use super::*;
use crate::subjects::Subjects;

/// The source without spaces, which the printer puts where lines are long.
fn compact(source: &str) -> String {
    source.split_whitespace().collect::<String>()
}

fn has(source: &str, text: &str) -> bool {
    source.contains(&compact(text))
}

/// The compact client for one operation with this body and this answer.
fn client(body: &Value, answer: &Value, options: Options) -> String {
    let changes = json!({
        "requestBody": json_body(&json!({ "$ref": "#/components/schemas/Thing" })),
        "responses": { "200": json_body(&json!({ "$ref": "#/components/schemas/Answer" })) },
    });
    let schemas = json!({ "Thing": body, "Answer": answer });
    let input = Input {
        spec: &document(&operation(&changes), &schemas).to_string(),
        operation_docs: "{}",
        schema_docs: "{}",
    };
    let client = generate(input, options).unwrap().client;
    compact(&client.replace("::std::convert::", ""))
}

#[test]
fn types_that_no_operation_reaches_are_left_out() {
    let object = |property: &str| json!({ "type": "object", "properties": { property: { "type": "string" } } });
    let part = json!({ "$ref": "#/components/schemas/Piece" });
    let holder = json!({ "type": "object", "properties": {
        "held": { "type": "array", "items": { "$ref": "#/components/schemas/Held" } },
    } });
    let changes = json!({ "responses": {
        "200": json_body(&json!({ "allOf": [part, holder] })),
        "404": json_body(&json!({ "$ref": "#/components/schemas/Fault" })),
    } });
    let schemas = json!({
        "Piece": object("a"), "Held": object("b"), "Fault": object("c"), "Alone": object("d"),
        "Named": { "type": "object", "additionalProperties": { "type": "string" } },
    });
    let input = Input {
        spec: &document(&operation(&changes), &schemas).to_string(),
        operation_docs: "{}",
        schema_docs: "{}",
    };
    let client = generate(input, Options::default()).unwrap().client;
    for kept in ["DoThingResponse", "Held", "Fault"] {
        assert!(client.contains(&format!("pub struct {kept} ")), "{kept}");
    }
    for left in ["Piece", "Alone", "Named"] {
        assert!(!client.contains(left), "{left}");
    }
}

fn thing() -> Value {
    json!({ "type": "object", "required": ["kinds", "name", "size", "tag"], "properties": {
        "kinds": { "type": "array", "items": { "type": "string" } },
        "name": { "type": "string" },
        "note": { "type": "string" },
        "size": { "type": "integer" },
        "tag": { "type": "string", "nullable": true },
        "type": { "type": "boolean" },
        "until": { "type": "string", "format": "date-time", "nullable": true },
    } })
}

fn answer_schema() -> Value {
    json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } })
}

#[test]
fn requests_are_built_from_what_is_required() {
    let client = client(&thing(), &answer_schema(), Options::default());
    let has = |text: &str| assert!(has(&client, text), "{text}\n{client}");
    has("#[non_exhaustive] #[derive(PartialEq)] pub struct Thing {");
    has(
        "pub fn new( kinds: impl Into<::std::vec::Vec<::std::string::String>>, \
         name: impl Into<::std::string::String>, size: i64, \
         tag: ::std::option::Option<::std::string::String>, ) -> Self {",
    );
    has("pub fn with_note(mut self, note: impl Into<::std::string::String>,) -> Self {");
    has("pub fn with_type(mut self, type_: bool) -> Self {");
    has("pub fn with_until( mut self, until: impl Into<crate::Patch<");
    for required in ["kinds", "name", "size", "tag"] {
        assert!(!client.contains(&format!("with_{required}")), "{required}");
    }
}

#[test]
fn a_url_that_is_made_in_another_way_is_refused() {
    let found = |url| {
        let found = super::super::finish::path_parameters(&url, "/things/{id}/parts/{name}")?;
        Some(quote::quote!(#(#found),*).to_string())
    };
    let due = found(parse_quote!(format!(
        "{}/things/{}/parts/{}",
        self.baseurl,
        encode_path(&id.to_string()),
        encode_path(&name.to_string()),
    )));
    assert_eq!(due.as_deref(), Some("id , name"));
    for other in [
        parse_quote!(url),
        parse_quote!(format!(
            "{}/things/{}/parts/{}",
            self.baseurl,
            encode_path(&id.to_string())
        )),
        parse_quote!(format!(
            "{}/parts/{}/things/{}",
            self.baseurl,
            a(&id.to_string())
        )),
        parse_quote!(format!(
            "{}/things/{}/parts/{}",
            host,
            encode_path(&id.to_string())
        )),
        parse_quote!(format!(
            "{}/things/{}/parts/{}",
            self.baseurl,
            encode_path(&id.to_string()),
            plain(&name.to_string()),
        )),
        parse_quote!(format!(
            "{}/things/{}/parts/{}",
            self.baseurl,
            encode_path(&id.to_string()),
            encode_path(&name.to_owned()),
        )),
    ] {
        assert_eq!(found(other), None);
    }
}

#[test]
fn methods_hand_the_parameters_of_the_path_to_the_builder() {
    let client = client(&thing(), &answer_schema(), Options::default());
    let call = "self.call_json( RequestBuilder::new( &crate::routes::DO_THING, \
                &self.baseurl, &[&project_id.path_text()], ).json(&body), )";
    assert!(has(&client, call), "{client}");
}

#[test]
fn answers_have_no_constructor_that_an_addition_would_change() {
    let client = client(&thing(), &answer_schema(), Options::default());
    assert!(has(
        &client,
        "#[non_exhaustive] #[derive(PartialEq)] pub struct Answer {"
    ));
    assert!(!has(&client, "impl Answer {"));
}

#[test]
fn structs_are_records_and_keep_attributes_for_schemas_only() {
    let record = "crate::record::record! { Thing { 0 collection kinds = \"kinds\", \
                  1 required name = \"name\", 2 optional note = \"note\", \
                  3 required size = \"size\", 4 required tag = \"tag\", \
                  5 optional type_ = \"type\", 6 patch until = \"until\", } }";
    let plain = client(&thing(), &answer_schema(), Options::default());
    assert!(has(&plain, record), "{plain}");
    assert!(!plain.contains("serde("), "{plain}");

    let schemars = Options {
        schemars: true,
        ..Options::default()
    };
    let described = client(&thing(), &answer_schema(), schemars);
    assert!(has(&described, record), "{described}");
    assert!(has(&described, "serde(rename = \"type\""), "{described}");
    assert!(!described.contains("::Deserialize"), "{described}");
}

#[test]
fn a_struct_with_an_attribute_that_is_not_known_keeps_its_derives() {
    let source = |attribute: &str| {
        let tokens =
            format!("#[derive(::serde::Serialize)] pub struct A {{ {attribute} pub b: u8 }}");
        let mut items = syn::parse_file(&tokens).unwrap().items;
        records::replace_derives(&mut items, &Subjects::new(), false);
        items.len()
    };
    assert_eq!(source("#[serde(rename = \"c\")]"), 2);
    assert_eq!(source("#[serde(flatten)]"), 1);
    assert_eq!(source("#[serde(rename = \"c\", with = \"x\")]"), 1);
}

#[test]
fn all_structs_of_the_interface_are_open_and_all_requests_can_be_built() {
    let output = generate(vendored(), Options::default()).unwrap();
    let file = syn::parse_file(&output.client).unwrap();
    let types = file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let items = &types.unwrap().1;
    let mut document: Value = serde_json::from_str(vendored().spec).unwrap();
    docs::apply(&mut document, &json!({}), &json!({}));
    let normal = normalize(document, Purpose::Client).unwrap();
    let requests = reach::of_requests(&normal);
    assert!(requests.contains("ListProjectsQuery"));
    // Only by a variant of a union.
    assert!(requests.contains("ScheduleTriggerCreateRequest"));
    assert!(!requests.contains("ListProjectsResponse"));

    let (mut structs, mut built) = (0, 0);
    for item in items {
        let syn::Item::Struct(item) = item else {
            continue;
        };
        if !matches!(item.fields, syn::Fields::Named(_)) {
            continue;
        }
        let name = item.ident.to_string();
        let attributes = quote::quote!(#item).to_string();
        assert!(attributes.contains("non_exhaustive"), "{name}");
        assert!(output.client.contains(&format!("{name} {{")), "{name}");
        structs += 1;
        if requests.contains(&name) {
            let has_new = items.iter().any(|other| has_method(other, &name, "new"));
            assert!(attributes.contains("Default") || has_new, "{name}");
            built += 1;
        }
    }
    let records = output.client.matches("record::record!").count();
    assert_eq!(records, structs);
    assert!(structs > 270 && built > 100, "{structs} {built}");
}

fn has_method(item: &syn::Item, ty: &str, method: &str) -> bool {
    let syn::Item::Impl(block) = item else {
        return false;
    };
    let self_ty = &block.self_ty;
    block.trait_.is_none()
        && quote::quote!(#self_ty).to_string() == ty
        && block.items.iter().any(|item| match item {
            syn::ImplItem::Fn(function) => function.sig.ident == method,
            _ => false,
        })
}

#[test]
fn deprecated_properties_carry_the_mark() {
    let thing = json!({ "type": "object", "properties": {
        "old": { "type": "string", "deprecated": true, "description": "d" },
        "new": { "type": "string" },
    } });
    let client = client(&thing, &thing, Options::default());
    assert!(has(&client, "#[deprecated] pub old:"), "{client}");
    assert!(has(&client, "#[deprecated] pub fn with_old("));
    assert!(!has(&client, "#[deprecated] pub new:"));
    assert!(!has(&client, "#[deprecated] pub fn with_new("));
}
