//! Which types a part of the API reaches.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Result;
use super::json::{self, METHODS, reference, resolve};
use super::names::type_name;
use super::rules::Normal;

/// The components in responses, including errors and hand-written operations.
///
/// To be called with the vendored document: the rules keep one success of each operation. Parts of
/// inline compositions do not count, since the rules make one type of them.
pub fn answers(document: &Value) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for operation in operations(document) {
        let responses = operation.get("responses").and_then(Value::as_object);
        for (status, response) in responses.into_iter().flatten() {
            let response = resolve(document, response)?;
            let content = response.get("content").and_then(Value::as_object);
            for media in content.into_iter().flat_map(|content| content.values()) {
                let schema = media.get("schema").unwrap_or(&Value::Null);
                if status.starts_with('2') {
                    names.extend(reference(schema).map(str::to_owned));
                } else {
                    references(schema, &mut names);
                }
            }
        }
    }
    Ok(names)
}

fn references(node: &Value, names: &mut BTreeSet<String>) {
    names.extend(reference(node).map(str::to_owned));
    match node {
        Value::Object(object) => object.values().for_each(|child| references(child, names)),
        Value::Array(items) => items.iter().for_each(|child| references(child, names)),
        _ => {}
    }
}

/// The Rust names of all types that an operation reaches. What is only composed into others, or
/// belongs to no operation, is not among them.
pub fn of_operations(normal: &Normal, answers: &BTreeSet<String>) -> BTreeSet<String> {
    let mut reached = Reached {
        normal,
        names: BTreeSet::new(),
    };
    for operation in operations(&normal.document) {
        reached.add_all_of(operation);
    }
    for component in answers {
        reached.add(component);
    }
    reached.names
}

/// The Rust names of all types in requests: bodies, parameters, and nested types.
pub fn of_requests(normal: &Normal) -> BTreeSet<String> {
    let mut reached = Reached {
        normal,
        names: BTreeSet::new(),
    };
    for operation in operations(&normal.document) {
        for key in ["parameters", "requestBody"] {
            reached.add_all_of(operation.get(key).unwrap_or(&Value::Null));
        }
    }
    reached.names
}

/// The Rust names of all types that a part of the document reaches.
pub fn of_part(normal: &Normal, node: &Value) -> BTreeSet<String> {
    let mut reached = Reached {
        normal,
        names: BTreeSet::new(),
    };
    reached.add_all_of(node);
    reached.names
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = json::at(document, "/paths").ok().and_then(Value::as_object);
    paths
        .into_iter()
        .flat_map(|paths| paths.values())
        .flat_map(|item| METHODS.iter().filter_map(|method| item.get(method)))
}

struct Reached<'a> {
    normal: &'a Normal,
    names: BTreeSet<String>,
}

impl Reached<'_> {
    fn add_all_of(&mut self, node: &Value) {
        let mut names = BTreeSet::new();
        references(node, &mut names);
        for name in &names {
            self.add(name);
        }
    }

    fn add(&mut self, component: &str) {
        if !self.names.insert(type_name(component)) {
            return;
        }
        let normal = self.normal;
        let schemas = json::at(&normal.document, "/components/schemas").ok();
        if let Some(schema) = schemas.and_then(|schemas| schemas.get(component)) {
            self.add_all_of(schema);
        }
        // The variants of a union have left its schema.
        let union = normal
            .unions
            .iter()
            .find(|u| u.name == type_name(component));
        for (_, _, target) in union.into_iter().flat_map(|union| &union.variants) {
            let variant = schemas
                .and_then(Value::as_object)
                .and_then(|all| all.keys().find(|name| type_name(name) == *target));
            if let Some(variant) = variant {
                self.add(variant);
            }
        }
    }
}
