//! Which way each named schema travels.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rules::Directions;
use crate::spec::Document;
use crate::spec::document::{entries, reference};

/// The named schemas that operations send and receive.
#[derive(Debug, Default)]
pub(super) struct Reach<'a> {
    request: BTreeSet<&'a str>,
    response: BTreeSet<&'a str>,
}

impl<'a> Reach<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let mut reach = Self::default();
        for operation in document.operations() {
            for parameter in document.parameters(&operation) {
                collect(
                    document,
                    parameter.body,
                    &mut reach.request,
                    &mut Vec::new(),
                );
            }
            if let Some(body) = operation.body.get("requestBody") {
                collect(document, body, &mut reach.request, &mut Vec::new());
            }
            for (_, response) in entries(operation.body, "responses") {
                collect(document, response, &mut reach.response, &mut Vec::new());
            }
        }
        reach
    }

    pub(super) fn directions(&self, schema: &str) -> Directions {
        Directions {
            request: self.request.contains(schema),
            response: self.response.contains(schema),
        }
    }

    /// The directions in which both documents carry a schema.
    pub(super) fn common(&self, other: &Self, schema: &str) -> Directions {
        let (a, b) = (self.directions(schema), other.directions(schema));
        Directions {
            request: a.request && b.request,
            response: a.response && b.response,
        }
    }
}

/// Every `$ref` below a value, followed. References stand only where the
/// grammar allows them, except in free data, where a false hit does no harm.
fn collect<'a>(
    document: &'a Document,
    value: &'a Value,
    found: &mut BTreeSet<&'a str>,
    trail: &mut Vec<&'a str>,
) {
    match value {
        Value::Array(items) => {
            for item in items {
                collect(document, item, found, trail);
            }
        }
        Value::Object(map) => {
            if let Some(to) = reference(value) {
                follow(document, to, found, trail);
            }
            let mapping = map.get("mapping").and_then(Value::as_object);
            for to in mapping
                .into_iter()
                .flatten()
                .filter_map(|(_, v)| v.as_str())
            {
                follow(document, to, found, trail);
            }
            for child in map.values() {
                collect(document, child, found, trail);
            }
        }
        _ => {}
    }
}

fn follow<'a>(
    document: &'a Document,
    to: &'a str,
    found: &mut BTreeSet<&'a str>,
    trail: &mut Vec<&'a str>,
) {
    if let Some(name) = to.strip_prefix("#/components/schemas/")
        && !found.insert(name)
    {
        return;
    }
    if !trail.contains(&to)
        && let Some(target) = document.target(to)
    {
        trail.push(to);
        collect(document, target, found, trail);
        trail.pop();
    }
}
