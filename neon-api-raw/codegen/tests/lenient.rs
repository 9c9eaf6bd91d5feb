//! What is read in more forms than the document states, and what is not shown.

use super::*;

/// The compact client for one operation at `/things/{id}/parts` with this answer.
fn client_for(answer: &Value) -> String {
    let body = json_body(&json!({ "$ref": "#/components/schemas/Answer" }));
    let changes = json!({ "responses": { "200": body } });
    let schemas = json!({
        "Answer": answer,
        "Labels": { "type": "object", "additionalProperties": { "type": "string" } },
        "Version": { "type": "integer" },
        "Thing": { "type": "object", "properties": { "id": { "type": "integer" } } },
    });
    let input = Input {
        spec: &document(&operation(&changes), &schemas).to_string(),
        operation_docs: "{}",
        schema_docs: "{}",
    };
    let client = generate(input, Options::default()).unwrap().client;
    client.split_whitespace().collect()
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn answer_of(properties: &Value) -> Value {
    let required: Vec<_> = properties.as_object().unwrap().keys().collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

#[test]
fn the_list_that_a_call_is_about_must_come() {
    let flag = json!({ "type": "boolean" });
    let thing = json!({ "$ref": "#/components/schemas/Thing" });
    for (properties, due) in [
        (json!({ "a": texts() }), "{0requireda=\"a\",}"),
        (
            json!({ "a": texts(), "is_cut": flag }),
            "{0requireda=\"a\",1requiredis_cut=\"is_cut\",}",
        ),
        // One is called like the end of the operation's path, `/things`.
        (
            json!({ "a": texts(), "things": texts() }),
            "{0collectiona=\"a\",1requiredthings=\"things\",}",
        ),
        (
            json!({ "a": texts(), "thing": thing }),
            "{0collectiona=\"a\",1requiredthing=\"thing\",}",
        ),
    ] {
        let client = client_for(&answer_of(&properties));
        let record = format!("record!{{Answer{due}}}");
        assert!(client.contains(&record), "{record}\n{client}");
    }
}

#[test]
fn lists_and_maps_may_be_absent_and_newtypes_are_read_like_their_field() {
    let client = client_for(&answer_of(&json!({
        "a": { "type": "object", "additionalProperties": texts() },
        "b": { "$ref": "#/components/schemas/Labels" },
        "c": { "type": "array", "items": { "type": "integer" } },
        "d": { "type": "integer", "nullable": true },
        "e": { "$ref": "#/components/schemas/Version" },
        "f": { "type": "string" },
    })));
    let record = "record!{Answer{0collectiona=\"a\",1collectionb=\"b\",\
                  2collectionc=\"c\",3requiredd=\"d\",4requirede=\"e\",\
                  5requiredf=\"f\",}}";
    assert!(client.contains(record), "{client}");
    // Structs of one unnamed field are read like that field.
    for newtype in [
        "Labels(::std::collections::BTreeMap<::std::string::String,::std::string::String>)",
        "Version(i64)",
    ] {
        let reads = format!("crate::read::newtype!{{{newtype}}}");
        assert!(client.contains(&reads), "{reads}\n{client}");
    }
    assert!(!client.contains("::serde::Deserialize"), "{client}");
}

#[test]
fn what_a_failure_is_described_by_is_masked() {
    let text = json!({ "type": "string" });
    let client = client_for(&answer_of(&json!({ "error": text, "id": text })));
    let shows = "impl::std::fmt::DebugforAnswer{fnfmt(&self,f:&mut::std::fmt::Formatter<'_>)\
                 ->::std::fmt::Result{f.debug_struct(stringify!(Answer))\
                 .field(stringify!(error),&crate::free_text::FreeText(&self.error))\
                 .field(stringify!(id),&self.id).finish()}}";
    assert!(client.contains(shows), "{client}");
    assert!(
        client.contains("#[derive(Clone)]#[non_exhaustive]#[derive(PartialEq)]pubstructAnswer{"),
        "{client}"
    );
    // Its JSON is masked, too.
    let record = "record!{Answer{0requirederror=\"error\"asfree,1requiredid=\"id\",}}";
    assert!(client.contains(record), "{client}");
    // Of another type, it describes itself.
    let thing = json!({ "$ref": "#/components/schemas/Thing" });
    assert!(!client_for(&answer_of(&json!({ "error": thing }))).contains("FreeText"));
}
