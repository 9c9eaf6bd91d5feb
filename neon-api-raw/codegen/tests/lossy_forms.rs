//! Forms of which a rule would keep only a part: each stops with its place.

use super::*;

fn text() -> Value {
    json!({ "type": "string" })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The refusal of a schema called `Odd`, beside some others.
fn refused(odd: Value) -> String {
    let mut schemas = json!({
        "Kind": { "type": "string", "enum": ["a"] },
        "Cat": { "type": "object", "properties": { "x": { "type": "string" } } },
        "Dog": { "type": "object", "properties": { "x": { "type": "string" } } },
    });
    schemas["Odd"] = odd;
    refusal(&json!({}), &schemas)
}

#[test]
fn only_objects_compose() {
    for part in [
        reference("Kind"),
        json!({ "type": "array", "items": text() }),
        json!({ "additionalProperties": text() }),
        json!({ "oneOf": [reference("Cat")] }),
    ] {
        let told = refused(json!({ "allOf": [reference("Cat"), part] }));
        assert!(told.starts_with("Odd: an `allOf` with a part of"), "{told}");
    }
    let told = refused(json!({ "allOf": [reference("Odd")] }));
    assert!(told.contains("composes itself"), "{told}");
}

#[test]
fn unions_and_enums_keep_all_that_is_stated() {
    let mapping =
        json!({ "propertyName": "type", "mapping": { "cat": "#/components/schemas/Cat" } });
    let told = refused(json!({
        "oneOf": [reference("Cat"), reference("Dog")], "discriminator": mapping,
    }));
    assert!(
        told.contains("the union Odd: a variant is not in the mapping"),
        "{told}"
    );
    let told = refused(json!({
        "oneOf": [reference("Cat")], "discriminator": mapping, "properties": { "y": text() },
    }));
    assert!(
        told.contains("the union Odd: `properties` beside `oneOf`"),
        "{told}"
    );
    let told = refused(json!({ "type": "string", "enum": ["a"], "nullable": true }));
    assert!(told.contains("the enum Odd: `nullable`"), "{told}");
}

#[test]
fn variants_are_objects_with_the_value_that_is_sent() {
    let union = |variant: Value| {
        let schemas = json!({
            "Variant": variant,
            "Odd": { "oneOf": [reference("Variant")], "discriminator": {
                "propertyName": "type", "mapping": { "cat": "#/components/schemas/Variant" },
            } },
        });
        normalize(document(&operation(&json!({})), &schemas), Purpose::Client)
            .map_err(|error| error.to_string())
    };
    let tagged = |tag: Value| json!({ "type": "object", "properties": { "type": tag } });
    for (variant, what) in [
        (text(), "not an object"),
        (
            json!({ "type": "string", "enum": ["cat"] }),
            "not an object",
        ),
        (json!({ "type": "array", "items": text() }), "not an object"),
        (tagged(json!({ "type": "integer" })), "another type"),
        (
            tagged(json!({ "type": "string", "enum": ["dog"] })),
            "without this value",
        ),
    ] {
        let told = union(variant).unwrap_err();
        assert!(
            told.starts_with("the union Odd, variant cat: ") && told.contains(what),
            "{told}"
        );
    }
    for tag in [text(), json!({ "type": "string", "enum": ["cat", "dog"] })] {
        union(tagged(tag)).unwrap();
    }
    let told = refused(json!({
        "oneOf": [reference("Cat"), reference("Dog")], "discriminator": {
            "propertyName": "type", "mapping": {
                "a-b": "#/components/schemas/Cat", "a_b": "#/components/schemas/Dog",
            },
        },
    }));
    assert!(
        told.contains("the union Odd: the variant a_b has"),
        "{told}"
    );
}

/// The generator makes a type of it that refers to one that it does not make.
#[test]
fn null_is_stated_where_a_schema_is_referred_to() {
    for mut odd in [
        text(),
        json!({ "type": "array", "items": text() }),
        json!({ "type": "object", "properties": { "x": text() } }),
        json!({ "allOf": [reference("Cat")] }),
    ] {
        odd["nullable"] = json!(true);
        let told = refused(odd);
        assert!(
            told.starts_with("Odd: `nullable` on a named schema"),
            "{told}"
        );
    }
}

#[test]
fn what_goes_one_way_is_not_required_of_both() {
    for key in ["readOnly", "writeOnly"] {
        let told = refused(json!({
            "type": "object", "required": ["x"],
            "properties": { "x": { "type": "string", key: true } },
        }));
        assert!(
            told.starts_with("Odd.x: `readOnly` or `writeOnly`"),
            "{told}"
        );
    }
}

#[test]
fn what_is_sensitive_is_hidden_or_stops() {
    let normal = normal(
        &json!({}),
        &json!({ "Odd": {
        "type": "object", "x-sensitive": ["codes", "tags"], "properties": {
            "codes": { "type": "array", "items": text() },
            "tags": { "type": "object", "additionalProperties": text() },
        },
    } }),
    );
    let properties = &schema(&normal, "Odd")["properties"];
    let hidden = json!("#/components/schemas/Secret");
    assert_eq!(properties["codes"]["items"]["$ref"], hidden);
    assert_eq!(properties["tags"]["additionalProperties"]["$ref"], hidden);

    let own = normalize(
        document(
            &operation(&json!({})),
            &json!({ "Odd": { "type": "object", "properties": {
                "code": { "type": "string", "x-sensitive": true },
            } } }),
        ),
        Purpose::Client,
    );
    let own = own.unwrap();
    let code = &schema(&own, "Odd")["properties"]["code"]["$ref"];
    assert_eq!(*code, json!("#/components/schemas/Secret"));

    let told = refused(json!({
        "type": "object", "x-sensitive": ["part"], "properties": { "part": reference("Cat") },
    }));
    assert!(
        told.starts_with("Odd.part: it is marked as sensitive"),
        "{told}"
    );
    let told = refused(json!({ "type": "object", "x-sensitive": ["gone"], "properties": {} }));
    assert!(told.contains("it names gone"), "{told}");
    let own = refusal(&json!({}), &json!({ "Secret": { "type": "object" } }));
    assert!(own.contains("the schema Secret"), "{own}");
}

#[test]
fn arguments_of_one_name_are_refused() {
    let path = json!({ "name": "project_id", "in": "path", "required": true, "schema": text() });
    for (name, required) in [
        ("query", true),
        ("body", false),
        ("project_id", false),
        ("projectId", false),
    ] {
        let other = json!({ "name": name, "in": "query", "required": required, "schema": text() });
        let told = refusal(&json!({ "parameters": [path, other] }), &json!({}));
        assert!(
            told.contains(&format!("parameter {name}: another argument")),
            "{told}"
        );
    }
}

#[test]
fn an_empty_success_beside_a_body_is_only_known_of_204() {
    let responses = json!({ "200": json_body(&text()), "202": { "description": "" } });
    let told = refusal(&json!({ "responses": responses }), &json!({}));
    assert!(told.contains("202 without a body"), "{told}");
}

/// A body that is a component, a list of what a union holds: its variants have three states too.
#[test]
fn three_states_reach_bodies_of_all_forms() {
    let change = json!({ "type": "object", "properties": {
        "may": { "type": "string", "nullable": true },
    } });
    let mut document = document(
        &operation(&json!({ "requestBody": { "$ref": "#/components/requestBodies/Changes" } })),
        &json!({
            "Change": change,
            "AnyChange": { "oneOf": [reference("Change")], "discriminator": {
                "propertyName": "type", "mapping": { "change": "#/components/schemas/Change" },
            } },
        }),
    );
    let list = json!({ "type": "array", "items": reference("AnyChange") });
    document["components"]["requestBodies"] = json!({ "Changes": json_body(&list) });
    let normal = normalize(document, Purpose::Client).unwrap();
    let may = &schema(&normal, "Change")["properties"]["may"]["$ref"];
    assert_eq!(*may, json!("#/components/schemas/PatchString"));
}
