//! Which lists a call is about.
//!
//! A list that a response has beside other things may be left out when it is empty, and is then
//! read as empty. The requested list must be present: without it the response is a different one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::json::{METHODS, at, reference, resolve};
use super::names::type_name;
use super::rules::Normal;

/// The lists that operations are about, each as the Rust name of its struct and its own name.
pub type Subjects = BTreeSet<(String, String)>;

/// Finds the lists that operations are about.
pub fn of(normal: &Normal) -> Subjects {
    let mut subjects = Subjects::new();
    let paths = at(&normal.document, "/paths")
        .ok()
        .and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        let operations = METHODS.iter().filter_map(|method| item.get(method));
        let schemas = operations.filter_map(|operation| {
            operation.pointer("/responses/2XX/content/application~1json/schema")
        });
        for schema in schemas {
            if let Some(component) = component(schema) {
                let lists = lists_of(&normal.document, component, path);
                let name = type_name(component);
                subjects.extend(lists.into_iter().map(|list| (name.clone(), list)));
            }
        }
    }
    subjects
}

/// The component that a schema refers to, also from within a nullable one.
fn component(schema: &Value) -> Option<&str> {
    let inner = schema.pointer("/allOf/0").unwrap_or(schema);
    reference(inner)
}

/// The list named like the end of the path; otherwise all lists of a response that has only lists,
/// maps and flags.
fn lists_of(document: &Value, component: &str, path: &str) -> Vec<String> {
    let schema = at(document, &format!("/components/schemas/{component}"));
    let Ok(schema) = schema else {
        return Vec::new();
    };
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.unwrap_or(&none);
    let required = schema.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let required: Vec<_> = required
        .filter_map(|name| Some((name, resolve(document, properties.get(name)?).ok()?)))
        .collect();
    let is_list = |schema: &Value| schema.get("type") == Some(&"array".into());
    let lists: Vec<_> = required
        .iter()
        .filter(|(_, schema)| is_list(schema))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let end = path.rsplit('/').find(|segment| !segment.starts_with('{'));
    if let Some(named) = lists.iter().find(|list| Some(list.as_str()) == end) {
        return vec![named.clone()];
    }
    let is_beside = |schema: &Value| {
        let is_map = schema
            .get("additionalProperties")
            .is_some_and(Value::is_object);
        is_list(schema) || is_map || schema.get("type") == Some(&"boolean".into())
    };
    if required.iter().all(|(_, schema)| is_beside(schema)) {
        lists
    } else {
        Vec::new()
    }
}
