//! Bytes to JSON, with complaints that say what was found instead.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::failure::Failure;

/// Parses a document.
///
/// Stricter than `serde_json` alone: a key that occurs twice in an object is
/// an error, since one of the two would silently be lost.
pub fn parse(source: &str, bytes: &[u8]) -> Result<Value, Failure> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => return Err(Failure::new(source, "is empty")),
        Some(b'<') => return Err(Failure::new(source, "is HTML or XML, not JSON")),
        Some(_) => {}
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Failure::new(source, "is not UTF-8 text"));
    };
    let not_json = || {
        let what = "is YAML or plain text, not JSON: convert it to JSON first";
        Failure::new(source, what)
    };
    if !text.trim_start().starts_with(['{', '[', '"']) {
        return Err(not_json());
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = Strict
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match parsed {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(Failure::at(source, "is not a JSON object", "")),
        Err(error) if error.is_eof() => Err(Failure::new(
            source,
            format!("the JSON is cut off: {error}"),
        )),
        // YAML may begin as JSON does.
        Err(_) if is_yaml(source) => Err(not_json()),
        Err(error) => Err(Failure::new(source, format!("is not valid JSON: {error}"))),
    }
}

/// Whether a file or an address is called so.
fn is_yaml(source: &str) -> bool {
    let extension = Path::new(source).extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(Strict)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key `{key}` occurs twice"
                )));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(bytes: &[u8]) -> String {
        parse("s", bytes).unwrap_err().to_string()
    }

    #[test]
    fn says_what_it_found() {
        assert_eq!(complaint(b" \n"), "s: is empty");
        assert_eq!(complaint(b"<!doctype html>"), "s: is HTML or XML, not JSON");
        assert_eq!(complaint(b"[1]"), "s: is not a JSON object at /");
        assert_eq!(complaint(b"{\"a\":\xff}"), "s: is not UTF-8 text");
        assert!(complaint(b"{\"a\": [1,").starts_with("s: the JSON is cut off: "));
        for yaml in [
            b"openapi: 3.0.3".as_slice(),
            b"---\nopenapi: 3.0.3",
            b"# a\nopenapi: 3",
        ] {
            assert!(complaint(yaml).starts_with("s: is YAML or plain text"));
        }
        for yaml in [b"{openapi: 3.0.3}".as_slice(), b"\"openapi\": 3.0.3\nx: 1"] {
            let complaint = parse("https://example.com/v2.YML", yaml).unwrap_err();
            let complaint = complaint.to_string();
            assert!(complaint.contains(" is YAML or plain text"), "{complaint}");
        }
        assert!(complaint(b"{} {}").starts_with("s: is not valid JSON: trailing"));
    }

    #[test]
    fn refuses_a_key_that_occurs_twice() {
        let message = complaint(br#"{"paths": {"/a": {}, "/a": {}}}"#);
        assert!(message.contains("the key `/a` occurs twice"), "{message}");
    }

    #[test]
    fn keeps_numbers_and_order() {
        let value = parse(
            "s",
            br#"{"b":18446744073709551615,"a":[-1,0.25,null,true]}"#,
        )
        .unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"b":18446744073709551615,"a":[-1,0.25,null,true]}"#
        );
    }

    #[test]
    fn survives_absurd_nesting() {
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(parse("s", deep.as_bytes()).is_err());
    }
}
