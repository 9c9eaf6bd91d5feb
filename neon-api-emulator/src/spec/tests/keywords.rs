//! Each keyword of a schema, met and broken.

use serde_json::{Value, json};

use crate::spec::validate;

#[track_caller]
fn wrong(schema: &Value, value: &Value) -> String {
    match validate::schema(schema, value) {
        Ok(()) => String::new(),
        Err(violations) => {
            let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
            all.join("; ")
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_keyword_is_checked() {
    let text = |keywords: Value| {
        let mut schema = json!({ "type": "string" });
        let map = schema.as_object_mut().unwrap();
        map.extend(keywords.as_object().unwrap().clone());
        schema
    };
    for (schema, good, bad, message) in [
        (
            json!({ "type": "string" }),
            json!("x"),
            json!(1),
            "must be a string",
        ),
        (
            json!({ "type": "integer" }),
            json!(1),
            json!(1.5),
            "must be an integer",
        ),
        (
            json!({ "type": "integer" }),
            json!(1),
            json!("1"),
            "must be an integer",
        ),
        (
            json!({ "type": "number" }),
            json!(1),
            json!("1"),
            "must be a number",
        ),
        (
            json!({ "type": "boolean" }),
            json!(true),
            json!(0),
            "must be a boolean",
        ),
        (
            json!({ "type": "array" }),
            json!([]),
            json!({}),
            "must be an array",
        ),
        (
            json!({ "type": "object" }),
            json!({}),
            json!([]),
            "must be an object",
        ),
        (
            json!({ "type": "string" }),
            json!(""),
            Value::Null,
            "must not be null",
        ),
        (
            json!({ "type": "string", "nullable": true }),
            Value::Null,
            json!(1),
            "must be a string",
        ),
        (
            text(json!({ "enum": ["a", "b"] })),
            json!("a"),
            json!("c"),
            "must be one of \"a\", \"b\"",
        ),
        (
            text(json!({ "minLength": 2 })),
            json!("éé"),
            json!("é"),
            "must have at least 2 characters",
        ),
        (
            text(json!({ "maxLength": 1 })),
            json!("é"),
            json!("ab"),
            "must have at most 1 characters",
        ),
        (
            text(json!({ "pattern": "^[0-9a-f]{32}$" })),
            json!("0".repeat(32)),
            json!("g"),
            "must match ^[0-9a-f]{32}$",
        ),
        (
            text(json!({ "format": "date-time" })),
            json!("2025-01-01T00:00:00.5+02:00"),
            json!("2025-01-01"),
            "must be an RFC 3339 date and time",
        ),
        (
            text(json!({ "format": "uuid" })),
            json!("00000000-0000-4000-8000-00000000000A"),
            json!("0"),
            "must be a UUID",
        ),
        (
            text(json!({ "format": "email" })),
            json!("a@b"),
            json!("a"),
            "must be an email address",
        ),
        (
            text(json!({ "format": "uri" })),
            json!("https://x"),
            json!("x"),
            "must be a URI",
        ),
        (
            json!({ "type": "number", "minimum": 0.25 }),
            json!(0.25),
            json!(0),
            "must be at least 0.25",
        ),
        (
            json!({ "type": "integer", "maximum": 3 }),
            json!(3),
            json!(4),
            "must be at most 3",
        ),
        (
            json!({ "type": "integer", "format": "int32" }),
            json!(1),
            json!(3_000_000_000_u64),
            "is out of the range of its type",
        ),
        (
            json!({ "type": "integer", "format": "int64" }),
            json!(i64::MIN),
            json!(u64::MAX),
            "is out of the range of its type",
        ),
        (
            json!({ "type": "integer", "format": "uint64" }),
            json!(u64::MAX),
            json!(-1),
            "is out of the range of its type",
        ),
        (
            json!({ "type": "array", "minItems": 1 }),
            json!([0]),
            json!([]),
            "must have at least 1 items",
        ),
        (
            json!({ "type": "array", "maxItems": 1 }),
            json!([0]),
            json!([0, 0]),
            "must have at most 1 items",
        ),
        (
            json!({ "type": "array", "items": { "type": "string" } }),
            json!(["a"]),
            json!(["a", 1]),
            "[1]: must be a string",
        ),
        (
            json!({ "type": "object", "required": ["a"] }),
            json!({ "a": 1 }),
            json!({}),
            "a: is required",
        ),
        (
            json!({ "type": "object", "minProperties": 1 }),
            json!({ "a": 1 }),
            json!({}),
            "must have at least 1 properties",
        ),
        (
            json!({ "type": "object", "maxProperties": 1 }),
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 2 }),
            "must have at most 1 properties",
        ),
        (
            json!({ "type": "object", "additionalProperties": false }),
            json!({}),
            json!({ "a": 1 }),
            "a: is not allowed",
        ),
        (
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            json!({ "a": "" }),
            json!({ "a": 1 }),
            "a: must be a string",
        ),
        (
            json!({ "$ref": "#/components/schemas/EndpointState" }),
            json!("idle"),
            json!("x"),
            "must be one of \"init\", \"active\", \"idle\"",
        ),
        (
            json!({ "$ref": "#/nowhere" }),
            Value::Null,
            Value::Null,
            "has a schema that cannot be resolved",
        ),
        (
            json!({ "allOf": [{ "required": ["a"] }, { "required": ["b"] }] }),
            json!({ "a": 1, "b": 1 }),
            json!({ "b": 1 }),
            "a: is required",
        ),
    ] {
        if message != "has a schema that cannot be resolved" {
            assert_eq!(wrong(&schema, &good), "", "{schema}");
        }
        assert_eq!(wrong(&schema, &bad), message);
    }
}
