//! Short names of schemas for reports.

use serde_json::Value;

use super::view::{View, schema_name};
use crate::spec::Document;
use crate::spec::document::reference;

/// A schema in a few words: `Branch`, `string (date-time)`, `array of Branch`.
pub(super) fn describe(document: &Document, schema: &Value) -> String {
    words(document, schema, 0)
}

/// The same with what matters about a property.
pub(super) fn describe_property(document: &Document, schema: &Value, required: bool) -> String {
    let view = View::of(document, schema);
    let mut text = describe(document, schema);
    text.push_str(if required { ", required" } else { ", optional" });
    if view.flag("nullable") {
        text.push_str(", nullable");
    }
    text
}

fn words(document: &Document, schema: &Value, depth: usize) -> String {
    if depth > 4 {
        return "…".to_owned();
    }
    if let Some(name) = View::of(document, schema).name {
        return name.to_owned();
    }
    let parts = |key: &str, glue: &str| {
        let list = schema.get(key)?.as_array()?;
        let parts: Vec<_> = list
            .iter()
            .map(|part| match reference(part) {
                Some(to) => schema_name(to).to_owned(),
                None => words(document, part, depth + 1),
            })
            .collect();
        Some(parts.join(glue))
    };
    if let Some(text) = parts("oneOf", " | ")
        .or_else(|| parts("anyOf", " | "))
        .or_else(|| parts("allOf", " & "))
    {
        return text;
    }
    let kind = schema.get("type").and_then(Value::as_str);
    if let Some(items) = schema.get("items") {
        return format!("array of {}", words(document, items, depth + 1));
    }
    if let Some(values) = schema.get("additionalProperties").filter(|v| v.is_object()) {
        return format!("map of {}", words(document, values, depth + 1));
    }
    let kind = kind.unwrap_or(if schema.get("properties").is_some() {
        "object"
    } else {
        "anything"
    });
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> = values
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        return format!("{kind}, one of {}", values.join("/"));
    }
    match schema.get("format").and_then(Value::as_str) {
        Some(format) => format!("{kind} ({format})"),
        None => kind.to_owned(),
    }
}
