//! Small helpers for walking and rewriting JSON without panics.

use serde_json::{Map, Value};

use super::{Error, Result};

/// The prefix of a reference to a component schema.
pub const SCHEMAS: &str = "#/components/schemas/";

/// A chain of references that is longer is a circle.
const MOST_HOPS: usize = 32;

/// The methods that an OpenAPI path item can hold.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Parses a text, naming it in the error.
pub fn parse(name: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| Error::new(format!("{name} is not JSON: {e}")))
}

/// The value at a JSON pointer, or an error that names the pointer.
pub fn at<'a>(document: &'a Value, pointer: &str) -> Result<&'a Value> {
    document
        .pointer(pointer)
        .ok_or_else(|| Error::new(format!("the document lacks {pointer}")))
}

/// The object at a JSON pointer, to be changed.
pub fn object_at<'a>(document: &'a mut Value, pointer: &str) -> Result<&'a mut Map<String, Value>> {
    document
        .pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Error::new(format!("the document lacks an object at {pointer}")))
}

/// The component schemas, to be changed.
pub fn schemas_mut(document: &mut Value) -> Result<&mut Map<String, Value>> {
    object_at(document, "/components/schemas")
}

/// The component schema that a schema refers to, by name.
pub fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

/// A schema that refers to a component schema.
pub fn reference_to(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{SCHEMAS}{name}") })
}

/// A schema that refers to a component schema, with what another schema says of the place.
pub fn reference_in_place_of(schema: &Value, name: &str) -> Value {
    let mut reference = reference_to(name);
    for keyword in ["description", "deprecated", "nullable"] {
        if let (Some(value), Some(object)) = (schema.get(keyword), reference.as_object_mut()) {
            object.insert(keyword.to_owned(), value.clone());
        }
    }
    reference
}

/// The description of a schema; empty if it has none.
pub fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Follows a `$ref` into any part of the components.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> Result<&'a Value> {
    let mut current = value;
    for _ in 0..MOST_HOPS {
        let Some(target) = current.get("$ref").and_then(Value::as_str) else {
            return Ok(current);
        };
        let pointer = target
            .strip_prefix('#')
            .ok_or_else(|| Error::new(format!("{target} is not a local reference")))?;
        current = at(document, pointer)?;
    }
    Err(Error::new(format!(
        "{value} refers to itself: correct the document"
    )))
}

/// Calls `visit` for every operation with its path and method.
pub fn each_operation(
    document: &mut Value,
    mut visit: impl FnMut(&str, &str, &mut Map<String, Value>) -> Result<()>,
) -> Result<()> {
    for (path, item) in object_at(document, "/paths")? {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                visit(path, method, operation)?;
            }
        }
    }
    Ok(())
}

/// The ID of an operation, or an error that names its place.
pub fn operation_id(operation: &Map<String, Value>, method: &str, path: &str) -> Result<String> {
    let id = operation.get("operationId").and_then(Value::as_str);
    id.map(str::to_owned)
        .ok_or_else(|| Error::new(format!("{method} {path} has no operationId")))
}

/// Calls `visit` for every schema below `schema`, itself last, so that children are seen first.
pub fn each_schema(schema: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    if let Some(object) = schema.as_object_mut() {
        for (keyword, value) in object.iter_mut() {
            match keyword.as_str() {
                "properties" => {
                    for property in value
                        .as_object_mut()
                        .into_iter()
                        .flat_map(|o| o.values_mut())
                    {
                        each_schema(property, visit);
                    }
                }
                "items" | "additionalProperties" | "not" => each_schema(value, visit),
                "allOf" | "oneOf" | "anyOf" => {
                    for part in value.as_array_mut().into_iter().flatten() {
                        each_schema(part, visit);
                    }
                }
                _ => {}
            }
        }
    }
    visit(schema);
}

/// Calls `visit` for every schema of the document: components, parameters, bodies, responses.
pub fn each_document_schema(
    document: &mut Value,
    visit: &mut impl FnMut(&mut Value),
) -> Result<()> {
    for schema in schemas_mut(document)?.values_mut() {
        each_schema(schema, visit);
    }
    if let Some(paths) = document.get_mut("paths") {
        each_embedded_schema(paths, visit);
    }
    if let Some(parameters) = document.pointer_mut("/components/parameters") {
        each_embedded_schema(parameters, visit);
    }
    Ok(())
}

fn each_embedded_schema(value: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Object(object) => {
            for (key, child) in object {
                if key == "schema" {
                    each_schema(child, visit);
                } else {
                    each_embedded_schema(child, visit);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                each_embedded_schema(item, visit);
            }
        }
        _ => {}
    }
}

/// Whether a schema describes an object, by itself or composed.
pub fn is_object_schema(schema: &Value) -> bool {
    schema.get("properties").is_some() || schema.get("allOf").is_some()
}
