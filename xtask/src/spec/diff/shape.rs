//! What a schema amounts to once `allOf` and references are merged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::spec::Document;
use crate::spec::document::{entries, reference};

/// Keywords that bound a value, apart from those with rules of their own.
pub(super) const BOUNDS: [&str; 14] = [
    "multipleOf",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "not",
];

const MAX_DEPTH: usize = 32;

/// A merged schema.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Shape<'a> {
    pub kind: Option<&'a str>,
    pub format: Option<&'a str>,
    pub values: Option<Vec<&'a Value>>,
    pub bounds: BTreeMap<&'static str, &'a Value>,
    pub properties: BTreeMap<&'a str, &'a Value>,
    pub required: BTreeSet<&'a str>,
    pub items: Option<&'a Value>,
    pub variants: Vec<&'a Value>,
    pub discriminator: Option<&'a Value>,
    pub additional: Option<&'a Value>,
}

impl<'a> Shape<'a> {
    /// Merges a schema, leaving out members of its `allOf` that refer to one
    /// of the names in `skip`.
    pub(super) fn of(document: &'a Document, schema: &'a Value, skip: &BTreeSet<&str>) -> Self {
        let mut shape = Self::default();
        shape.merge(document, schema, skip, 0);
        if shape.kind.is_none() {
            shape.kind = if shape.items.is_some() {
                Some("array")
            } else if !shape.properties.is_empty() || shape.additional.is_some() {
                Some("object")
            } else {
                None
            };
        }
        shape
    }

    fn merge(
        &mut self,
        document: &'a Document,
        schema: &'a Value,
        skip: &BTreeSet<&str>,
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let schema = document.resolve(schema);
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        // The outermost statement wins, so what is set already stays.
        self.kind = self.kind.or(text("type"));
        self.format = self.format.or(text("format"));
        if self.values.is_none() {
            self.values = schema
                .get("enum")
                .and_then(Value::as_array)
                .map(|values| values.iter().collect());
        }
        for keyword in BOUNDS {
            if let Some(bound) = schema.get(keyword).filter(|v| **v != Value::Bool(false)) {
                self.bounds.entry(keyword).or_insert(bound);
            }
        }
        for (name, property) in entries(schema, "properties") {
            self.properties.entry(name).or_insert(property);
        }
        let required = schema.get("required").and_then(Value::as_array);
        self.required
            .extend(required.into_iter().flatten().filter_map(Value::as_str));
        self.items = self.items.or(schema.get("items"));
        self.discriminator = self.discriminator.or(schema.get("discriminator"));
        // Stating that further properties may be there states nothing.
        self.additional = self.additional.or(schema
            .get("additionalProperties")
            .filter(|v| **v != Value::Bool(true)));
        for keyword in ["oneOf", "anyOf"] {
            let variants = schema.get(keyword).and_then(Value::as_array);
            if self.variants.is_empty() {
                self.variants.extend(variants.into_iter().flatten());
            }
        }
        for member in members(schema) {
            let skipped = reference(member).is_some_and(|name| skip.contains(name));
            if !skipped {
                self.merge(document, member, skip, depth + 1);
            }
        }
    }
}

/// The references that both schemas build on directly. Whatever changed in
/// those is reported where they are declared.
pub(super) fn common_parts<'a>(
    base: &'a Document,
    before: &'a Value,
    new: &Document,
    after: &Value,
) -> BTreeSet<&'a str> {
    let theirs: BTreeSet<_> = members(new.resolve(after)).filter_map(reference).collect();
    members(base.resolve(before))
        .filter_map(reference)
        .filter(|name| theirs.contains(name))
        .collect()
}

fn members(schema: &Value) -> impl Iterator<Item = &Value> {
    schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
