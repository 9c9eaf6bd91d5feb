//! The JSON schemas of input and output.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{BODY, Operation};

/// The schema of the input.
pub(super) fn input(operation: &Operation) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in operation.parameters {
        let mut value = (parameter.schema)(&mut generator).to_value();
        describe(&mut value, parameter.description);
        properties.insert(parameter.name.to_owned(), value);
        required.push(parameter.name);
    }
    if let Some(query) = operation.query {
        let schema = query(&mut generator).to_value();
        let optional = definition(&mut generator, &schema);
        if let Some(Value::Object(optional)) = optional.get("properties") {
            properties.extend(optional.clone());
        }
    }
    if let Some(body) = operation.body {
        let value = (body.schema)(&mut generator).to_value();
        properties.insert(BODY.to_owned(), value);
        if body.is_required {
            required.push(BODY);
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if let Some(object) = schema.as_object_mut()
        && !required.is_empty()
    {
        object.insert("required".to_owned(), json!(required));
    }
    let mut schema = with_definitions(schema, generator);
    close(&mut schema);
    schema
}

/// The schema of the output.
pub(super) fn output(operation: &Operation) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let schema = (operation.output)(&mut generator).to_value();
    with_definitions(schema, generator)
}

/// Takes the definition that a schema refers to out of the generator.
fn definition(generator: &mut SchemaGenerator, schema: &Value) -> Value {
    let target = schema.get("$ref").and_then(Value::as_str);
    let name = target.and_then(|target| target.rsplit('/').next());
    let found = name.and_then(|name| generator.definitions_mut().remove(name));
    found.unwrap_or_else(|| schema.clone())
}

/// Adds the definitions to which a schema refers.
fn with_definitions(mut schema: Value, mut generator: SchemaGenerator) -> Value {
    let definitions = generator.take_definitions(true);
    if let Some(object) = schema.as_object_mut()
        && !definitions.is_empty()
    {
        object.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// Says of a place what is known of it; a reference keeps what its target says.
fn describe(schema: &mut Value, description: &str) {
    if let Some(object) = schema.as_object_mut()
        && !description.is_empty()
    {
        object.insert("description".to_owned(), description.into());
    }
}

/// Allows no properties but those that are listed, at any level.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object)
                && object.get("type") == Some(&"object".into())
            {
                object
                    .entry("additionalProperties")
                    .or_insert(Value::Bool(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The schema of a body that is read in chunks.
pub(super) fn of_a_file(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": ["string", "null"] })
}
