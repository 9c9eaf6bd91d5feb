//! What is taken from a response: without secrets, and of a file only as much as fits.

use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream as _;
use neon_api_raw::ByteStream;
use neon_api_raw::error::Masked;
use neon_api_raw::serde_json::Value;

use super::result::Truncated;

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

/// Masks what looks like a secret in all strings of a value: keys, passwords of URLs, and so on, and
/// fields with such names. The types mask what the API's description announces; this is for what a
/// later version of the API sends, and for what people write into logs.
pub(super) fn mask(value: &mut Value) {
    mask_below("", value);
}

fn mask_below(name: &str, value: &mut Value) {
    match value {
        Value::String(text) if text == REDACTED => {}
        Value::String(text) if is_secret(name) => REDACTED.clone_into(text),
        Value::String(text) => *text = Masked(text).to_string(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_below(name, item)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(name, value)| mask_below(name, value)),
        _ => {}
    }
}

/// Whether the value of this name is masked where it stands in a text.
fn is_secret(name: &str) -> bool {
    let pair = format!("{name}=x");
    !name.is_empty() && Masked(&pair).to_string() != pair
}

/// Masks a field whatever it holds.
pub(super) fn hide(value: &mut Value, field: &str) {
    if let Some(value) = value.get_mut(field) {
        *value = REDACTED.into();
    }
}

/// How much is read beyond what is shown: half a secret is not recognized as one, so that the end of
/// what was read is masked with the rest and then left out.
const BEYOND: usize = 1024;

/// The beginning of a file, as a string.
pub(super) async fn beginning(
    mut file: ByteStream,
    most: usize,
    masks: bool,
) -> (Value, Option<Truncated>) {
    let most = most + BEYOND;
    let mut bytes = Vec::new();
    let mut broken = None;
    while bytes.len() <= most {
        match poll_fn(|cx| Pin::new(&mut file).poll_next(cx)).await {
            None => break,
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            Some(Err(error)) => {
                broken = Some(format!("the transfer broke: {error}"));
                break;
            }
        }
    }
    let of_bytes = bytes.len();
    let is_cut = of_bytes > most;
    bytes.truncate(most);
    let is_beginning = is_cut || broken.is_some();
    let text = text_of(bytes, is_beginning).map(|text| {
        let mut text = if masks {
            Masked(&text).to_string()
        } else {
            text
        };
        if is_beginning {
            let end = text.len().saturating_sub(BEYOND);
            let end = (0..=end).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or_default());
        }
        text
    });
    let is_text = text.is_some();
    let text = text.map_or(Value::Null, Value::String);
    let message = match (is_text, broken, is_cut) {
        (false, _, _) => "it is not text, and left out: download it with a program".to_owned(),
        (true, Some(broken), _) => Masked(&broken).to_string(),
        (true, None, true) => "only the beginning is here: download it with a program".to_owned(),
        (true, None, false) => return (text, None),
    };
    (text, Some(Truncated { of_bytes, message }))
}

/// The text of the bytes of a file, or its beginning.
fn text_of(bytes: Vec<u8>, is_beginning: bool) -> Option<String> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        // The last character may be incomplete.
        Err(error) if is_beginning && error.utf8_error().error_len().is_none() => {
            let end = error.utf8_error().valid_up_to();
            let whole = error.as_bytes().get(..end).unwrap_or_default();
            Some(String::from_utf8_lossy(whole).into_owned())
        }
        Err(_) => None,
    }
}
