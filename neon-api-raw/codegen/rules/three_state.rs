//! Optional properties of requests that may be `null` can be kept, cleared or set.
//!
//! The generator makes one `Option` of both, so that `null` could never be sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::json::{each_operation, reference, reference_to, schemas_mut};
use super::super::names::type_name;
use super::super::{Error, Result};
use super::unsupported::stop;
use super::{Replacement, Union};

pub(super) fn keep_null(
    document: &mut Value,
    unions: &[Union],
    replacements: &mut Vec<Replacement>,
) -> Result<()> {
    let mut roots = Vec::new();
    each_operation(document, |_, _, operation| {
        roots.extend(operation.get("requestBody").cloned());
        Ok(())
    })?;
    let schemas = schemas_mut(document)?;
    let mut reached = BTreeSet::new();
    for root in roots {
        reach(&root, schemas, unions, &mut reached);
    }
    let mut found = BTreeMap::new();
    for name in &reached {
        if let Some(schema) = schemas.get_mut(name) {
            mark(schema, name, replacements, &mut found)?;
        }
    }
    for (name, Held { schema, path }) in found {
        if schemas.insert(name.clone(), schema).is_some() {
            return Err(Error::new(format!(
                "the document has a schema {name} of its own"
            )));
        }
        replacements.push(Replacement::new(&name, format!("Patch<{path}>"), false));
    }
    Ok(())
}

/// The content of a three-state field.
struct Held {
    /// Kept in the document, so that what it refers to counts as used.
    schema: Value,
    /// The Rust type.
    path: String,
}

/// Adds what a schema refers to, at any depth, variants of unions included.
fn reach(
    schema: &Value,
    schemas: &Map<String, Value>,
    unions: &[Union],
    reached: &mut BTreeSet<String>,
) {
    match schema {
        Value::Object(object) => {
            if let Some(name) = reference(schema)
                && reached.insert(name.to_owned())
            {
                let own = schemas.get(name).into_iter();
                own.for_each(|target| reach(target, schemas, unions, reached));
                let union = unions.iter().find(|union| union.name == type_name(name));
                let variants = union.into_iter().flat_map(|union| &union.variants);
                for (_, _, variant) in variants {
                    let named = schemas.keys().find(|key| type_name(key) == *variant);
                    if let Some(named) = named {
                        reach(&reference_to(named), schemas, unions, reached);
                    }
                }
            }
            object
                .values()
                .for_each(|child| reach(child, schemas, unions, reached));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| reach(item, schemas, unions, reached)),
        _ => {}
    }
}

fn mark(
    schema: &mut Value,
    name: &str,
    replacements: &[Replacement],
    found: &mut BTreeMap<String, Held>,
) -> Result<()> {
    let required = schema.get("required").cloned().unwrap_or(json!([]));
    let is_required = |property: &str| {
        required
            .as_array()
            .is_some_and(|names| names.iter().any(|n| n == property))
    };
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (property, value) in properties.into_iter().flatten() {
        if value.get("nullable") != Some(&Value::Bool(true)) || is_required(property) {
            continue;
        }
        let mut held = value.clone();
        if let Some(object) = held.as_object_mut() {
            object.remove("nullable");
            object.remove("description");
        }
        let (suffix, path) = rust_type(&held, replacements).ok_or_else(|| {
            stop(
                &format!("{name}.{property}"),
                "can be kept, cleared or set, and its type is not one that codegen/rules/three_state.rs names",
                "add it there",
            )
        })?;
        let three_state = format!("Patch{suffix}");
        let mut reference = reference_to(&three_state);
        if let (Some(text), Some(object)) = (value.get("description"), reference.as_object_mut()) {
            object.insert("description".to_owned(), text.clone());
        }
        found.insert(three_state, Held { schema: held, path });
        *value = reference;
    }
    Ok(())
}

/// A name for a type and its path in Rust.
fn rust_type(schema: &Value, replacements: &[Replacement]) -> Option<(String, String)> {
    // A reference with something beside it.
    if let Some([part]) = schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        return rust_type(part, replacements);
    }
    if let Some(name) = reference(schema) {
        let name = type_name(name);
        let replaced = replacements.iter().find(|r| r.name == name);
        let path = replaced.map_or_else(
            || format!("crate::generated::types::{name}"),
            |replacement| format!("crate::{}", replacement.path),
        );
        return Some((name, path));
    }
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let plain = |name: &str, path: &str| Some((name.to_owned(), path.to_owned()));
    let Some(kind) = text("type") else {
        let is_any = schema.as_object().is_some_and(Map::is_empty);
        return if is_any {
            plain("Json", "::serde_json::Value")
        } else {
            None
        };
    };
    match (kind, text("format")) {
        ("string", Some("date-time")) => {
            plain("DateTime", "::chrono::DateTime<::chrono::offset::Utc>")
        }
        ("string", _) => plain("String", "::std::string::String"),
        ("integer", Some("uint64")) => plain("Unsigned", "u64"),
        ("integer", _) => plain("Integer", "i64"),
        ("number", _) => plain("Number", "f64"),
        ("boolean", _) => plain("Boolean", "bool"),
        ("array", _) => {
            let (name, path) = rust_type(schema.get("items")?, replacements)?;
            Some((format!("{name}List"), format!("::std::vec::Vec<{path}>")))
        }
        ("object", _) => {
            let is_open = |values: &&Value| values.is_object() && **values != json!({});
            let Some(values) = schema.get("additionalProperties").filter(is_open) else {
                return plain(
                    "JsonObject",
                    "::serde_json::Map<::std::string::String, ::serde_json::Value>",
                );
            };
            let (name, path) = rust_type(values, replacements)?;
            let map = format!("::std::collections::BTreeMap<::std::string::String, {path}>");
            Some((format!("{name}Map"), map))
        }
        _ => None,
    }
}
