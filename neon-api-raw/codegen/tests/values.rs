//! What a property can hold: enums, unions, IDs, secrets, three states, numbers.

use super::*;

#[test]
fn enums_keep_all_values_under_names_of_their_own() {
    let normal = normal(
        &json!({}),
        &json!({ "Kind": { "type": "string", "enum": ["storage:read", "user.created", "UNKNOWN"] } }),
    );
    let values: Vec<_> = normal.enums[0]
        .values
        .iter()
        .map(|(v, t)| (v.as_str(), t.as_str()))
        .collect();
    assert_eq!(
        values,
        [
            ("StorageRead", "storage:read"),
            ("UserCreated", "user.created"),
            ("Unknown", "UNKNOWN")
        ]
    );
    assert_eq!(schema(&normal, "Kind"), &json!({ "type": "string" }));
    assert!(normal.replacements.iter().any(|r| r.path == "enums::Kind"));
}

#[test]
fn values_that_would_share_a_name_are_refused() {
    let told = refusal(
        &json!({}),
        &json!({ "Kind": { "type": "string", "enum": ["a_b", "a-b"] } }),
    );
    assert!(told.contains("the enum Kind has a value \"a-b\""), "{told}");
}

#[test]
fn unions_need_a_discriminator() {
    let variant = json!({ "type": "object" });
    let one_of = json!([{ "$ref": "#/components/schemas/Cat" }]);
    let told = refusal(
        &json!({}),
        &json!({ "Cat": variant, "Pet": { "oneOf": one_of } }),
    );
    assert!(
        told.starts_with("the union Pet: it has no discriminator"),
        "{told}"
    );

    let pet = json!({ "oneOf": one_of, "discriminator": {
        "propertyName": "type", "mapping": { "house_cat": "#/components/schemas/Cat" },
    } });
    let normal = normal(&json!({}), &json!({ "Cat": variant, "Pet": pet }));
    assert_eq!(normal.unions[0].tag, "type");
    let variant = (
        "HouseCat".to_owned(),
        "house_cat".to_owned(),
        "Cat".to_owned(),
    );
    assert_eq!(normal.unions[0].variants, [variant]);
}

#[test]
fn ids_are_shared_between_paths_and_bodies_and_integers_stay() {
    let normal = normal(
        &json!({}),
        &json!({
            "Branch": { "type": "object", "properties": {
                "id": { "type": "string", "pattern": "^x$" },
                "project_id": { "type": "string", "description": "d" },
                "parent_id": { "type": "integer" },
                "unavailable_project_ids": { "type": "array", "items": { "type": "string" } },
            } },
        }),
    );
    let properties = &schema(&normal, "Branch")["properties"];
    let id = |name: &str| json!(format!("#/components/schemas/{name}"));
    assert_eq!(properties["id"]["$ref"], id("BranchId"));
    assert_eq!(
        properties["project_id"]["allOf"][0]["$ref"],
        id("ProjectId")
    );
    assert_eq!(
        properties["unavailable_project_ids"]["items"]["$ref"],
        id("ProjectId")
    );
    assert_eq!(properties["parent_id"]["type"], json!("integer"));
    let parameter = &only_operation(&normal)["parameters"][0];
    assert_eq!(parameter["schema"]["$ref"], id("ProjectId"));
}

#[test]
fn secrets_are_hidden_wherever_they_occur() {
    let normal = normal(
        &json!({}),
        &json!({ "Role": { "type": "object", "properties": {
            "name": { "type": "string" },
            "password": { "type": "string", "description": "d" },
        } } }),
    );
    let properties = &schema(&normal, "Role")["properties"];
    assert_eq!(
        properties["password"]["allOf"][0]["$ref"],
        json!("#/components/schemas/Secret")
    );
    assert_eq!(properties["name"]["type"], json!("string"));
}

/// The document's own mark, on a name that says nothing, alone and in a composed schema.
#[test]
fn what_the_document_marks_as_sensitive_is_hidden() {
    let text = json!({ "type": "string" });
    let normal = normal(
        &json!({}),
        &json!({
            "Note": { "type": "object", "x-sensitive": ["note", "email", "address_line9"], "properties": {
                "note": text, "email": text, "address_line9": text, "other": text,
            } },
            "Composed": { "allOf": [
                { "$ref": "#/components/schemas/Note" },
                { "type": "object", "properties": { "note": text } },
            ] },
        }),
    );
    for name in ["Note", "Composed"] {
        let properties = &schema(&normal, name)["properties"];
        let hidden = json!("#/components/schemas/Secret");
        assert_eq!(properties["note"]["$ref"], hidden, "{name}");
        for shown in ["email", "address_line9", "other"] {
            assert_eq!(properties[shown], text, "{name}.{shown}");
        }
    }
}

