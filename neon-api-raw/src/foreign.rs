//! Error bodies that are not in the API's own form: of gateways, proxies and other services.

use serde_json::{Map, Value};

use crate::excerpt::{excerpt, quoted};

/// How much of a body is shown, in characters.
const LONGEST: usize = 200;

/// A string of this length without spaces is not human-readable, and may be a secret.
const OPAQUE: usize = 12;

/// Fields with messages, the most specific first: RFC 9457, OAuth, and those of various gateways.
const MESSAGES: &[&str] = &[
    "message",
    "detail",
    "error_description",
    "error",
    "msg",
    "title",
    "reason",
    "description",
    "errors",
    "details",
    "fault",
    "faultstring",
];

/// How deep in a body messages are searched for.
const DEPTH: usize = 4;

/// The message in a JSON body of any form.
pub(crate) fn message(body: &[u8]) -> Option<String> {
    let value = serde_json::from_slice(body).ok()?;
    let found = match &value {
        Value::Object(_) | Value::Array(_) => message_in(&value, DEPTH),
        _ => None,
    };
    found.map(str::to_owned)
}

fn message_in(value: &Value, depth: usize) -> Option<&str> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        Value::Array(items) => items.first().and_then(|item| {
            // At the top level, a list of bare strings may be anything.
            (item.is_object() || depth + 1 < DEPTH).then(|| message_in(item, depth))?
        }),
        Value::Object(fields) => {
            let mut found = MESSAGES.iter().filter_map(|name| fields.get(*name));
            found.find_map(|field| message_in(field, depth))
        }
        _ => None,
    }
}

/// A short excerpt of a body without a message, in one line, without secrets.
pub(crate) fn piece(body: &[u8]) -> String {
    let length = body.len();
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        // Cut within a character.
        Err(error) if error.error_len().is_none() => {
            let valid = body.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
        Err(_) => return format!("{length} bytes that are not text"),
    };
    let text = text.trim();
    if text.is_empty() {
        return "an empty body".to_owned();
    }
    if text.starts_with('<') {
        return markup(text);
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return excerpt(&without_opaque(value).to_string(), LONGEST);
    }
    let shown = excerpt(text, LONGEST);
    if shown.is_empty() || is_opaque(text) {
        return format!("{length} bytes");
    }
    shown
}

/// The title of a page, or the message of a document such as the errors of object storage.
fn markup(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let is_html = lower.contains("<html") || lower.contains("<!doctype html");
    let kind = if is_html { "HTML" } else { "HTML or XML" };
    let element = |name: &str| {
        let open = lower.find(&format!("<{name}"))?;
        let from = open + lower.get(open..)?.find('>')? + 1;
        let length = lower.get(from..)?.find('<')?;
        let shown = excerpt(text.get(from..from + length)?, LONGEST);
        (!shown.is_empty()).then_some(shown)
    };
    match element("title").or_else(|| element("message")) {
        Some(title) => format!("{kind} {}", quoted(&title)),
        None => format!("{kind} without a title"),
    }
}

/// The value with possible secrets masked, including names.
fn without_opaque(value: Value) -> Value {
    let mask = |text: String| {
        if is_opaque(&text) {
            "***".to_owned()
        } else {
            text
        }
    };
    match value {
        Value::String(text) => Value::String(mask(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(without_opaque).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let shown = fields.map(|(name, value)| (mask(name), without_opaque(value)));
            Value::Object(shown.collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn is_opaque(text: &str) -> bool {
    text.len() >= OPAQUE && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_the_usual_places() {
        for (body, found) in [
            (
                r#"{"message":"no healthy upstream"}"#,
                Some("no healthy upstream"),
            ),
            (r#"{"error":"unauthorized"}"#, Some("unauthorized")),
            (
                r#"{"error":{"code":"x","message":"inner msg"}}"#,
                Some("inner msg"),
            ),
            (
                r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"x is wrong"}"#,
                Some("x is wrong"),
            ),
            (
                r#"{"title":"Bad Request","detail":""}"#,
                Some("Bad Request"),
            ),
            (
                r#"{"error":"invalid_grant","error_description":"too late"}"#,
                Some("too late"),
            ),
            (
                r#"{"errors":[{"detail":"first"},{"detail":"second"}]}"#,
                Some("first"),
            ),
            (r#"{"errors":["first"]}"#, Some("first")),
            (r#"[{"message":"in a list"}]"#, Some("in a list")),
            (
                r#"{"error":{"error":{"error":{"error":"too deep"}}}}"#,
                None,
            ),
            (r#"["a"]"#, None),
            (r#""a""#, None),
            (r#"{"code":5}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(message(body.as_bytes()).as_deref(), found, "{body}");
        }
    }

    #[test]
    fn other_bodies_are_shown_in_part() {
        for (body, shown) in [
            (&b""[..], "an empty body"),
            (b" \n", "an empty body"),
            (
                b"upstream connect error\nor reset",
                "upstream connect error or reset",
            ),
            (b"error code: 1020", "error code: 1020"),
            (b"Forbidden", "Forbidden"),
            (b"c2VjcmV0IHNlY3JldA", "18 bytes"),
            (b"\0\x01", "2 bytes"),
            (b"\xff\xfe", "2 bytes that are not text"),
            (b"half of \xc3", "half of"),
            (b"<html><title>404</title></html>", "HTML \"404\""),
            (
                b"<!DOCTYPE html>\n<TITLE lang=en>\nBad \"gateway\"\n</TITLE>",
                "HTML \"Bad 'gateway'\"",
            ),
            (b"<html><h1>secret</h1>", "HTML without a title"),
            (
                b"<?xml version='1.0'?><Error><Message>Access Denied</Message>",
                "HTML or XML \"Access Denied\"",
            ),
            (b"{\"code\":5}", "{\"code\":5}"),
            (b"[]", "[]"),
            (
                b"[\"some words\",{\"planted_3c9f0\":\"planted_3c9f1\"},{\"password\":\"a b\"}]",
                "[\"some words\",{\"***\":\"***\"},{\"password\":\"***\"}]",
            ),
            (b"password=a b", "password=*** b"),
        ] {
            assert_eq!(piece(body), shown, "{}", String::from_utf8_lossy(body));
        }
        let long = piece("some words ".repeat(1000).as_bytes());
        assert_eq!(long.chars().count(), LONGEST + 1);
    }

    proptest::proptest! {
        #[test]
        fn any_body_has_a_short_piece(body: Vec<u8>, text in "[<>{}\\[\\]\":,a-zé%@/\n ]{0,60}") {
            for body in [body.as_slice(), text.as_bytes()] {
                let shown = piece(body);
                proptest::prop_assert!(!shown.is_empty() && shown.chars().count() <= LONGEST + 40);
                proptest::prop_assert!(!shown.contains(char::is_control));
                let _ = message(body);
            }
        }
    }
}
