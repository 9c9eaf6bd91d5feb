//! Validation of values against the spec.
//!
//! ```
//! use neon_api_emulator::spec::validate;
//! use serde_json::json;
//!
//! let wrong = validate::request_body("createProject", &json!({"project": {"name": 7}}));
//! let violations = wrong.unwrap_err();
//! assert_eq!(violations[0].to_string(), "project.name: must be a string");
//! ```

use std::fmt;

use serde_json::{Map, Value};

use super::{Operation, Parameter, ParameterIn, Spec};

mod format;
mod path;

use path::Path;

/// A violation of the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where: `project.branch.name`, `endpoints[0].type`. Empty for the value itself.
    pub path: String,
    /// What the spec requires.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for Violation {}

/// The message for what is missing.
pub(crate) const REQUIRED: &str = "is required";

/// Checks `value` against `schema`, which may refer to the spec's schemas by `$ref`.
pub fn schema(schema: &Value, value: &Value) -> Result<(), Vec<Violation>> {
    let mut checker = Checker::new();
    checker.check(schema, value, &Path::ROOT);
    checker.finish()
}

/// Checks `value` against the node that a JSON pointer names in the spec, such as
/// `#/components/schemas/Project`.
pub fn pointer(pointer: &str, value: &Value) -> Result<(), Vec<Violation>> {
    match Spec::get().pointer(pointer) {
        Some(node) => schema(node, value),
        None => Err(vec![violation(
            "",
            format!("there is no schema at {pointer}"),
        )]),
    }
}

/// Checks the JSON body of a request. A body is a violation if the operation takes none.
pub fn request_body(operation_id: &str, body: &Value) -> Result<(), Vec<Violation>> {
    match operation(operation_id)?.request_schema() {
        Some(node) => schema(node, body),
        None => Err(vec![violation("", "takes no body")]),
    }
}

/// Checks the query parameters of a request. Unknown parameters are allowed.
pub fn query(operation_id: &str, query: &[(String, String)]) -> Result<(), Vec<Violation>> {
    query_of(operation(operation_id)?, query)
}

/// Checks the body of a response with this status. If no body is declared for it, any body is
/// valid.
pub fn response(operation_id: &str, status: u16, body: &Value) -> Result<(), Vec<Violation>> {
    let operation = operation(operation_id)?;
    if operation.answer(status).is_none() {
        let message = format!("status {status} is not declared");
        return Err(vec![violation("", message)]);
    }
    match operation.response_schema(status) {
        Some(node) => schema(node, body),
        None => Ok(()),
    }
}

fn operation(id: &str) -> Result<&'static Operation, Vec<Violation>> {
    let missing = || vec![violation("", format!("no operation {id}"))];
    Spec::get().operation(id).ok_or_else(missing)
}

pub(crate) fn query_of(
    operation: &Operation,
    query: &[(String, String)],
) -> Result<(), Vec<Violation>> {
    let mut checker = Checker::new();
    for parameter in operation.parameters() {
        if parameter.location != ParameterIn::Query {
            continue;
        }
        let given: Vec<&str> = query
            .iter()
            .filter(|(name, _)| *name == parameter.name)
            .map(|(_, value)| value.as_str())
            .collect();
        checker.parameter(parameter, &given);
    }
    checker.finish()
}

pub(crate) fn path_of<'a>(
    operation: &Operation,
    value_of: impl Fn(&str) -> Option<&'a str>,
) -> Result<(), Vec<Violation>> {
    let mut checker = Checker::new();
    for parameter in operation.parameters() {
        if parameter.location == ParameterIn::Path {
            let given: Vec<&str> = value_of(&parameter.name).into_iter().collect();
            checker.parameter(parameter, &given);
        }
    }
    checker.finish()
}

fn violation(path: impl Into<String>, message: impl Into<String>) -> Violation {
    Violation {
        path: path.into(),
        message: message.into(),
    }
}