#[test]
fn only_optional_nullable_properties_of_requests_have_three_states() {
    let time = json!({ "type": "string", "format": "date-time", "nullable": true });
    let schemas = json!({
        "Change": { "type": "object", "required": ["must"], "properties": { "may": time, "must": time } },
        "Answer": { "type": "object", "properties": { "may": time } },
    });
    let body = json_body(&json!({ "$ref": "#/components/schemas/Change" }));
    let normal = normal(&json!({ "requestBody": body }), &schemas);
    let patch = json!("#/components/schemas/PatchDateTime");
    assert_eq!(
        schema(&normal, "Change")["properties"]["may"]["$ref"],
        patch
    );
    assert_eq!(
        schema(&normal, "Change")["properties"]["must"]["nullable"],
        json!(true)
    );
    assert_eq!(
        schema(&normal, "Answer")["properties"]["may"]["nullable"],
        json!(true)
    );
}

#[test]
fn a_three_state_field_can_hold_any_type() {
    let body = json_body(&json!({ "$ref": "#/components/schemas/Change" }));
    let nullable = |mut schema: Value| {
        schema["nullable"] = json!(true);
        schema
    };
    let part = json!({ "$ref": "#/components/schemas/Part" });
    let properties = json!({
        "count": nullable(json!({ "type": "integer" })),
        "name": nullable(json!({ "type": "string" })),
        "ratio": nullable(json!({ "type": "number" })),
        "flag": nullable(json!({ "type": "boolean" })),
        "kind": nullable(json!({ "type": "string", "enum": ["a"] })),
        "project_id": nullable(json!({ "type": "string" })),
        "password": nullable(json!({ "type": "string" })),
        "part": nullable(part.clone()),
        "parts": nullable(json!({ "type": "array", "items": part })),
        "map": nullable(json!({ "type": "object", "additionalProperties": { "type": "integer" } })),
    });
    let schemas = json!({
        "Change": { "type": "object", "properties": properties },
        "Part": { "type": "object", "properties": { "x": { "type": "string" } } },
    });
    let normal = normal(&json!({ "requestBody": body }), &schemas);
    let held = |property: &str| {
        let target = &schema(&normal, "Change")["properties"][property]["$ref"];
        let name = target.as_str().unwrap().rsplit('/').next().unwrap();
        let replacement = normal.replacements.iter().find(|r| r.name == name).unwrap();
        replacement.path.replace("::std::", "")
    };
    for (property, path) in [
        ("count", "Patch<i64>"),
        ("name", "Patch<string::String>"),
        ("ratio", "Patch<f64>"),
        ("flag", "Patch<bool>"),
        ("kind", "Patch<crate::enums::ChangeKind>"),
        ("project_id", "Patch<crate::ids::ProjectId>"),
        ("password", "Patch<crate::Secret>"),
        ("part", "Patch<crate::generated::types::Part>"),
        ("parts", "Patch<vec::Vec<crate::generated::types::Part>>"),
        ("map", "Patch<collections::BTreeMap<string::String, i64>>"),
    ] {
        assert_eq!(held(property), path, "{property}");
    }
}

#[test]
fn bounds_and_defaults_leave_and_integers_widen() {
    let normal = normal(
        &json!({}),
        &json!({ "A": { "type": "object", "additionalProperties": false, "properties": {
            "n": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 9, "default": 3 },
            "u": { "type": "integer", "format": "uint64" },
            "s": { "type": "string", "format": "uuid", "pattern": "^a$", "maxLength": 5 },
            "t": { "type": "string", "format": "date-time" },
        } } }),
    );
    let a = schema(&normal, "A");
    assert!(a.get("additionalProperties").is_none());
    assert_eq!(
        a["properties"]["n"],
        json!({ "type": "integer", "format": "int64" })
    );
    assert_eq!(
        a["properties"]["u"],
        json!({ "type": "integer", "format": "uint64" })
    );
    assert_eq!(a["properties"]["s"], json!({ "type": "string" }));
    assert_eq!(
        a["properties"]["t"],
        json!({ "type": "string", "format": "date-time" })
    );
}
