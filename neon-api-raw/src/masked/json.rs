//! JSON without its secrets.

use serde_json::Value;

use super::{mask, names};

const MASK: &str = "***";

/// Replaces the secrets in a JSON value by `***`: whatever fields such as `password` and
/// `client_secret` have, and in other strings what [`Masked`](super::Masked) recognizes. Names of
/// fields are masked as strings are.
///
/// ```
/// use neon_api_raw::error::mask_json;
/// use serde_json::json;
///
/// let mut body = json!({"provider": {"id": "google", "client_secret": "s3cret"}});
/// mask_json(&mut body);
/// assert_eq!(body, json!({"provider": {"id": "google", "client_secret": "***"}}));
/// ```
pub fn mask_json(value: &mut Value) {
    walk(value, false);
}

fn walk(value: &mut Value, is_secret: bool) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) if !is_secret => {}
        Value::String(text) if !is_secret => *text = mask(text),
        Value::Number(_) | Value::String(_) => *value = MASK.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, is_secret)),
        Value::Object(fields) => {
            let given = std::mem::take(fields);
            fields.extend(given.into_iter().map(|(name, mut value)| {
                walk(&mut value, is_secret || names::is_secret(&name));
                (mask(&name), value)
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_are() {
        let mut body = json!({
            "name": "app", "cu": 1, "on": true, "nothing": null,
            "password": "p", "client_secret": {"current": "a", "old": ["b", 7]},
            "note": "postgresql://u:npg_s3cret@h/d", "napi_0123456789abcdef": "x",
            "list": [{"api-key": "k", "key_name": "ci", "has_token": false}],
        });
        mask_json(&mut body);
        let expected = json!({
            "name": "app", "cu": 1, "on": true, "nothing": null,
            "password": "***", "client_secret": {"current": "***", "old": ["***", "***"]},
            "note": "postgresql://u:***@h/d", "napi_***": "x",
            "list": [{"api-key": "***", "key_name": "ci", "has_token": false}],
        });
        assert_eq!(body, expected);
        let once = body.clone();
        mask_json(&mut body);
        assert_eq!(body, once, "masked twice");
    }
}
