//! Forms of schemas that no rule has taken away stop the build.
//!
//! Each rule takes away what it knows: enums become open, objects in place get a name, unions a
//! fallback. The generator would accept some of what is left, and make a closed type of it, or one
//! whose name changes with the next document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::Result;
use super::super::json::{at, reference};
use super::super::names::method_name;
use super::unsupported::stop;

/// Keywords that say what a value may be, and that no rule knows.
const UNKNOWN: &[(&str, &str)] = &[
    (
        "anyOf",
        "state a `oneOf` with a discriminator, or add a rule",
    ),
    ("const", "state an `enum` of one value, or add a rule"),
    (
        "discriminator",
        "state it on a named schema with a `oneOf` and a mapping",
    ),
    (
        "enum",
        "only enums of strings, of properties, parameters and named schemas are; add a rule to codegen/rules/lift.rs or enums.rs",
    ),
    ("not", "add a rule"),
    (
        "oneOf",
        "only unions that are schemas of their own, with a discriminator and a mapping, are; give it a name",
    ),
    ("patternProperties", "add a rule"),
    ("prefixItems", "add a rule"),
];

/// Refuses what is left in a document that all rules have been applied to.
pub(super) fn refuse(document: &Value) -> Result<()> {
    let schemas = at(document, "/components/schemas")?.as_object();
    for (name, schema) in schemas.into_iter().flatten() {
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            return Err(stop(
                name,
                "`nullable` on a named schema is not supported",
                "state it where the schema is referred to, by a rule",
            ));
        }
        check(schema, name, true)?;
    }
    let paths = at(document, "/paths")?.as_object();
    for (path, item) in paths.into_iter().flatten() {
        each_embedded(item, path)?;
    }
    Ok(())
}

/// The schemas of an operation's parameters and bodies, named by the operation.
fn each_embedded(value: &Value, place: &str) -> Result<()> {
    match value {
        Value::Object(object) => {
            let own = ["operationId", "name"]
                .iter()
                .find_map(|key| object.get(*key)?.as_str());
            let place = own.map_or_else(|| place.to_owned(), |own| format!("{place}, {own}"));
            for (key, child) in object {
                if key == "schema" {
                    check(child, &place, false)?;
                } else {
                    each_embedded(child, &place)?;
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| each_embedded(item, place)),
        _ => Ok(()),
    }
}

fn check(schema: &Value, place: &str, is_named: bool) -> Result<()> {
    let Some(object) = schema.as_object() else {
        return Err(stop(
            place,
            "the schema is not an object",
            "correct the document",
        ));
    };
    for (keyword, remedy) in UNKNOWN {
        if object.contains_key(*keyword) {
            return Err(stop(
                place,
                &format!("`{keyword}` is not supported here"),
                remedy,
            ));
        }
    }
    if object.contains_key("$ref") && reference(schema).is_none_or(|name| name.contains('/')) {
        return Err(stop(
            place,
            "a reference to anything but a named schema is not supported",
            "give what it refers to a name among the schemas",
        ));
    }
    let kind = object.get("type");
    if kind.is_some_and(|kind| !kind.is_string()) {
        return Err(stop(
            place,
            "a list of types is not supported",
            "it is a form of OpenAPI 3.1: state one type, and `nullable`",
        ));
    }
    if kind == Some(&"array".into()) && object.get("items").is_none() {
        return Err(stop(
            place,
            "a list without `items` is not supported",
            "state what it holds",
        ));
    }
    let properties = object.get("properties").and_then(Value::as_object);
    if properties.is_some() && !is_named {
        return Err(stop(
            place,
            "an object that is defined in place here is not supported",
            "give it a name among the schemas, or add a rule to codegen/rules/lift.rs",
        ));
    }
    if properties.is_some()
        && object
            .get("additionalProperties")
            .is_some_and(Value::is_object)
    {
        return Err(stop(
            place,
            "an object with both properties and a map of others is not supported",
            "add a rule that makes the map a property of its own",
        ));
    }
    let required = object.get("required").and_then(Value::as_array);
    let is_stated = |name: &&Value| {
        name.as_str()
            .is_some_and(|name| properties.is_some_and(|all| all.contains_key(name)))
    };
    if let Some(name) = required.into_iter().flatten().find(|name| !is_stated(name)) {
        return Err(stop(
            place,
            &format!("it requires {name}, which is not one of its properties"),
            "state the property, or drop it by a rule",
        ));
    }
    let mut fields = BTreeSet::new();
    for (name, property) in properties.into_iter().flatten() {
        let place = format!("{place}.{name}");
        check(property, &place, false)?;
        if !fields.insert(method_name(name)) {
            return Err(stop(
                &place,
                "another property has the same name in Rust",
                "add a rule that renames one of them",
            ));
        }
    }
    if let Some(items) = object.get("items") {
        check(items, &format!("{place}[]"), false)?;
    }
    if let Some(values) = object.get("additionalProperties").filter(|v| v.is_object()) {
        check(values, &format!("{place}.*"), false)?;
    }
    let parts = object.get("allOf").and_then(Value::as_array);
    if parts.is_some_and(|parts| parts.len() > 1) {
        return Err(stop(
            place,
            "an `allOf` of several parts is not supported here",
            "give it a name among the schemas",
        ));
    }
    for part in parts.into_iter().flatten() {
        check(part, place, is_named)?;
    }
    Ok(())
}
