//! The variants of unions are objects that are distinguished by the value of a property.
//!
//! Ours writes the discriminator into what it sends. A variant that is no object has no place for it,
//! and one that states another value would be sent with a wrong one.

use serde_json::{Map, Value};

use super::super::json::{at, is_object_schema, resolve};
use super::super::{Error, Result};
use super::unsupported::stop;

pub(super) fn check(document: &Value) -> Result<()> {
    let schemas = at(document, "/components/schemas")?.as_object();
    for (name, schema) in schemas.into_iter().flatten() {
        let fact = |pointer: &str| schema.pointer(pointer);
        let tag = fact("/discriminator/propertyName").and_then(Value::as_str);
        let mapping = fact("/discriminator/mapping").and_then(Value::as_object);
        let (Some(tag), Some(mapping)) = (tag, mapping) else {
            continue;
        };
        for (value, target) in mapping {
            let target = target.as_str().and_then(|target| target.strip_prefix('#'));
            let target = target
                .ok_or_else(|| Error::new(format!("the union {name} maps {value} to no schema")))?;
            let variant = resolve(document, at(document, target)?)?;
            check_variant(document, variant, tag, value)?.map_or(Ok(()), |what| {
                Err(stop(
                    &format!("the union {name}, variant {value}"),
                    what,
                    "correct the document, or add a rule for it to codegen/rules/unions.rs",
                ))
            })?;
        }
    }
    Ok(())
}

/// What is wrong with a variant.
fn check_variant(
    document: &Value,
    variant: &Value,
    tag: &str,
    value: &str,
) -> Result<Option<&'static str>> {
    let is_object = variant.get("type").is_some_and(|kind| kind == "object");
    if variant.get("oneOf").is_some() || !(is_object || is_object_schema(variant)) {
        return Ok(Some("a variant that is not an object is not supported"));
    }
    let parts = variant.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten().chain([variant]) {
        let own = resolve(document, part)?.get("properties");
        let Some(property) = own.and_then(Value::as_object).and_then(|own| own.get(tag)) else {
            continue;
        };
        let property = resolve(document, property)?;
        let parts = property.get("allOf").and_then(Value::as_array);
        let property = match parts.map(Vec::as_slice) {
            Some([only]) => resolve(document, only)?,
            _ => property,
        };
        if !is_stated(property.as_object(), value) {
            return Ok(Some(
                "its discriminator is stated with another type, or without this value",
            ));
        }
    }
    Ok(None)
}

fn is_stated(property: Option<&Map<String, Value>>, value: &str) -> bool {
    let Some(property) = property else {
        return false;
    };
    let kind = property.get("type").and_then(Value::as_str);
    let values = property.get("enum").and_then(Value::as_array);
    kind.is_none_or(|kind| kind == "string")
        && values.is_none_or(|values| values.iter().any(|known| known == value))
}
