//! Decoding of answers.

use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::error::DecodeError;
use crate::json_path::{self, Stopped};
use crate::tagged_union;

/// Decodes a body. A 204 has none, which decodes as `null`.
pub(crate) fn json<T: DeserializeOwned>(
    status: StatusCode,
    body: Bytes,
) -> Result<Box<T>, DecodeError> {
    let text: &[u8] = if status == StatusCode::NO_CONTENT && body.is_empty() {
        b"null"
    } else {
        &body
    };
    serde_json::from_slice(text).map_err(|error| failure(&error, body))
}

/// The error for a body of HTML where none is due: a proxy answered in the API's place.
pub(crate) fn page_of_a_proxy(body: Bytes) -> Option<DecodeError> {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    if first != Some(&b'<') {
        return None;
    }
    let reason = "the body is HTML or XML where none is due".to_owned();
    Some(DecodeError::new("$".to_owned(), reason, body))
}

fn failure(error: &serde_json::Error, body: Bytes) -> DecodeError {
    let message = error.to_string();
    let stopped = if message.starts_with(tagged_union::FAULT) {
        Stopped::AfterValue
    } else {
        Stopped::AtValue
    };
    let path = json_path::locate(&body, error.line(), error.column(), stopped);
    let found = body.iter().find(|b| !b.is_ascii_whitespace());
    let reason = match found {
        None => "the body is empty where JSON is due".to_owned(),
        Some(b'<') => "the body is HTML or XML where JSON is due".to_owned(),
        Some(_) => without_values(&message),
    };
    DecodeError::new(path, reason, body)
}

/// The decoder's messages quote the text that it did not expect, which may be a secret.
fn without_values(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let before = message.get(..first).unwrap_or_default();
            let after = message.get(last + 1..).unwrap_or_default();
            format!("{before}\"…\"{after}")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn an_error_shows_no_value_and_keeps_the_body() {
        let error = error_of(r#"[1,"npg_secret"]"#);
        assert_eq!(error.path(), "$[1]");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("npg_secret"), "{text}");
        }
        assert_eq!(error.body(), br#"[1,"npg_secret"]"#.as_slice());
    }

    #[test]
    fn an_empty_answer_is_an_absent_value() {
        let value: Box<Option<u32>> = json(StatusCode::NO_CONTENT, Bytes::new()).unwrap();
        assert_eq!(*value, None);
        assert!(json::<Option<u32>>(StatusCode::OK, Bytes::new()).is_err());
    }
}
