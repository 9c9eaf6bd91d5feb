//! The objects in the files.

use std::path::Path;

use neon_api_raw::serde_json::{self, Map, Value};

use crate::error::CliError;

/// Parses a file that contains an object. Of what the parser says only the line is kept, since the
/// rest may repeat the content.
pub(super) fn object(path: &Path, content: &[u8]) -> Result<Map<String, Value>, CliError> {
    match serde_json::from_slice(content) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(content_fault(path, "it does not contain an object")),
        Err(error) => Err(CliError::Json {
            file: path.to_owned(),
            line: error.line(),
        }),
    }
}

/// What is wrong with the content of a file.
pub(super) fn content_fault(path: &Path, rule: &'static str) -> CliError {
    CliError::Content {
        file: path.to_owned(),
        rule,
    }
}

/// A string that is not empty.
pub(super) fn string<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    let value = object.get(key)?.as_str()?.trim();
    (!value.is_empty()).then_some(value)
}
