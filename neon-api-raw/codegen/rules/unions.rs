//! `oneOf` with a discriminator becomes our own union with a fallback variant.
//!
//! The generator ignores discriminators and tries the variants in turn, which picks the wrong one
//! where all properties are optional, and fails on a variant that the API adds later. Some variants
//! do not declare the discriminator, so ours writes it.

use serde_json::{Value, json};

use super::super::json::{SCHEMAS, description, schemas_mut};
use super::super::names::type_name;
use super::super::{Error, Result};
use super::Replacement;
use super::unsupported::stop;

/// A union of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Union {
    /// The Rust type.
    pub name: String,
    /// Our documentation of it.
    pub doc: String,
    /// The discriminator of the variants.
    pub tag: String,
    /// Variant, value of the tag, Rust type.
    pub variants: Vec<(String, String, String)>,
}

pub(super) fn tagged(
    document: &mut Value,
    replacements: &mut Vec<Replacement>,
) -> Result<Vec<Union>> {
    let mut found = Vec::new();
    for (name, schema) in schemas_mut(document)? {
        if schema.get("oneOf").is_none() {
            continue;
        }
        let union = union(name, schema)?;
        replacements.push(Replacement::new(
            &union.name,
            format!("unions::{}", union.name),
            false,
        ));
        found.push(union);
        *schema = json!({ "type": "object" });
    }
    Ok(found)
}

fn union(name: &str, schema: &Value) -> Result<Union> {
    let tag = schema
        .pointer("/discriminator/propertyName")
        .and_then(Value::as_str)
        .ok_or_else(|| {
            stop(
                &format!("the union {name}"),
                "it has no discriminator",
                "add one by a rule: without it the variants cannot be distinguished",
            )
        })?;
    let mapping = schema
        .pointer("/discriminator/mapping")
        .and_then(Value::as_object)
        .ok_or_else(|| Error::new(format!("the union {name} has no mapping")))?;
    let place = format!("the union {name}");
    let known = ["type", "oneOf", "discriminator", "description"];
    let keys = schema
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys());
    let mut others = keys.filter(|key| !known.contains(&key.as_str()) && !key.starts_with("x-"));
    if let Some(key) = others.next() {
        return Err(stop(
            &place,
            &format!("`{key}` beside `oneOf` is not supported"),
            "state it in each of the variants, by a rule",
        ));
    }
    let members = schema.get("oneOf").and_then(Value::as_array);
    for member in members.into_iter().flatten() {
        let target = member.get("$ref");
        if !mapping.values().any(|mapped| Some(mapped) == target) {
            return Err(stop(
                &place,
                "a variant is not in the mapping",
                "add it to the mapping by a rule",
            ));
        }
    }
    let mut variants = Vec::new();
    for (value, target) in mapping {
        let target = target
            .as_str()
            .and_then(|t| t.strip_prefix(SCHEMAS))
            .ok_or_else(|| Error::new(format!("the union {name} maps {value} to no schema")))?;
        let variant = type_name(value);
        let is_taken = |(other, _, of): &(String, String, String)| {
            *other == variant || *of == type_name(target)
        };
        if variants.iter().any(is_taken) {
            return Err(stop(
                &place,
                &format!("the variant {value} has the name or the schema of another one"),
                "add a rule that gives it one of its own",
            ));
        }
        variants.push((variant, value.clone(), type_name(target)));
    }
    Ok(Union {
        name: type_name(name),
        doc: description(schema),
        tag: tag.to_owned(),
        variants,
    })
}
