//! `allOf` of objects becomes one object with all properties.
//!
//! The generator merges them as well, but names the result by accident and loses the documentation
//! of properties. A part that is nullable or stands alone beside a `$ref` stays: it wraps, it does
//! not compose.

use serde_json::{Map, Value};

use super::super::json::{object_at, reference};
use super::super::{Error, Result};
use super::unsupported::stop;

/// Nobody composes deeper on purpose.
const DEEPEST: usize = 32;
/// Keywords of parts that are not objects.
const OTHER: &[&str] = &["anyOf", "discriminator", "enum", "items", "not", "oneOf"];

pub(super) fn flatten(document: &mut Value) -> Result<()> {
    let originals = object_at(document, "/components/schemas")?.clone();
    for (name, schema) in object_at(document, "/components/schemas")? {
        if schema.get("allOf").is_some() {
            *schema = flat(schema, &originals, name)?;
        }
    }
    Ok(())
}

fn flat(schema: &Value, all: &Map<String, Value>, place: &str) -> Result<Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    collect(schema, all, place, 0, &mut properties, &mut required)?;
    required.sort_unstable();
    required.dedup();
    let mut out = schema.as_object().cloned().unwrap_or_default();
    out.remove("allOf");
    out.insert("type".to_owned(), "object".into());
    out.insert("properties".to_owned(), properties.into());
    if required.is_empty() {
        out.remove("required");
    } else {
        out.insert("required".to_owned(), required.into());
    }
    Ok(out.into())
}

fn collect(
    schema: &Value,
    all: &Map<String, Value>,
    place: &str,
    depth: usize,
    properties: &mut Map<String, Value>,
    required: &mut Vec<String>,
) -> Result<()> {
    if depth > DEEPEST {
        return Err(stop(place, "it composes itself", "correct the document"));
    }
    check_part(schema, place)?;
    if let Some(name) = reference(schema) {
        let target = all
            .get(name)
            .ok_or_else(|| Error::new(format!("{place} refers to {name}, which is missing")))?;
        return collect(target, all, place, depth + 1, properties, required);
    }
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        collect(part, all, place, depth + 1, properties, required)?;
    }
    let own = schema.get("properties").and_then(Value::as_object);
    for (name, property) in own.into_iter().flatten() {
        match properties.get(name) {
            Some(known) if facts(known) != facts(property) => {
                return Err(Error::new(format!(
                    "{place} composes two different properties {name}"
                )));
            }
            // One part may mark as sensitive what another does not.
            Some(known) if known.get("x-sensitive").is_some() => {}
            _ => {
                properties.insert(name.clone(), property.clone());
            }
        }
    }
    let names = schema.get("required").and_then(Value::as_array);
    required.extend(
        names
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned),
    );
    Ok(())
}

/// Parts are objects: of anything else, only the properties would be kept.
fn check_part(part: &Value, place: &str) -> Result<()> {
    let kind = part.get("type").and_then(Value::as_str);
    let is_map = part
        .get("additionalProperties")
        .is_some_and(Value::is_object);
    let other = OTHER.iter().find(|key| part.get(**key).is_some());
    let what = match (kind, other) {
        (Some(kind), _) if kind != "object" => kind,
        (_, Some(key)) => key,
        _ if is_map => "additionalProperties",
        _ => return Ok(()),
    };
    Err(stop(
        place,
        &format!("an `allOf` with a part of `{what}` is not supported"),
        "only objects compose: refer to the other part by a property of its own, or add a rule",
    ))
}

fn facts(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        object.remove("description");
        object.remove("x-sensitive");
    }
    schema
}
