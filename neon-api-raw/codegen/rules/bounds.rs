//! Removes patterns, bounds and defaults from the generated types.
//!
//! Each pattern would become a type with a regular expression, and decoding would reject a response
//! that is valid for the API. Defaults would be sent although the caller set nothing. Integers
//! widen to 64 bits, so that a count that outgrows its stated width still decodes. Formats of
//! strings other than times carry no type of ours.

use serde_json::{Map, Value};

use super::super::Result;
use super::super::json::each_document_schema;

const DROPPED: &[&str] = &[
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "default",
    "title",
    "x-sensitive",
    "x-sunset",
    "x-stability-level",
];

pub(super) fn strip(document: &mut Value) -> Result<()> {
    each_document_schema(document, &mut |schema| {
        if let Some(object) = schema.as_object_mut() {
            strip_one(object);
        }
    })
}

fn strip_one(schema: &mut Map<String, Value>) {
    for keyword in DROPPED {
        schema.remove(*keyword);
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        schema.remove("additionalProperties");
    }
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => {
            let wide = if format == "uint64" {
                "uint64"
            } else {
                "int64"
            };
            schema.insert("format".to_owned(), wide.into());
        }
        Some("string") if format != "date-time" && format != "binary" => {
            schema.remove("format");
        }
        Some("number") => {
            schema.insert("format".to_owned(), "double".into());
        }
        _ => {}
    }
}
