//! The form that the generator's mocks need.
//!
//! Mocks compare each query parameter as a string: times get the string that is sent, and lists,
//! which have none, are left to the mock's own matchers. Errors are restored, since mocks respond
//! with them.

use serde_json::{Value, json};

use super::super::Result;
use super::super::json::{each_operation, reference, reference_to, schemas_mut};

pub(super) fn fit(document: &mut Value) -> Result<()> {
    let lists: Vec<String> = schemas_mut(document)?
        .iter()
        .filter(|(_, schema)| schema.get("type") == Some(&"array".into()))
        .map(|(name, _)| name.clone())
        .collect();
    each_operation(document, |_, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        if let Some(parameters) = parameters {
            parameters.retain(|parameter| !is_list(parameter, &lists));
            for schema in parameters.iter_mut().filter_map(|p| p.get_mut("schema")) {
                if schema.get("format") == Some(&"date-time".into()) {
                    *schema = json!({ "type": "string" });
                }
            }
        }
        let error = json!({
            "description": "Error",
            "content": { "application/json": { "schema": reference_to("GeneralError") } },
        });
        if let Some(responses) = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
        {
            for response in responses.values_mut() {
                always_a_body(response);
            }
            responses.insert("4XX".to_owned(), error.clone());
            responses.insert("5XX".to_owned(), error);
        }
        Ok(())
    })
}

/// A mock that responds without a body does so by `into_inner()`.
fn always_a_body(response: &mut Value) {
    let schema = response.pointer_mut("/content/application~1json/schema");
    let Some(schema) = schema else {
        return;
    };
    if let Some(part) = schema.pointer("/allOf/0").cloned() {
        *schema = part;
    }
}

fn is_list(parameter: &Value, lists: &[String]) -> bool {
    let schema = parameter.get("schema").unwrap_or(&Value::Null);
    schema.get("type") == Some(&"array".into())
        || reference(schema).is_some_and(|name| lists.iter().any(|list| list == name))
}
