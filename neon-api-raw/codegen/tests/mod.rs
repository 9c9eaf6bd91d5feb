//! Each rule on the smallest document that shows it.

use serde_json::{Value, json};

use super::rules::{Normal, Purpose, normalize};
use super::{Input, Options, check_written_by_hand, docs, generate, names, reach, records};

mod dynamic;
mod forms;
mod lenient;
mod lossy_forms;
mod operations;
mod refused;
mod removals;
mod schemas;
mod shapes;
mod sources;
mod values;
mod whole;

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

fn vendored() -> Input<'static> {
    Input {
        spec: include_str!("../../openapi/v2.json"),
        operation_docs: include_str!("../../openapi/docs.operations.json"),
        schema_docs: include_str!("../../openapi/docs.schemas.json"),
    }
}
