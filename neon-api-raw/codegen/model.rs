//! The facts about each operation that the runtime needs besides the generated methods.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::json::{self, METHODS};
use super::{Error, Result, names};

/// One operation of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationFacts {
    /// The `operationId`.
    pub id: String,
    /// The generated method's name.
    pub method_name: String,
    /// The HTTP method in upper case.
    pub http_method: String,
    /// The path template.
    pub path: String,
    /// The first tag.
    pub tag: String,
    /// Whether the document marks it deprecated.
    pub deprecated: bool,
    /// `beta`, `alpha`, or empty.
    pub stability: String,
}

/// All operations, sorted by the name of their method.
pub fn operations(document: &Value) -> Result<Vec<OperationFacts>> {
    let mut found = Vec::new();
    let paths = json::at(document, "/paths")?
        .as_object()
        .ok_or_else(|| Error::new("/paths is not an object"))?;
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let text = |key: &str| {
                operation
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let id = text("operationId").to_owned();
            found.push(OperationFacts {
                method_name: names::method_name(&id),
                id,
                http_method: method.to_ascii_uppercase(),
                path: path.clone(),
                tag: operation
                    .pointer("/tags/0")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
                stability: text("x-stability-level").to_owned(),
            });
        }
    }
    found.sort_by(|a, b| a.method_name.cmp(&b.method_name));
    Ok(found)
}

/// The names of all properties of the document's schemas.
pub fn properties(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    add_properties(document, &mut names);
    // They are kept in one string, with spaces between them.
    names.retain(|name| !name.contains(' '));
    names
}

fn add_properties(node: &Value, names: &mut BTreeSet<String>) {
    match node {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                names.extend(properties.keys().cloned());
            }
            object
                .values()
                .for_each(|child| add_properties(child, names));
        }
        Value::Array(items) => items.iter().for_each(|child| add_properties(child, names)),
        _ => {}
    }
}

/// The properties that a document marks as deprecated: type and name in JSON.
pub fn deprecated_properties(document: &Value) -> BTreeSet<(String, String)> {
    let schemas = document.pointer("/components/schemas");
    let schemas = schemas.and_then(Value::as_object);
    let mut found = BTreeSet::new();
    for (name, schema) in schemas.into_iter().flatten() {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (property, value) in properties.into_iter().flat_map(Map::iter) {
            if value.get("deprecated") == Some(&Value::Bool(true)) {
                found.insert((names::type_name(name), property.clone()));
            }
        }
    }
    found
}
