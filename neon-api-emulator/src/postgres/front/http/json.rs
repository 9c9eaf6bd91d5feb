//! PostgreSQL's values as JSON, and values of JSON as parameters.

use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::{Kind, Type};

use super::array;

/// That a value is not in the form of its type.
#[derive(Debug)]
pub(super) struct Malformed;

/// What a column holds, as far as JSON distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    One(u32),
    /// An array of this type.
    Many(u32),
}

impl Shape {
    /// That of a type that every server has.
    pub(super) fn known(oid: u32) -> Option<Self> {
        let known = Type::from_oid(oid)?;
        Some(match known.kind() {
            Kind::Array(element) => Self::Many(element.oid()),
            _ => Self::One(oid),
        })
    }

    pub(super) fn write(self, value: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
        match self {
            Self::One(oid) => one(oid, value, out),
            Self::Many(element) => array::write(element, value, out),
        }
    }
}

/// Appends it as JSON.
pub(super) fn append(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Strings and numbers into memory: there is nothing that can fail.
    serde_json::to_writer(out, value).ok();
}

/// Numbers that JavaScript holds exactly are numbers, the others strings.
pub(super) fn one(oid: u32, value: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let is = |types: &[Type]| types.iter().any(|known| known.oid() == oid);
    if is(&[Type::BOOL]) {
        append(&(value == "t"), out);
    } else if is(&[Type::INT2, Type::INT4]) {
        append(&value.parse::<i32>().map_err(|_| Malformed)?, out);
    } else if is(&[Type::FLOAT4, Type::FLOAT8]) {
        let number: f64 = value.parse().map_err(|_| Malformed)?;
        if number.is_finite() {
            append(&number, out);
        } else {
            append(value, out);
        }
    } else if is(&[Type::JSON, Type::JSONB]) {
        out.extend_from_slice(value.as_bytes());
    } else {
        append(value, out);
    }
    Ok(())
}

/// A parameter in the form in which PostgreSQL reads it.
pub(super) fn parameter(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(_) => Some(element(value)),
        other => Some(other.to_string()),
    }
}

/// In an array, strings and objects are quoted.
fn element(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(element).collect();
            format!("{{{}}}", values.join(","))
        }
        Value::String(text) => quoted(text),
        Value::Object(_) => quoted(&value.to_string()),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio_postgres::types::Type;

    use super::{Shape, parameter};

    fn written(of: &Type, value: &str) -> String {
        let mut out = Vec::new();
        let written = Shape::known(of.oid()).unwrap().write(value, &mut out);
        written.map_or("malformed".to_owned(), |()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_are_numbers_where_javascript_has_them() {
        for (of, value, expected) in [
            (Type::BOOL, "t", "true"),
            (Type::BOOL, "f", "false"),
            (Type::INT2, "-7", "-7"),
            (Type::INT4, "2147483647", "2147483647"),
            (Type::INT8, "42", "\"42\""),
            (Type::NUMERIC, "1.50", "\"1.50\""),
            (Type::FLOAT8, "1.5", "1.5"),
            (Type::FLOAT8, "1e+300", "1e+300"),
            (Type::FLOAT4, "NaN", "\"NaN\""),
            (Type::FLOAT8, "-Infinity", "\"-Infinity\""),
            (
                Type::JSON,
                "{ \"b\": 1,  \"a\": [] }",
                "{ \"b\": 1,  \"a\": [] }",
            ),
            (Type::TEXT, "a\"\\\n\u{1}ü", "\"a\\\"\\\\\\n\\u0001ü\""),
            (Type::BYTEA, "\\x00ff", "\"\\\\x00ff\""),
            (Type::INT4, "x", "malformed"),
            (Type::INT4_ARRAY, "{1,NULL,3}", "[1,null,3]"),
        ] {
            assert_eq!(written(&of, value), expected, "{of} {value}");
        }
    }

    #[test]
    fn parameters_are_what_postgres_reads() {
        for (value, expected) in [
            (json!(null), None),
            (json!(true), Some("true")),
            (json!(1.5), Some("1.5")),
            (json!("a\"b"), Some("a\"b")),
            (json!({"a": 1}), Some("{\"a\":1}")),
            (json!([]), Some("{}")),
            (json!([1, null, [2, true]]), Some("{1,NULL,{2,true}}")),
            (
                json!(["a b", "\"\\", "NULL", "\n"]),
                Some("{\"a b\",\"\\\"\\\\\",\"NULL\",\"\n\"}"),
            ),
            (json!([{"a": "b"}]), Some("{\"{\\\"a\\\":\\\"b\\\"}\"}")),
        ] {
            assert_eq!(parameter(&value).as_deref(), expected, "{value}");
        }
    }
}
