//! Names for inline definitions of the document.
//!
//! Bodies composed in place become component schemas named after their operation; objects and enums
//! inside schemas become component schemas named after their path. So every rule after this one
//! finds a type by name, and public names are chosen here. Types without documentation get one from
//! their place.

use serde_json::{Map, Value, json};

use super::super::json::{
    description, each_operation, is_object_schema, object_at, operation_id, reference_in_place_of,
    reference_to, schemas_mut,
};
use super::super::names::type_name;
use super::super::{Error, Result};

/// The enum of sort directions occurs in place in several operations and bodies with the same
/// values; it is one type.
const SORT_ORDER: Shared = Shared {
    property: "sort_order",
    name: "SortOrder",
    text: "The direction of a sort.",
};

/// An enum that is the same wherever a parameter or a property has this name.
struct Shared {
    property: &'static str,
    name: &'static str,
    text: &'static str,
}

/// The type that something is lifted to.
struct Target {
    name: String,
    /// Its documentation if it has none of its own.
    text: String,
}

impl Target {
    /// What a parameter or a property of this name is lifted to.
    fn of(property: &str, name: impl FnOnce() -> String, text: String) -> Self {
        if property == SORT_ORDER.property {
            return Self {
                name: SORT_ORDER.name.to_owned(),
                text: SORT_ORDER.text.to_owned(),
            };
        }
        let name = name();
        Self { name, text }
    }
}

pub(super) fn bodies(document: &mut Value) -> Result<()> {
    let mut lifted = Vec::new();
    each_operation(document, |path, method, operation| {
        let id = operation_id(operation, method, path)?;
        let body = operation.get_mut("requestBody");
        let target = Target {
            name: format!("{}Request", type_name(&id)),
            text: format!("The request body of `{id}`."),
        };
        lift_body(body, target, &mut lifted);
        for response in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(Map::values_mut)
        {
            let target = Target {
                name: format!("{}Response", type_name(&id)),
                text: format!("The response of `{id}`."),
            };
            lift_body(Some(response), target, &mut lifted);
        }
        for parameter in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            lift_parameter(parameter, &id, &mut lifted);
        }
        Ok(())
    })?;
    add(document, lifted)
}

/// A body composed of one part only is that part.
fn lift_body(body: Option<&mut Value>, target: Target, lifted: &mut Vec<(String, Value)>) {
    let Some(schema) = body.and_then(|b| b.pointer_mut("/content/application~1json/schema")) else {
        return;
    };
    let is_nullable = schema.get("nullable").is_some();
    let only_part = schema
        .get("allOf")
        .and_then(Value::as_array)
        .filter(|parts| parts.len() == 1 && !is_nullable)
        .and_then(|parts| parts.first())
        .cloned();
    if let Some(part) = only_part {
        *schema = part;
    }
    if is_object_schema(schema) && !is_nullable {
        let reference = reference_to(&target.name);
        replace(schema, reference, target, lifted);
    }
}

fn lift_parameter(parameter: &mut Value, operation: &str, lifted: &mut Vec<(String, Value)>) {
    let name = parameter
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let text = description(parameter);
    let is_list = parameter.pointer("/schema/items").is_some();
    let place = if is_list { "/schema/items" } else { "/schema" };
    let Some(schema) = parameter.pointer_mut(place) else {
        return;
    };
    if schema.get("enum").is_some() {
        let own_name = || format!("{}{}", type_name(operation), type_name(&name));
        lift(schema, Target::of(&name, own_name, text), lifted);
    }
}

pub(super) fn nested(document: &mut Value) -> Result<()> {
    let names: Vec<String> = schemas_mut(document)?.keys().cloned().collect();
    for name in names {
        let mut lifted = Vec::new();
        if let Some(schema) = schemas_mut(document)?.get_mut(&name) {
            lift_properties(schema, &type_name(&name), &mut lifted);
        }
        add(document, lifted)?;
    }
    Ok(())
}

fn lift_properties(schema: &mut Value, owner: &str, lifted: &mut Vec<(String, Value)>) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        let own_name = || format!("{owner}{}", type_name(name));
        let text = description(property);
        let target = Target::of(name, own_name, text.clone());
        let item = Target {
            name: format!("{}Item", target.name),
            text: text.clone(),
        };
        let value = Target {
            name: format!("{}Value", target.name),
            text,
        };
        lift_in_place(property, target, lifted);
        if let Some(items) = property.get_mut("items") {
            lift_in_place(items, item, lifted);
        }
        if let Some(values) = property.get_mut("additionalProperties") {
            lift_in_place(values, value, lifted);
        }
    }
}

fn lift_in_place(schema: &mut Value, target: Target, lifted: &mut Vec<(String, Value)>) {
    if schema.get("properties").is_some() {
        lift_properties(schema, &target.name, lifted);
        lift(schema, target, lifted);
    } else if schema.get("enum").is_some() {
        lift(schema, target, lifted);
    }
}

/// Replaces a schema by a reference; the documentation of the property stays with the property.
fn lift(schema: &mut Value, target: Target, lifted: &mut Vec<(String, Value)>) {
    let reference = reference_in_place_of(schema, &target.name);
    if let Some(object) = schema.as_object_mut() {
        object.remove("nullable");
    }
    replace(schema, reference, target, lifted);
}

fn replace(
    schema: &mut Value,
    reference: Value,
    target: Target,
    lifted: &mut Vec<(String, Value)>,
) {
    let Target { name, text } = target;
    if !text.is_empty()
        && let Some(object) = schema.as_object_mut()
    {
        object.entry("description").or_insert(json!(text));
    }
    lifted.push((name, std::mem::replace(schema, reference)));
}

fn add(document: &mut Value, lifted: Vec<(String, Value)>) -> Result<()> {
    let schemas = object_at(document, "/components/schemas")?;
    for (name, schema) in lifted {
        let is_same_enum =
            |known: &Value| known.get("enum").is_some() && known.get("enum") == schema.get("enum");
        match schemas.get(&name) {
            Some(known) if !is_same_enum(known) => {
                return Err(Error::new(format!(
                    "the type {name}, defined in place, exists already"
                )));
            }
            Some(_) => {}
            None => {
                schemas.insert(name, schema);
            }
        }
    }
    Ok(())
}
