//! Schemas: composed, defined in place, described, named.

use std::collections::BTreeMap;

use super::*;

#[test]
fn bodies_composed_in_place_get_a_name_and_one_object() {
    let composed = json!({ "allOf": [
        { "$ref": "#/components/schemas/A" },
        { "type": "object", "required": ["b"], "properties": { "b": { "type": "boolean" } } },
    ] });
    let normal = normal(
        &json!({ "requestBody": json_body(&composed) }),
        &json!({ "A": { "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } } } }),
    );
    let composed = schema(&normal, "DoThingRequest");
    assert_eq!(composed["required"], json!(["a", "b"]));
    assert_eq!(composed["properties"].as_object().unwrap().len(), 2);
    assert!(composed.get("allOf").is_none());
}

#[test]
fn parts_that_disagree_on_a_property_are_refused() {
    let told = refusal(
        &json!({}),
        &json!({
            "A": { "type": "object", "properties": { "x": { "type": "string" } } },
            "C": { "allOf": [
                { "$ref": "#/components/schemas/A" },
                { "type": "object", "properties": { "x": { "type": "boolean" } } },
            ] },
        }),
    );
    assert_eq!(told, "C composes two different properties x");
}

#[test]
fn nested_objects_and_enums_are_named_after_their_path() {
    let normal = normal(
        &json!({}),
        &json!({ "Outer": { "type": "object", "properties": {
            "inner": { "type": "object", "description": "d", "properties": {
                "kind": { "type": "string", "enum": ["a"] },
            } },
            "rows": { "type": "array", "items": { "type": "object", "properties": { "n": { "type": "integer" } } } },
            "sort_order": { "type": "string", "enum": ["asc", "desc"] },
        } } }),
    );
    let outer = &schema(&normal, "Outer")["properties"];
    assert_eq!(
        outer["inner"]["allOf"][0]["$ref"],
        json!("#/components/schemas/OuterInner")
    );
    assert_eq!(outer["inner"]["description"], json!("d"));
    assert_eq!(
        outer["rows"]["items"]["$ref"],
        json!("#/components/schemas/OuterRowsItem")
    );
    let enums: Vec<_> = normal.enums.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(enums, ["OuterInnerKind", "SortOrder"]);
}

#[test]
fn what_is_defined_in_place_has_a_text() {
    let row = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
    let kind = json!({ "type": "string", "enum": ["a"] });
    let order = json!({ "type": "string", "enum": ["asc", "desc"] });
    let mut said = row.clone();
    said["description"] = json!("A row.");
    let normal = normal(
        &json!({
            "parameters": [
                { "name": "kind", "in": "query", "description": "Which kind.", "schema": kind },
                { "name": "sort_order", "in": "query", "description": "Up or down.", "schema": order },
            ],
            "requestBody": json_body(&row),
            "responses": { "200": json_body(&row) },
        }),
        &json!({ "Outer": { "type": "object", "properties": {
            "rows": { "type": "array", "description": "The rows.", "items": row },
            "more": { "type": "array", "description": "More rows.", "items": said },
            "kinds": { "type": "array", "items": kind },
        } } }),
    );
    for (name, text) in [
        ("DoThingRequest", json!("The request body of `doThing`.")),
        ("DoThingResponse", json!("The response of `doThing`.")),
        ("OuterRowsItem", json!("The rows.")),
        ("OuterMoreItem", json!("A row.")),
    ] {
        assert_eq!(schema(&normal, name)["description"], text, "{name}");
    }
    let enums = normal.enums.iter();
    let enums = enums.map(|e| (e.name.as_str(), e.doc.as_str()));
    assert_eq!(
        enums.collect::<BTreeMap<_, _>>(),
        BTreeMap::from([
            ("DoThingKind", "Which kind."),
            ("OuterKindsItem", ""),
            ("SortOrder", "The direction of a sort."),
        ])
    );
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let told = refusal(
        &json!({}),
        &json!({
            "Outer": { "type": "object", "properties": {
                "inner": { "type": "object", "properties": { "a": { "type": "string" } } },
            } },
            "OuterInner": { "type": "object" },
        }),
    );
    assert_eq!(
        told,
        "the type OuterInner, defined in place, exists already"
    );
}

#[test]
fn texts_reach_parameters_properties_and_parts() {
    let mut document = document(
        &operation(&json!({})),
        &json!({ "A": { "allOf": [{ "type": "object", "properties": {
            "rows": { "type": "array", "items": { "type": "object", "properties": { "n": { "type": "integer" } } } },
        } }] } }),
    );
    docs::apply(
        &mut document,
        &json!({ "doThing": { "summary": "Does.", "parameters": { "project_id": "Which." } } }),
        &json!({ "A": { "summary": "An A.", "properties": { "rows[]": "A row.", "rows[].n": "How many." } } }),
    );
    let operation = &document["paths"]["/things/{project_id}"]["post"];
    assert_eq!(operation["summary"], json!("Does."));
    assert_eq!(operation["parameters"][0]["description"], json!("Which."));
    let a = &document["components"]["schemas"]["A"];
    assert_eq!(a["description"], json!("An A."));
    let row = &a["allOf"][0]["properties"]["rows"]["items"];
    assert_eq!(row["description"], json!("A row."));
    assert_eq!(row["properties"]["n"]["description"], json!("How many."));
}

#[test]
fn names_follow_rust() {
    assert_eq!(names::type_name("JWKS"), "Jwks");
    assert_eq!(names::type_name("branch.created"), "BranchCreated");
    assert_eq!(names::type_name("9to5"), "V9to5");
    assert_eq!(names::method_name("getConnectionURI"), "get_connection_uri");
    assert_eq!(names::constant_name("listProjects"), "LIST_PROJECTS");
}
