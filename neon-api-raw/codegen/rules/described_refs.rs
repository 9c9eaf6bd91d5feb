//! A `$ref` with siblings becomes an `allOf` of one.
//!
//! In OpenAPI 3.0 the siblings of a `$ref` are ignored, by the generator too: the documentation of
//! properties, and whether they may be null, would be lost.

use serde_json::{Map, Value, json};

use super::super::Result;
use super::super::json::each_document_schema;

pub(super) fn wrap(document: &mut Value) -> Result<()> {
    each_document_schema(document, &mut |schema| {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        if object.len() < 2 {
            return;
        }
        let Some(target) = object.remove("$ref") else {
            return;
        };
        let mut wrapped: Map<String, Value> = std::mem::take(object);
        wrapped.insert("allOf".to_owned(), json!([{ "$ref": target }]));
        *object = wrapped;
    })
}
