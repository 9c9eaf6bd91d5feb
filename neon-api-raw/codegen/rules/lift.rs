//! Names for what the document defines in place.
//!
//! Bodies composed in place become component schemas named after their operation; objects and
//! enums inside schemas become component schemas named after their path. So every rule after this
//! one finds a type by name, and the names that users see are chosen here and not by accident.

use serde_json::{Map, Value};

use super::super::json::{
    each_operation, is_object_schema, object_at, operation_id, reference_in_place_of, reference_to,
    schemas_mut,
};
use super::super::names::type_name;
use super::super::{Error, Result};

/// The enum of sort directions occurs in place in several operations and bodies with the same
/// values; it is one type.
const SHARED_ENUMS: [(&str, &str); 1] = [("sort_order", "SortOrder")];

pub(super) fn bodies(document: &mut Value) -> Result<()> {
    let mut lifted = Vec::new();
    each_operation(document, |path, method, operation| {
        let id = operation_id(operation, method, path)?;
        let body = operation.get_mut("requestBody");
        lift_body(body, format!("{}Request", type_name(&id)), &mut lifted);
        for response in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(Map::values_mut)
        {
            lift_body(
                Some(response),
                format!("{}Response", type_name(&id)),
                &mut lifted,
            );
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
fn lift_body(body: Option<&mut Value>, name: String, lifted: &mut Vec<(String, Value)>) {
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
        let reference = reference_to(&name);
        lifted.push((name, std::mem::replace(schema, reference)));
    }
}

fn lift_parameter(parameter: &mut Value, operation: &str, lifted: &mut Vec<(String, Value)>) {
    let name = parameter
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if let Some(schema) = parameter.get_mut("schema")
        && schema.get("enum").is_some()
    {
        let type_name = shared_name(&name)
            .unwrap_or_else(|| format!("{}{}", type_name(operation), type_name(&name)));
        lift(schema, type_name, lifted);
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
        let path = shared_name(name).unwrap_or_else(|| format!("{owner}{}", type_name(name)));
        lift_in_place(property, path.clone(), lifted);
        if let Some(items) = property.get_mut("items") {
            lift_in_place(items, format!("{path}Item"), lifted);
        }
    }
}

fn lift_in_place(schema: &mut Value, name: String, lifted: &mut Vec<(String, Value)>) {
    if schema.get("properties").is_some() {
        lift_properties(schema, &name, lifted);
        lift(schema, name, lifted);
    } else if schema.get("enum").is_some() {
        lift(schema, name, lifted);
    }
}

/// Replaces a schema by a reference; what is said of the property stays with the property.
fn lift(schema: &mut Value, name: String, lifted: &mut Vec<(String, Value)>) {
    let reference = reference_in_place_of(schema, &name);
    if let Some(object) = schema.as_object_mut() {
        object.remove("nullable");
    }
    lifted.push((name, std::mem::replace(schema, reference)));
}

fn shared_name(property: &str) -> Option<String> {
    SHARED_ENUMS
        .iter()
        .find(|(name, _)| *name == property)
        .map(|(_, shared)| (*shared).to_owned())
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
