//! Optional properties of requests that may be `null` can be left, cleared or set.
//!
//! The generator makes one `Option` of both, so that `null` could never be sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::json::{each_operation, reference, reference_to, schemas_mut};
use super::super::{Error, Result};
use super::Replacement;

pub(super) fn keep_null(document: &mut Value, replacements: &mut Vec<Replacement>) -> Result<()> {
    let mut roots = Vec::new();
    each_operation(document, |_, _, operation| {
        let body = operation.get("requestBody").cloned();
        let schema = body
            .as_ref()
            .and_then(|b| b.pointer("/content/application~1json/schema"));
        roots.extend(schema.and_then(reference).map(str::to_owned));
        Ok(())
    })?;
    let schemas = schemas_mut(document)?;
    let mut reached = BTreeSet::new();
    for root in roots {
        reach(&root, schemas, &mut reached);
    }
    let mut is_used = false;
    for name in &reached {
        if let Some(schema) = schemas.get_mut(name) {
            is_used |= mark(schema, name)?;
        }
    }
    if is_used {
        schemas.insert("PatchDateTime".to_owned(), json!({ "type": "string" }));
        replacements.push(Replacement::new(
            "PatchDateTime",
            "Patch<::chrono::DateTime<::chrono::offset::Utc>>",
            false,
        ));
    }
    Ok(())
}

fn reach(name: &str, schemas: &Map<String, Value>, reached: &mut BTreeSet<String>) {
    if !reached.insert(name.to_owned()) {
        return;
    }
    let properties = schemas
        .get(name)
        .and_then(|s| s.get("properties"))
        .and_then(Value::as_object);
    for property in properties.into_iter().flat_map(Map::values) {
        for schema in [Some(property), property.get("items")]
            .into_iter()
            .flatten()
        {
            if let Some(target) = reference(schema) {
                reach(target, schemas, reached);
            }
        }
    }
}

fn mark(schema: &mut Value, name: &str) -> Result<bool> {
    let required = schema.get("required").cloned().unwrap_or(json!([]));
    let is_required = |property: &str| {
        required
            .as_array()
            .is_some_and(|names| names.iter().any(|n| n == property))
    };
    let mut is_used = false;
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (property, value) in properties.into_iter().flatten() {
        if value.get("nullable") != Some(&Value::Bool(true)) || is_required(property) {
            continue;
        }
        if value.get("format").and_then(Value::as_str) != Some("date-time") {
            return Err(Error::new(format!(
                "{name}.{property} can be left, cleared or set, and is no date-time: add its type"
            )));
        }
        let mut reference = reference_to("PatchDateTime");
        if let (Some(text), Some(object)) = (value.get("description"), reference.as_object_mut()) {
            object.insert("description".to_owned(), text.clone());
        }
        *value = reference;
        is_used = true;
    }
    Ok(is_used)
}
