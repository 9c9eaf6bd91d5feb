//! Which types a part of the interface reaches.

use std::collections::BTreeSet;

use serde_json::Value;

use super::json::{self, METHODS, reference};
use super::names::type_name;
use super::rules::Normal;

/// The Rust names of all types that requests are made of: bodies, parameters, and what they hold.
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
        if let Some(name) = reference(node) {
            self.add(name);
        }
        match node {
            Value::Object(object) => object.values().for_each(|child| self.add_all_of(child)),
            Value::Array(items) => items.iter().for_each(|child| self.add_all_of(child)),
            _ => {}
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