struct Checker {
    spec: &'static Spec,
    violations: Vec<Violation>,
}

impl Checker {
    fn new() -> Self {
        Self {
            spec: Spec::get(),
            violations: Vec::new(),
        }
    }

    fn finish(self) -> Result<(), Vec<Violation>> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(self.violations)
        }
    }

    fn wrong(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.violations.push(violation(path.write(), message));
    }

    /// Parameters are strings: each is parsed according to its schema before it is checked.
    fn parameter(&mut self, parameter: &Parameter, given: &[&str]) {
        let path = Path::ROOT.name(&parameter.name);
        let Some(first) = given.first() else {
            if parameter.required {
                self.wrong(&path, REQUIRED);
            }
            return;
        };
        let spec = self.spec;
        let kind = |schema: &Value| -> Option<String> {
            let node = spec.resolve(schema)?;
            node.get("type").and_then(Value::as_str).map(str::to_owned)
        };
        let value = match kind(&parameter.schema).as_deref() {
            Some("array") => {
                let items = spec.resolve(&parameter.schema);
                let items = items.and_then(|s| s.get("items")).unwrap_or(&Value::Null);
                let kind = kind(items);
                Value::Array(given.iter().map(|t| read(t, kind.as_deref())).collect())
            }
            kind => read(first, kind),
        };
        self.check(&parameter.schema, &value, &path);
    }

    fn check(&mut self, schema: &Value, value: &Value, path: &Path<'_>) {
        let Some(schema) = self.spec.resolve(schema) else {
            return self.wrong(path, "has a schema that cannot be resolved");
        };
        if value.is_null() {
            let typed = ["type", "allOf", "oneOf", "enum"]
                .iter()
                .any(|key| schema.get(key).is_some());
            if typed && schema.get("nullable").and_then(Value::as_bool) != Some(true) {
                self.wrong(path, "must not be null");
            }
            return;
        }
        for part in list(schema, "allOf") {
            self.check(part, value, path);
        }
        if schema.get("oneOf").is_some() {
            self.one_of(schema, value, path);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array)
            && !values.contains(value)
        {
            let allowed: Vec<String> = values.iter().map(ToString::to_string).collect();
            self.wrong(path, format!("must be one of {}", allowed.join(", ")));
        }
        match (schema.get("type").and_then(Value::as_str), value) {
            (Some("string"), Value::String(text)) => self.string(schema, text, path),
            (Some("integer"), Value::Number(n)) if n.is_i64() || n.is_u64() => {
                self.number(schema, value, path);
            }
            (Some("number"), Value::Number(_)) => self.number(schema, value, path),
            (Some("array"), Value::Array(items)) => self.array(schema, items, path),
            (Some("object") | None, Value::Object(map)) => self.object(schema, map, path),
            (Some("boolean"), Value::Bool(_)) | (None, _) => {}
            (Some("integer"), _) => self.wrong(path, "must be an integer"),
            (Some("array" | "object"), _) => {
                let kind = schema.get("type").and_then(Value::as_str).unwrap_or("");
                self.wrong(path, format!("must be an {kind}"));
            }
            (Some(kind), _) => self.wrong(path, format!("must be a {kind}")),
        }
    }

    fn one_of(&mut self, schema: &Value, value: &Value, path: &Path<'_>) {
        let discriminator = schema.get("discriminator");
        let property = discriminator.and_then(|d| d.get("propertyName"));
        let mapping = discriminator.and_then(|d| d.get("mapping"));
        let (Some(property), Some(mapping)) = (property.and_then(Value::as_str), mapping) else {
            let fits = |variant: &&Value| self::schema(variant, value).is_ok();
            if list(schema, "oneOf").iter().filter(fits).count() != 1 {
                self.wrong(path, "must fit exactly one of the variants");
            }
            return;
        };
        let Some(tag) = value.get(property).and_then(Value::as_str) else {
            return self.wrong(&path.name(property), REQUIRED);
        };
        let Some(target) = mapping.get(tag) else {
            let known = mapping.as_object().into_iter().flatten();
            let known: Vec<&str> = known.map(|(key, _)| key.as_str()).collect();
            let message = format!("must be one of {}", known.join(", "));
            return self.wrong(&path.name(property), message);
        };
        match target.as_str().and_then(|target| self.spec.pointer(target)) {
            Some(variant) => self.check(variant, value, path),
            None => self.wrong(path, "has a variant that cannot be resolved"),
        }
    }

    /// That there are as many `things` as the schema's keywords `least` and `most` allow.
    fn count(
        &mut self,
        schema: &Value,
        [least, most]: [&str; 2],
        count: usize,
        things: &str,
        path: &Path<'_>,
    ) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let bound = |keyword| schema.get(keyword).and_then(Value::as_u64);
        if let Some(low) = bound(least)
            && count < low
        {
            self.wrong(path, format!("must have at least {low} {things}"));
        }
        if let Some(high) = bound(most)
            && count > high
        {
            self.wrong(path, format!("must have at most {high} {things}"));
        }
    }

    fn string(&mut self, schema: &Value, text: &str, path: &Path<'_>) {
        let length = text.chars().count();
        self.count(
            schema,
            ["minLength", "maxLength"],
            length,
            "characters",
            path,
        );
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && !self.spec.patterns().matches(pattern, text)
        {
            self.wrong(path, format!("must match {pattern}"));
        }
        let format = schema.get("format").and_then(Value::as_str);
        if let Some(problem) = format.and_then(|format| format::problem(format, text)) {
            self.wrong(path, problem);
        }
    }

    fn number(&mut self, schema: &Value, value: &Value, path: &Path<'_>) {
        let number = value.as_f64().unwrap_or(f64::NAN);
        if let Some(low) = schema.get("minimum").and_then(Value::as_f64)
            && number < low
        {
            self.wrong(path, format!("must be at least {low}"));
        }
        if let Some(high) = schema.get("maximum").and_then(Value::as_f64)
            && number > high
        {
            self.wrong(path, format!("must be at most {high}"));
        }
        let fits = match schema.get("format").and_then(Value::as_str) {
            Some("int32") => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
            Some("int64") => value.is_i64(),
            Some("uint64") => value.is_u64(),
            _ => true,
        };
        if !fits {
            self.wrong(path, "is out of the range of its type");
        }
    }

    fn array(&mut self, schema: &Value, items: &[Value], path: &Path<'_>) {
        self.count(schema, ["minItems", "maxItems"], items.len(), "items", path);
        if let Some(item) = schema.get("items") {
            for (index, value) in items.iter().enumerate() {
                self.check(item, value, &path.index(index));
            }
        }
    }

    fn object(&mut self, schema: &Value, map: &Map<String, Value>, path: &Path<'_>) {
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                self.wrong(&path.name(name), REQUIRED);
            }
        }
        let bounds = ["minProperties", "maxProperties"];
        self.count(schema, bounds, map.len(), "properties", path);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in map {
            let at = path.name(name);
            match properties.and_then(|p| p.get(name)) {
                Some(property) => self.check(property, value, &at),
                None => match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => self.wrong(&at, "is not allowed"),
                    Some(entry @ Value::Object(_)) => self.check(entry, value, &at),
                    _ => {}
                },
            }
        }
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    let list = schema.get(key).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

/// As Go's `ParseBool` reads it, and with it the API.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// A string that cannot be parsed as its type stays a string, which the check then reports.
fn read(text: &str, kind: Option<&str>) -> Value {
    let parsed = match kind {
        Some("integer") => text.parse::<i64>().ok().map(Value::from),
        Some("number") => text.parse::<f64>().ok().map(Value::from),
        Some("boolean") => boolean(text).map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}
