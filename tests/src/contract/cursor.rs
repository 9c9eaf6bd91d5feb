//! Cursors: opaque to clients, but a stand-in should write what the API writes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::Value;

use super::ids::Ids;

/// What a cursor of the API is.
#[derive(Debug, PartialEq)]
pub enum Cursor {
    /// JSON in base64: lists of branches.
    Object(Value),
    /// A time in microseconds: lists of operations.
    Time,
    /// The ID of the last item, or anything else.
    Text,
}

/// Reads a cursor.
pub fn read(text: &str) -> Cursor {
    let decoded = STANDARD.decode(text).ok();
    let object = decoded.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    if let Some(object @ Value::Object(_)) = object {
        return Cursor::Object(object);
    }
    let fraction = text.rsplit_once('.').map(|(_, fraction)| fraction.len());
    match DateTime::parse_from_rfc3339(text) {
        Ok(_) if fraction == Some("000000Z".len()) && text.ends_with('Z') => Cursor::Time,
        _ => Cursor::Text,
    }
}

/// Writes a cursor of the kind of [`Cursor::Object`].
pub fn write(object: &Value) -> String {
    STANDARD.encode(object.to_string())
}

/// Whether `found` marks the item that `recorded` marks, in the same form.
pub fn agree(recorded: &str, found: &str, ids: &Ids) -> bool {
    match (read(recorded), read(found)) {
        (Cursor::Object(recorded), Cursor::Object(found)) => {
            let (Some(recorded), Some(found)) = (recorded.as_object(), found.as_object()) else {
                return false;
            };
            let same = |(name, value): (&String, &Value)| {
                let other = found.get(name);
                match (value.as_str(), name.as_str()) {
                    (Some(id), "branch_id") => ids.of(id) == other.and_then(Value::as_str),
                    // A time, whose fraction is the server's own.
                    (_, "sort_by_value") => other.is_some_and(Value::is_string),
                    _ => other == Some(value),
                }
            };
            recorded.len() == found.len() && recorded.iter().all(same)
        }
        (Cursor::Time, Cursor::Time) => true,
        (Cursor::Text, Cursor::Text) => ids.of(recorded) == Some(found),
        _ => false,
    }
}
