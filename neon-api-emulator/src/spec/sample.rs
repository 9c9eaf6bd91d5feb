//! Sample values that conform to the spec, generated from its schemas.
//!
//! The same options always give the same value. The emulator uses [`response`] for operations
//! without state; tests of clients use it to decode every operation's response.
//!
//! ```
//! use neon_api_emulator::spec::{sample, validate};
//!
//! let response = sample::response("getProject", &sample::Options::default()).unwrap();
//! assert_eq!(response.status, 200);
//! validate::response("getProject", 200, response.body.as_ref().unwrap()).unwrap();
//! ```

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Number, Value, json};

use super::{Operation, Parameter, ParameterIn, Spec};
use crate::rng::Rng;

mod pattern;
mod text;

/// Options for samples.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether optional properties and parameters are included. Default: yes.
    pub optional: bool,
    /// The seed of the values. Default: 0.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            optional: true,
            seed: 0,
        }
    }
}

impl Options {
    /// Includes only what the schema requires.
    #[must_use]
    pub fn required_only(mut self) -> Self {
        self.optional = false;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// A sample response.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The success status.
    pub status: u16,
    /// The declared media type; `None` if no body is declared.
    pub media_type: Option<String>,
    /// The body; a string of bytes for `application/octet-stream`.
    pub body: Option<Value>,
}

/// A sample request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path below the server's prefix, percent-encoded.
    pub path: String,
    /// The query parameters, not encoded.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<Value>,
}

/// Deeper than any schema of the document; below it, only required values are generated, so that
/// recursive schemas terminate.
const DEPTH: usize = 12;

/// A value that conforms to `schema`, which may refer to the spec's schemas by `$ref`.
///
/// ```
/// use neon_api_emulator::spec::sample::{Options, schema};
/// use serde_json::json;
///
/// let value = schema(&json!({"type": "integer", "minimum": 3, "maximum": 3}), &Options::default());
/// assert_eq!(value, json!(3));
/// ```
pub fn schema(schema: &Value, options: &Options) -> Value {
    Sampler::new(options, "schema").value(schema, "", 0)
}

/// The success response of an operation; `None` for an unknown operation ID.
pub fn response(operation_id: &str, options: &Options) -> Option<Response> {
    let operation = Spec::get().operation(operation_id)?;
    let answer = operation.successes().next()?;
    let mut sampler = Sampler::new(options, operation_id);
    Some(Response {
        status: answer.status?,
        media_type: answer.media_type.clone(),
        body: answer.schema.as_ref().map(|s| sampler.value(s, "", 0)),
    })
}

/// The request body of an operation; `None` if it takes none or does not exist.
pub fn request_body(operation_id: &str, options: &Options) -> Option<Value> {
    let operation = Spec::get().operation(operation_id)?;
    Some(Sampler::new(options, operation_id).value(operation.request_schema()?, "", 0))
}

/// A complete request for an operation: path, query and JSON body.
pub fn request(operation_id: &str, options: &Options) -> Option<Request> {
    let operation = Spec::get().operation(operation_id)?;
    let mut sampler = Sampler::new(options, operation_id);
    Some(Request {
        method: operation.method().to_owned(),
        path: sampler.path(operation),
        query: sampler.query(operation),
        body: operation
            .takes_json()
            .then(|| request_body(operation_id, options))
            .flatten(),
    })
}

/// What stands for itself in a path segment.
pub(crate) const SEGMENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

struct Sampler<'a> {
    spec: &'static Spec,
    options: &'a Options,
    rng: Rng,
}

impl<'a> Sampler<'a> {
    fn new(options: &'a Options, purpose: &str) -> Self {
        Self {
            spec: Spec::get(),
            options,
            rng: Rng::for_purpose(options.seed, purpose),
        }
    }

    fn path(&mut self, operation: &Operation) -> String {
        let mut path = operation.path().to_owned();
        for parameter in in_location(operation, ParameterIn::Path) {
            let value = plain(&self.value(&parameter.schema, &parameter.name, 0));
            let encoded = utf8_percent_encode(&value, &SEGMENT).to_string();
            path = path.replace(&format!("{{{}}}", parameter.name), &encoded);
        }
        path
    }

    fn query(&mut self, operation: &Operation) -> Vec<(String, String)> {
        let mut query = Vec::new();
        for parameter in in_location(operation, ParameterIn::Query) {
            if !parameter.required && !self.options.optional {
                continue;
            }
            match self.value(&parameter.schema, &parameter.name, 0) {
                Value::Array(items) => {
                    query.extend(items.iter().map(|i| (parameter.name.clone(), plain(i))));
                }
                value => query.push((parameter.name.clone(), plain(&value))),
            }
        }
        query
    }

