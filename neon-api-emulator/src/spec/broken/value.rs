//! Values that do not conform to a schema without parts.

use serde_json::{Value, json};

use super::super::Spec;
use crate::rng::Rng;

fn keyword<'a>(schema: &'a Value, name: &str) -> Option<&'a str> {
    schema.get(name).and_then(Value::as_str)
}

/// A text for a parameter that does not read as its schema says, and where in it the fault is.
pub(super) fn parameter(schema: &Value, rng: &mut Rng) -> Option<(String, &'static str)> {
    let spec = Spec::get();
    let schema = spec.resolve(schema)?;
    if keyword(schema, "type") == Some("array") {
        let items = spec.resolve(schema.get("items")?)?;
        return Some((text(items, rng)?, "[0]"));
    }
    Some((text(schema, rng)?, ""))
}

fn text(schema: &Value, rng: &mut Rng) -> Option<String> {
    let mut all: Vec<String> = match keyword(schema, "type")? {
        "string" => strings(schema),
        "integer" | "number" => {
            let numbers = numbers(schema).into_iter().map(|n| n.to_string());
            numbers.chain(["many".to_owned()]).collect()
        }
        "boolean" => vec!["perhaps".to_owned(), "yes".to_owned()],
        _ => Vec::new(),
    };
    // An empty parameter is none, and an empty segment another route.
    all.retain(|text| !text.is_empty());
    rng.pick(&all).cloned()
}

/// Every value that breaks one rule of a schema for one value.
pub(super) fn values(schema: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let nullable = schema.get("nullable").and_then(Value::as_bool) == Some(true);
    let typed = ["type", "allOf", "oneOf", "enum"];
    if !nullable && typed.iter().any(|key| schema.get(key).is_some()) {
        all.push(Value::Null);
    }
    match keyword(schema, "type") {
        Some("string") => {
            all.extend([json!(7), json!(["x"])]);
            all.extend(strings(schema).into_iter().map(Value::String));
        }
        Some("integer") => {
            all.extend([json!("7"), json!(1.5)]);
            all.extend(numbers(schema));
        }
        Some("number") => {
            all.push(json!("7"));
            all.extend(numbers(schema));
        }
        Some("boolean") => all.extend([json!("true"), json!(1)]),
        Some("array") => all.extend([json!({}), json!("x")]),
        Some("object") => all.extend([json!([]), json!("x")]),
        _ => {}
    }
    all
}

fn strings(schema: &Value) -> Vec<String> {
    let bound = |name| {
        let bound = schema.get(name).and_then(Value::as_u64);
        bound.and_then(|bound| usize::try_from(bound).ok())
    };
    let mut all = Vec::new();
    if schema.get("enum").is_some() {
        all.push("no such value".to_owned());
    }
    if let Some(low) = bound("minLength").filter(|low| *low > 0) {
        all.push("x".repeat(low - 1));
    }
    if let Some(high) = bound("maxLength").filter(|high| *high < 1_000_000) {
        all.push("x".repeat(high + 1));
    }
    if let Some(pattern) = keyword(schema, "pattern") {
        let candidates = ["", "Not This", "!", "\u{fc}"];
        let broken = |text: &&&str| !Spec::get().patterns().matches(pattern, text);
        let broken = candidates.iter().filter(broken);
        all.extend(broken.map(|text| (*text).to_owned()));
    }
    if let Some("date-time" | "uuid" | "email" | "uri") = keyword(schema, "format") {
        all.push("yesterday".to_owned());
    }
    all
}

fn numbers(schema: &Value) -> Vec<Value> {
    let whole = keyword(schema, "type") == Some("integer");
    let mut all = Vec::new();
    for (name, step) in [("minimum", -1), ("maximum", 1)] {
        let Some(bound) = schema.get(name) else {
            continue;
        };
        if whole {
            let beyond = bound.as_i64().and_then(|bound| bound.checked_add(step));
            all.extend(beyond.map(Value::from));
        } else if let Some(bound) = bound.as_f64() {
            all.push(if step < 0 {
                json!(bound - 1.0)
            } else {
                json!(bound + 1.0)
            });
        }
    }
    all
}
