//! The shapes of request bodies.

use super::super::shapes;
use super::*;

/// The shapes of a document whose operation has a body of this schema, without spaces.
fn shapes_of(schema: &Value, schemas: &Value) -> Result<String, String> {
    let normal = normal(&json!({ "requestBody": json_body(schema) }), schemas);
    let tokens = shapes::of(&normal).map_err(|error| error.to_string())?;
    Ok(tokens.to_string().replace(' ', ""))
}

#[test]
fn every_level_of_a_body_is_described() {
    let shapes = shapes_of(
        &json!({ "$ref": "#/components/schemas/Body" }),
        &json!({
            "Body": { "type": "object", "properties": {
                "branch_id": { "type": "string" },
                "free": { "type": "object" },
                "items": { "type": "array", "items": { "$ref": "#/components/schemas/Item" } },
                "by_name": { "type": "object", "additionalProperties": {
                    "$ref": "#/components/schemas/Item",
                } },
            } },
            "Item": { "type": "object", "properties": { "size": { "type": "integer" } } },
        }),
    )
    .unwrap();
    for due in [
        r#"staticITEM:Shape=Shape::Object(&[("size",&Shape::Value)]);"#,
        "implRequestBodyforcrate::types::Item",
        "implRequestBodyforcrate::types::Body",
        r#"("branch_id",&Shape::Id(|text|crate::ids::BranchId::new(text).map(drop)))"#,
        r#"("by_name",&Shape::Map(&ITEM))"#,
        r#"("free",&Shape::Value)"#,
        r#"("items",&Shape::List(&ITEM))"#,
    ] {
        assert!(shapes.contains(due), "{due} is not in {shapes}");
    }
}

#[test]
fn a_type_that_holds_itself_is_described_once() {
    let schemas = json!({ "Node": { "type": "object", "properties": {
        "children": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
    } } });
    let shapes = shapes_of(&json!({ "$ref": "#/components/schemas/Node" }), &schemas).unwrap();
    assert_eq!(shapes.matches("staticNODE").count(), 1);
    assert!(shapes.contains(r#"("children",&Shape::List(&NODE))"#));
}

#[test]
fn a_body_with_known_fields_and_any_others_stops_the_build() {
    let schemas = json!({ "Body": {
        "type": "object",
        "properties": { "name": { "type": "string" } },
        "additionalProperties": { "type": "integer" },
    } });
    // No rule knows the form either; the first that refuses it will do.
    let body = json_body(&json!({ "$ref": "#/components/schemas/Body" }));
    let document = document(&operation(&json!({ "requestBody": body })), &schemas);
    let outcome = normalize(document, Purpose::Client).and_then(|normal| shapes::of(&normal));
    outcome.unwrap_err();
}