    /// `name` is the property's, and makes plain strings look like what they stand for.
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let Some(schema) = self.spec.resolve(schema) else {
            return Value::Null;
        };
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(schema, parts, name, depth);
        }
        if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
            return self.one_of(schema, variants, name, depth);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.rng.pick(values).cloned().unwrap_or(Value::Null);
        }
        if let Some(default) = schema.get("default") {
            return default.clone();
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => Value::String(text::string(&mut self.rng, schema, name)),
            Some("integer") => self.integer(schema),
            Some("number") => self.number(schema),
            Some("boolean") => Value::Bool(self.rng.chance(0.5)),
            Some("array") => self.array(schema, name, depth),
            Some("object") => Value::Object(self.object(schema, depth)),
            _ if schema.get("properties").is_some() => Value::Object(self.object(schema, depth)),
            _ => json!({}),
        }
    }

    fn all_of(&mut self, schema: &Value, parts: &[Value], name: &str, depth: usize) -> Value {
        let mut merged = Map::new();
        for part in parts {
            match self.value(part, name, depth) {
                Value::Object(map) => merged.extend(map),
                // A wrapper around one scalar.
                value => return value,
            }
        }
        if schema.get("properties").is_some() {
            merged.extend(self.object(schema, depth));
        }
        Value::Object(merged)
    }

    fn one_of(&mut self, schema: &Value, variants: &[Value], name: &str, depth: usize) -> Value {
        let discriminator = schema.get("discriminator");
        let mapping = discriminator
            .and_then(|d| d.get("mapping"))
            .and_then(Value::as_object);
        let property = discriminator
            .and_then(|d| d.get("propertyName"))
            .and_then(Value::as_str);
        let (Some(mapping), Some(property)) = (mapping, property) else {
            let variant = self.rng.pick(variants).unwrap_or(&Value::Null);
            return self.value(variant, name, depth);
        };
        let choices: Vec<(&String, &Value)> = mapping.iter().collect();
        let Some((tag, target)) = self.rng.pick(&choices) else {
            return Value::Null;
        };
        let mut value = self.value(&json!({ "$ref": target }), name, depth);
        if let Value::Object(map) = &mut value {
            // Some variants do not declare the property that tells them apart.
            map.insert(property.to_owned(), Value::String((*tag).clone()));
        }
        value
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let minimum = schema.get("minimum").and_then(Value::as_i64);
        let maximum = schema.get("maximum").and_then(Value::as_i64);
        let low = minimum.unwrap_or_else(|| maximum.map_or(0, |m| m.min(0)));
        let high = maximum.unwrap_or(i64::MAX).min(low.saturating_add(1000));
        Value::from(self.rng.between(low, high.max(low)))
    }

    fn number(&mut self, schema: &Value) -> Value {
        let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
        let high = schema.get("maximum").and_then(Value::as_f64);
        let steps = i32::try_from(self.rng.between(0, 15)).unwrap_or(0);
        let value = low + 0.25 * f64::from(steps);
        let value = high.map_or(value, |high| value.min(high));
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }

    fn array(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let bound = |key| schema.get(key).and_then(Value::as_u64);
        let low = bound("minItems").unwrap_or(0);
        let count = if depth < DEPTH { low.max(2) } else { low };
        let count = bound("maxItems").map_or(count, |high| count.min(high));
        let items = schema.get("items").unwrap_or(&Value::Null);
        // `project_ids` holds what `project_id` is.
        let name = name.strip_suffix('s').unwrap_or(name);
        Value::Array(
            (0..count)
                .map(|_| self.value(items, name, depth + 1))
                .collect(),
        )
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Map<String, Value> {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let at_least = schema.get("minProperties").and_then(Value::as_u64);
        let at_least = usize::try_from(at_least.unwrap_or(0)).unwrap_or(0);
        let mut map = Map::new();
        let mut spare = Vec::new();
        for (key, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let wanted = required.contains(&key.as_str());
            if wanted || (self.options.optional && depth < DEPTH) {
                map.insert(key.clone(), self.value(property, key, depth + 1));
            } else {
                spare.push((key, property));
            }
        }
        for (key, property) in spare {
            if map.len() >= at_least {
                break;
            }
            map.insert(key.clone(), self.value(property, key, depth + 1));
        }
        match schema.get("additionalProperties") {
            Some(entry @ Value::Object(_)) if self.options.optional => {
                let value = self.value(entry, "value", depth + 1);
                map.insert("sample_key".to_owned(), value);
            }
            Some(Value::Bool(true)) if self.options.optional => {
                map.insert("sample_key".to_owned(), json!("sample value"));
            }
            _ => {}
        }
        map
    }
}

fn in_location(operation: &Operation, location: ParameterIn) -> impl Iterator<Item = &Parameter> {
    let here = move |p: &&Parameter| p.location == location;
    operation.parameters().iter().filter(here)
}

/// A scalar as it stands in a path or a query.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
