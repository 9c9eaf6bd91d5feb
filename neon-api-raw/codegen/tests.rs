//! Each rule on the smallest document that shows it.

use serde_json::{Value, json};

use super::rules::{Normal, Purpose, normalize};
use super::{Input, Options, docs, generate, names};

/// A document with one operation and some schemas.
fn document(operation: &Value, schemas: &Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "T", "version": "v2" },
        "paths": { "/things/{project_id}": { "post": operation } },
        "components": { "schemas": schemas },
    })
}

/// An operation that takes and answers nothing, with some of its keys replaced.
fn operation(changes: &Value) -> Value {
    let mut operation = json!({
        "operationId": "doThing",
        "tags": ["Thing"],
        "parameters": [
            { "name": "project_id", "in": "path", "required": true, "schema": { "type": "string" } },
        ],
        "responses": { "200": { "description": "OK" } },
    });
    for (key, value) in changes.as_object().unwrap() {
        operation[key] = value.clone();
    }
    operation
}

fn json_body(schema: &Value) -> Value {
    json!({ "description": "", "content": { "application/json": { "schema": schema } } })
}

fn normal(changes: &Value, schemas: &Value) -> Normal {
    normalize(document(&operation(changes), schemas), Purpose::Client).unwrap()
}

fn refusal(changes: &Value, schemas: &Value) -> String {
    normalize(document(&operation(changes), schemas), Purpose::Client)
        .unwrap_err()
        .to_string()
}

fn schema<'a>(normal: &'a Normal, name: &str) -> &'a Value {
    &normal.document["components"]["schemas"][name]
}

fn only_operation(normal: &Normal) -> &Value {
    &normal.document["paths"]["/things/{project_id}"]["post"]
}

#[test]
fn one_success_stays_and_errors_leave() {
    let responses = json!({
        "201": json_body(&json!({ "$ref": "#/components/schemas/A" })),
        "404": json_body(&json!({ "$ref": "#/components/schemas/B" })),
        "default": json_body(&json!({ "$ref": "#/components/schemas/B" })),
    });
    let normal = normal(
        &json!({ "responses": responses }),
        &json!({ "A": { "type": "object" }, "B": { "type": "object" } }),
    );
    let kept = only_operation(&normal)["responses"].as_object().unwrap();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["2XX"]);
    assert!(kept["2XX"]["content"].is_object());
}

#[test]
fn an_empty_success_beside_a_body_makes_it_nullable() {
    let responses = json!({
        "200": json_body(&json!({ "$ref": "#/components/schemas/A" })),
        "204": { "description": "No Content" },
    });
    let normal = normal(
        &json!({ "responses": responses }),
        &json!({ "A": { "type": "object" } }),
    );
    let kept = &only_operation(&normal)["responses"]["2XX"];
    let schema = &kept["content"]["application/json"]["schema"];
    assert_eq!(schema["nullable"], json!(true));
    assert_eq!(schema["allOf"][0]["$ref"], json!("#/components/schemas/A"));
}

#[test]
fn two_success_bodies_are_refused_with_the_place() {
    let responses = json!({
        "200": json_body(&json!({ "type": "string" })),
        "202": json_body(&json!({ "type": "string" })),
    });
    let told = refusal(&json!({ "responses": responses }), &json!({}));
    assert!(told.contains("post /things/{project_id}"), "{told}");
}

#[test]
fn multipart_operations_are_listed_for_writing_by_hand() {
    let body = json!({ "content": { "multipart/form-data": { "schema": { "type": "object" } } } });
    let normal = normal(&json!({ "requestBody": body }), &json!({}));
    assert_eq!(normal.by_hand, ["doThing"]);
    assert!(normal.document["paths"]["/things/{project_id}"]["post"].is_null());
}

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
    assert_eq!(told, "the union Pet has no discriminator");

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
fn a_three_state_field_of_a_new_type_is_refused() {
    let body = json_body(&json!({ "$ref": "#/components/schemas/Change" }));
    let told = refusal(
        &json!({ "requestBody": body }),
        &json!({ "Change": { "type": "object", "properties": {
            "may": { "type": "integer", "nullable": true },
        } } }),
    );
    assert!(
        told.starts_with("Change.may can be left, cleared or set"),
        "{told}"
    );
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

#[test]
fn optional_query_parameters_fold_into_one_object() {
    let parameters = json!([
        { "name": "project_id", "in": "path", "required": true, "schema": { "type": "string" } },
        { "name": "from", "in": "query", "required": true, "schema": { "type": "string" } },
        { "name": "limit", "in": "query", "schema": { "type": "integer" }, "description": "d" },
    ]);
    let normal = normal(&json!({ "parameters": parameters }), &json!({}));
    let names: Vec<_> = only_operation(&normal)["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["project_id", "from", "query"]);
    let query = schema(&normal, "DoThingQuery");
    assert_eq!(query["properties"]["limit"]["description"], json!("d"));
    assert!(query.get("required").is_none());
}

#[test]
fn mocks_see_parameters_one_by_one_and_errors() {
    let parameters = json!([
        { "name": "limit", "in": "query", "schema": { "type": "integer" } },
        { "name": "ids", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
        { "name": "at", "in": "query", "schema": { "type": "string", "format": "date-time" } },
    ]);
    let changed = document(&operation(&json!({ "parameters": parameters })), &json!({}));
    let normal = normalize(changed, Purpose::Mocks).unwrap();
    let parameters = only_operation(&normal)["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), 2);
    assert_eq!(parameters[1]["schema"], json!({ "type": "string" }));
    let responses = only_operation(&normal)["responses"].as_object().unwrap();
    assert!(responses.contains_key("4XX") && responses.contains_key("5XX"));
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
        &json!({ "A": { "summary": "An A.", "properties": { "rows[].n": "How many." } } }),
    );
    let operation = &document["paths"]["/things/{project_id}"]["post"];
    assert_eq!(operation["summary"], json!("Does."));
    assert_eq!(operation["parameters"][0]["description"], json!("Which."));
    let a = &document["components"]["schemas"]["A"];
    assert_eq!(a["description"], json!("An A."));
    let row = &a["allOf"][0]["properties"]["rows"]["items"];
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

#[test]
fn the_vendored_document_generates_every_operation() {
    let input = Input {
        spec: include_str!("../openapi/v2.json"),
        operation_docs: include_str!("../openapi/docs.operations.json"),
        schema_docs: include_str!("../openapi/docs.schemas.json"),
    };
    let output = generate(input, Options::default()).unwrap();
    let spec: Value = serde_json::from_str(input.spec).unwrap();
    let operations = super::model::operations(&spec).unwrap();
    assert_eq!(operations.len(), 179);
    for facts in &operations {
        let is_generated = output
            .client
            .contains(&format!("pub async fn {}<", facts.method_name));
        let is_by_hand = facts.id == "createProjectBranchFunctionDeployment";
        assert!(is_generated != is_by_hand, "{}", facts.id);
        assert!(output.extras.contains(&format!("id: \"{}\"", facts.id)));
    }
    assert!(
        !output.client.contains("unwrap()"),
        "generated code does not panic"
    );
    assert_eq!(
        generate(input, Options::default()).unwrap().client,
        output.client
    );
}

#[test]
fn a_document_that_is_not_json_is_named() {
    let input = Input {
        spec: "{",
        operation_docs: "{}",
        schema_docs: "{}",
    };
    let told = generate(input, Options::default()).unwrap_err().to_string();
    assert!(told.starts_with("openapi/v2.json is not JSON"), "{told}");
}
