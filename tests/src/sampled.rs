//! Calls with arguments that conform to the interface.

use neon_api_emulator::spec::sample;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

pub use neon_api_emulator::spec::sample::Options;

use crate::call::{Arguments, BY_HAND};
use crate::spec::{self, Operation};

/// The arguments of a call and the request that they must make.
#[derive(Debug, Clone)]
pub struct Request {
    /// The arguments.
    pub arguments: Arguments,
    /// The method.
    pub method: String,
    /// The path below the base, percent-encoded.
    pub path: String,
    /// The query's pairs, not encoded, sorted by name.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<Value>,
}

/// A sampled request of an operation.
///
/// # Panics
///
/// When the sampler knows no such operation.
pub fn request(operation: &Operation, options: &Options) -> Request {
    let sample = sample::request(operation.id, options).expect("a sampled request");
    let mut arguments = Map::new();
    let segments = operation.path.split('/').zip(sample.path.split('/'));
    for (template, segment) in segments {
        if let Some(name) = template.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
            let text = percent_decode_str(segment).decode_utf8_lossy();
            arguments.insert(name.to_owned(), typed(operation, name, &text));
        }
    }
    for (name, text) in &sample.query {
        let value = typed(operation, name, text);
        match arguments.get_mut(name).and_then(Value::as_array_mut) {
            Some(items) => items.extend(value.as_array().cloned().unwrap_or_default()),
            None => {
                arguments.insert(name.clone(), value);
            }
        }
    }
    if let Some(body) = &sample.body {
        arguments.insert("body".to_owned(), body.clone());
    }
    if operation.id == BY_HAND {
        arguments.insert("body".to_owned(), function_deployment());
    }
    let mut query = sample.query;
    query.sort_by(|a, b| a.0.cmp(&b.0));
    Request {
        arguments: Arguments(arguments),
        method: sample.method,
        path: sample.path,
        query,
        body: sample.body,
    }
}

/// The parts of a multipart body, which the sampler does not make.
pub fn function_deployment() -> Value {
    json!({
        "zip": "PK\u{3}\u{4} not quite a zip\r\n--neon-api-000000006e656f6e\r\n",
        "runtime": "nodejs24",
        "environment": r#"{"EMPTY":"","GREETING":"grüß \"dich\"\r\n"}"#,
    })
}

/// A parameter's text as the JSON that its schema means.
///
/// # Panics
///
/// When the operation has no such parameter, or the text does not fit.
pub fn typed(operation: &Operation, name: &str, text: &str) -> Value {
    let parameter = operation.parameters.iter().find(|p| p.name == name);
    let parameter = parameter.unwrap_or_else(|| panic!("{} has no parameter {name}", operation.id));
    let schema = spec::resolve(parameter.schema);
    match schema["type"].as_str() {
        Some("array") => Value::Array(vec![text.into()]),
        Some("integer" | "number" | "boolean") => {
            serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}={text}: {e}"))
        }
        _ => text.into(),
    }
}

/// A sampled success answer: status and JSON body.
///
/// # Panics
///
/// When the sampler knows no such operation, or its success has no JSON body.
pub fn answer(operation: &Operation, options: &Options) -> (u16, Value) {
    let sample = sample::response(operation.id, options).expect("a sampled answer");
    (sample.status, sample.body.expect("a body"))
}

/// A sampled value of a schema.
pub fn value(schema: &Value, options: &Options) -> Value {
    sample::schema(schema, options)
}
