//! Adds our own documentation to the document, which contains facts only.

use serde_json::{Map, Value};

use super::json::METHODS;

/// Sets `summary` and `description` of operations, and `description` of parameters, schemas and
/// properties. Missing documentation stays missing: `cargo xtask check-docs` reports it.
pub fn apply(document: &mut Value, operations: &Value, schemas: &Value) {
    let mut root = std::mem::take(document);
    let parameters = root
        .pointer("/components/parameters")
        .cloned()
        .unwrap_or(Value::Null);
    for item in root
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
    {
        apply_to_path(item, operations, &parameters);
    }
    for (name, schema) in root
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        let Some(texts) = schemas.get(name) else {
            continue;
        };
        describe(schema, texts.get("summary"));
        apply_to_properties(schema, "", texts.get("properties").unwrap_or(&Value::Null));
    }
    *document = root;
}

/// Parameters move from the path and from the components into each operation, since their
/// documentation differs by operation.
fn apply_to_path(item: &mut Value, operations: &Value, components: &Value) {
    let Some(item) = item.as_object_mut() else {
        return;
    };
    let shared = item
        .remove("parameters")
        .unwrap_or(Value::Array(Vec::new()));
    for method in METHODS {
        let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
            continue;
        };
        let texts = operation
            .get("operationId")
            .and_then(Value::as_str)
            .and_then(|id| operations.get(id))
            .unwrap_or(&Value::Null);
        let own = operation
            .remove("parameters")
            .unwrap_or(Value::Array(Vec::new()));
        let mut all = Vec::new();
        for parameter in [&shared, &own]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
        {
            let mut parameter = resolved(parameter, components);
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let text = texts.get("parameters").and_then(|p| p.get(name));
            describe(&mut parameter, text.cloned().as_ref());
            all.push(parameter);
        }
        operation.insert("parameters".to_owned(), Value::Array(all));
        for key in ["summary", "description"] {
            if let Some(text) = texts.get(key) {
                operation.insert(key.to_owned(), text.clone());
            }
        }
        apply_to_media(operation.get_mut("requestBody"), texts.get("body"));
        for response in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(Map::values_mut)
        {
            apply_to_media(Some(response), texts.get("response"));
        }
    }
}

fn resolved(parameter: &Value, components: &Value) -> Value {
    parameter
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|target| target.rsplit('/').next())
        .and_then(|name| components.get(name))
        .unwrap_or(parameter)
        .clone()
}

fn apply_to_media(body: Option<&mut Value>, texts: Option<&Value>) {
    let (Some(body), Some(texts)) = (body, texts) else {
        return;
    };
    for media in body
        .get_mut("content")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
    {
        if let Some(schema) = media.get_mut("schema") {
            apply_to_properties(schema, "", texts);
        }
    }
}

fn apply_to_properties(schema: &mut Value, prefix: &str, texts: &Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            let path = format!("{prefix}{name}");
            describe(property, texts.get(&path));
            apply_to_properties(property, &format!("{path}."), texts);
            if let Some(items) = property.get_mut("items") {
                describe(items, texts.get(format!("{path}[]")));
                apply_to_properties(items, &format!("{path}[]."), texts);
            }
        }
    }
    if let Some(parts) = object.get_mut("allOf").and_then(Value::as_array_mut) {
        for part in parts {
            apply_to_properties(part, prefix, texts);
        }
    }
}

fn describe(value: &mut Value, text: Option<&Value>) {
    let (Some(object), Some(text)) = (value.as_object_mut(), text) else {
        return;
    };
    object.insert("description".to_owned(), text.clone());
}
