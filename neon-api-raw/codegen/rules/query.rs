//! Combines the optional query parameters of an operation into one object.
//!
//! As arguments, each new optional parameter would change a method's signature, and the API adds
//! them without notice; as fields of an object they are additions. An exploded form-style object is
//! the same on the wire as its individual properties.

use serde_json::{Map, Value, json};

use super::super::json::{each_operation, operation_id, reference_to, schemas_mut};
use super::super::names::type_name;
use super::super::{Error, Result};

/// The name of the argument, and the end of the name of its type.
const NAME: &str = "query";

pub(super) fn fold_optional(document: &mut Value) -> Result<()> {
    let mut folded = Vec::new();
    each_operation(document, |path, method, operation| {
        let id = operation_id(operation, method, path)?;
        let Some(parameters) = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
        else {
            return Ok(());
        };
        let mut properties = Map::new();
        parameters.retain(|parameter| {
            let is_optional_query = parameter.get("in") == Some(&"query".into())
                && parameter.get("required") != Some(&Value::Bool(true));
            if is_optional_query {
                let (name, schema) = property(parameter);
                properties.insert(name, schema);
            }
            !is_optional_query
        });
        if !properties.is_empty() {
            let name = format!("{}{}", type_name(&id), type_name(NAME));
            parameters.push(json!({
                "name": NAME, "in": "query", "required": true,
                "description": "The optional parameters.",
                "schema": reference_to(&name),
            }));
            folded.push((
                name,
                json!({
                    "type": "object",
                    "description": format!("The optional parameters of `{id}`; absent ones are not sent."),
                    "properties": properties,
                }),
            ));
        }
        Ok(())
    })?;
    let schemas = schemas_mut(document)?;
    for (name, schema) in folded {
        if schemas.insert(name.clone(), schema).is_some() {
            return Err(Error::new(format!(
                "the document has a schema {name} of its own"
            )));
        }
    }
    Ok(())
}

fn property(parameter: &Value) -> (String, Value) {
    let name = parameter
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut schema = parameter.get("schema").cloned().unwrap_or(json!({}));
    if let Some(object) = schema.as_object_mut() {
        for keyword in ["description", "deprecated"] {
            if let Some(value) = parameter.get(keyword) {
                object.insert(keyword.to_owned(), value.clone());
            }
        }
    }
    (name.to_owned(), schema)
}
