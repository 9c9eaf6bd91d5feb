//! Responses, multipart bodies, query parameters, mocks.

use super::*;

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
fn the_multipart_operation_is_listed_for_writing_by_hand() {
    let document: Value = serde_json::from_str(vendored().spec).unwrap();
    let normal = normalize(document, Purpose::Client).unwrap();
    assert_eq!(normal.by_hand, ["createProjectBranchFunctionDeployment"]);
    let path = "/projects/{project_id}/branches/{branch_id}/functions/{slug}/deployments";
    assert!(normal.document["paths"][path]["post"].is_null());
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
