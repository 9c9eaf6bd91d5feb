//! Reading `multipart/form-data`, as far as its fields can be checked.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// The fields of a form. Files are empty strings: their content is not needed.
pub(crate) fn fields(content_type: Option<&str>, body: &[u8]) -> Result<Value, ApiError> {
    let boundary = content_type.and_then(boundary).ok_or_else(|| {
        ApiError::bad_request("content-type: must be multipart/form-data with a boundary")
    })?;
    let delimiter = format!("--{boundary}");
    let broken = || ApiError::bad_request("the body is not a form with this boundary");
    let mut fields = Map::new();
    let mut rest = after(body, delimiter.as_bytes()).ok_or_else(broken)?;
    // What follows the last part's delimiter is two dashes.
    while !rest.starts_with(b"--") {
        let end = find(rest, delimiter.as_bytes()).ok_or_else(broken)?;
        let (part, next) = rest.split_at_checked(end).ok_or_else(broken)?;
        let (name, value) = field(part).ok_or_else(broken)?;
        fields.insert(name, value);
        rest = after(next, delimiter.as_bytes()).ok_or_else(broken)?;
    }
    Ok(Value::Object(fields))
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("boundary");
        is_it.then(|| value.trim().trim_matches('"'))
    });
    named.filter(|boundary| !boundary.is_empty())
}

/// The name and value of a part, headers and all.
fn field(part: &[u8]) -> Option<(String, Value)> {
    let end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(part.get(..end)?);
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let (_, disposition) =
        headers.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))?;
    let mut parameters = disposition.split(';').filter_map(|p| p.split_once('='));
    let (_, name) = parameters.find(|(name, _)| name.trim() == "name")?;
    let is_file = disposition.contains("filename");
    let value = part.get(end + 4..)?;
    let value = value.strip_suffix(b"\r\n").unwrap_or(value);
    let text = if is_file {
        String::new()
    } else {
        String::from_utf8_lossy(value).into_owned()
    };
    let name = name.trim().trim_matches('"').to_owned();
    Some((name, Value::String(text)))
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let at = find(bytes, wanted)?;
    bytes.get(at + wanted.len()..)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let found = bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        from += found;
        if bytes.get(from..)?.starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TYPE: Option<&str> = Some("multipart/form-data; charset=utf-8; boundary=\"xyz\"");

    #[test]
    fn forms_are_read() {
        let body = b"preamble\r\n--xyz\r\nContent-Disposition: form-data; name=\"runtime\"\r\n\r\n\
            nodejs24\r\n--xyz\r\ncontent-disposition: form-data; name=\"zip\"; filename=\"a.zip\"\r\n\
            Content-Type: application/zip\r\n\r\n\x00\xff--xy\r\n--xyz--\r\n";
        let read = fields(TYPE, body).unwrap();
        assert_eq!(read, json!({ "runtime": "nodejs24", "zip": "" }));
        assert_eq!(fields(TYPE, b"--xyz--").unwrap(), json!({}));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for content_type in [
            None,
            Some("text/plain"),
            Some("multipart/form-data; boundary="),
        ] {
            let error = fields(content_type, b"--xyz--").unwrap_err();
            assert!(
                error.message.starts_with("content-type: "),
                "{content_type:?}"
            );
        }
        for body in [
            &b"xxx"[..],
            b"",
            b"--xyz",
            b"--xyz\r\n\r\n",
            b"--xyz\r\nno headers\r\n--xyz--",
            b"--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n",
        ] {
            assert_eq!(fields(TYPE, body).unwrap_err().status, 400);
        }
    }
}
