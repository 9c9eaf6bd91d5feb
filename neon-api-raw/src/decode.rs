//! Decoding of responses.

use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::error::DecodeError;
use crate::foreign;
use crate::json_path::{self, Stopped};
use crate::tagged_union;

/// Decodes a body. A 204 has no body, which decodes as `null`.
pub(crate) fn json<T: DeserializeOwned>(
    status: StatusCode,
    body: Bytes,
) -> Result<Box<T>, DecodeError> {
    serde_json::from_slice(text(status, &body)).map_err(|error| failure(&error, body))
}

/// The JSON text of a body.
pub(crate) fn text(status: StatusCode, body: &[u8]) -> &[u8] {
    match status {
        StatusCode::NO_CONTENT if body.is_empty() => b"null",
        _ => body,
    }
}

/// The error for an HTML body where no body is expected: a proxy responded in the API's place.
pub(crate) fn page_of_a_proxy(body: Bytes) -> Option<DecodeError> {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    if first != Some(&b'<') {
        return None;
    }
    let reason = format!("expected no body, found {}", foreign::piece(&body));
    Some(DecodeError::new("$".to_owned(), reason, body))
}

/// The error for a body that cannot be decoded.
pub(crate) fn failure(error: &serde_json::Error, body: Bytes) -> DecodeError {
    let message = error.to_string();
    let stopped = if message.starts_with(tagged_union::FAULT) {
        Stopped::AfterValue
    } else {
        Stopped::AtValue
    };
    let place = (error.line(), error.column());
    let path = json_path::locate(&body, place, stopped, is_property);
    let found = body.iter().find(|b| !b.is_ascii_whitespace());
    let reason = match found {
        None => "expected JSON, found an empty body".to_owned(),
        Some(b'<') => format!("expected JSON, found {}", foreign::piece(&body)),
        Some(_) => without_values(&message),
    };
    DecodeError::new(path, reason, body)
}

/// Whether this is the name of a property in the API's spec. Other keys are the caller's own, such
/// as those of a map, and may be secrets.
fn is_property(key: &str) -> bool {
    let mut names = crate::extras::properties::NAMES.split(' ');
    names.any(|name| name == key)
}

/// The decoder's messages quote unexpected values, which may be secrets: strings in double quotes,
/// and numbers and names of variants and fields in backticks. Only the names of missing and
/// duplicate fields are our own.
fn without_values(message: &str) -> String {
    let message = without_quoted(message, '"');
    let is_own =
        |text: &str| text.starts_with("missing field") || text.starts_with("duplicate field");
    let fault = match message.split_once(": ") {
        Some((place, fault)) if place.starts_with(tagged_union::FAULT) => fault,
        _ => &message,
    };
    if is_own(fault) {
        return message;
    }
    without_quoted(&message, '`')
}

/// Everything between the first and the last of these quotes is removed, since the quoted value may
/// contain quotes.
fn without_quoted(message: &str, quote: char) -> String {
    match (message.find(quote), message.rfind(quote)) {
        (Some(first), Some(last)) if first < last => {
            let before = message.get(..first).unwrap_or_default();
            let after = message.get(last + 1..).unwrap_or_default();
            format!("{before}{quote}…{quote}{after}")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{self, Read as _};
    use crate::types::ProjectResponse;

    fn error_of(body: &'static str) -> DecodeError {
        json::<Vec<u32>>(StatusCode::OK, Bytes::from_static(body.as_bytes())).unwrap_err()
    }

    #[test]
    fn an_error_says_what_came() {
        assert!(error_of("").to_string().contains("empty"));
        assert!(error_of("<html></html>").to_string().contains("HTML"));
        assert!(error_of("[1,2").to_string().contains("EOF"));
        assert_eq!(error_of("[1,{}]").path(), "$[1]");
    }

    #[test]
    fn a_string_that_is_not_utf8_is_an_error_at_its_place() {
        let body = &b"{\"project\":{\"id\":\"a\xff\"}}"[..];
        let error = read::json(body, &mut ProjectResponse::blank()).unwrap_err();
        assert!(error.to_string().contains("invalid unicode"), "{error}");
        let error = failure(&error, Bytes::from_static(body));
        assert_eq!(error.path(), "$.project.id");
    }

    #[test]
    fn an_error_shows_no_value_and_keeps_the_body() {
        let error = error_of(r#"[1,"npg_secret"]"#);
        assert_eq!(error.path(), "$[1]");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("npg_secret"), "{text}");
        }
        assert_eq!(error.body(), br#"[1,"npg_secret"]"#.as_slice());
    }

    /// A type of a user's own, whose derived decoder quotes what it did not expect.
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[serde(rename = "status")]
        _status: Kind,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Known,
    }

    #[test]
    fn names_and_numbers_of_the_body_are_not_shown() {
        const SECRET: &str = "`, \\\"31415926";
        for body in [
            r#"{"status":"SECRET"}"#,
            r#"{"SECRET":"known"}"#,
            r#"{"status":31415926}"#,
            r#"{"status":["SECRET"]}"#,
            r#"{"status":{"SECRET":{}}}"#,
        ] {
            let body = Bytes::from(body.replace("SECRET", SECRET));
            let error = json::<Strict>(StatusCode::OK, body).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains("31415926"), "{text}");
        }
        let missing = json::<Strict>(StatusCode::OK, Bytes::from_static(b"{}")).unwrap_err();
        assert!(missing.to_string().contains("missing field `status`"));
    }

    #[test]
    fn keys_of_maps_are_not_shown() {
        type Maps = std::collections::BTreeMap<String, std::collections::BTreeMap<String, u8>>;
        let body = Bytes::from_static(br#"{"projects":{"npg_secret":"x"}}"#);
        let error = json::<Maps>(StatusCode::OK, body).unwrap_err();
        assert_eq!(error.path(), "$.projects.***");
    }

    #[test]
    fn an_empty_answer_is_an_absent_value() {
        let value: Box<Option<u32>> = json(StatusCode::NO_CONTENT, Bytes::new()).unwrap();
        assert_eq!(*value, None);
        assert!(json::<Option<u32>>(StatusCode::OK, Bytes::new()).is_err());
    }
}
