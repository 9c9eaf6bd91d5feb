//! Distinguishes the API's own errors from those of gateways and proxies on the way to it.

use serde::Deserialize;

/// The fields of every error of the API.
#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow, rename = "message")]
    _message: std::borrow::Cow<'a, str>,
    #[serde(borrow, rename = "code")]
    _code: std::borrow::Cow<'a, str>,
}

/// Whether the body of an error is in the API's own form: a JSON object with the strings `message`
/// and `code`, either of which may be empty. A request ID alone does not count, since gateways send
/// one too.
pub(crate) fn is_api_form(body: &[u8]) -> bool {
    // An array of two strings would decode as the struct as well.
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'{') && serde_json::from_slice::<Form<'_>>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_api_form;

    #[test]
    fn only_an_object_with_both_strings_counts() {
        for (body, expected) in [
            (r#"{"code":"","message":"project not found"}"#, true),
            (
                r#" {"request_id":"1","message":"x\ny","code":"A","reason":"b"}"#,
                true,
            ),
            (r#"{"message":"no healthy upstream"}"#, false),
            (r#"{"code":"A"}"#, false),
            (r#"{"request_id":"0b1c"}"#, false),
            (r#"{"code":503,"message":"unavailable"}"#, false),
            (r#"{"code":"","message":null}"#, false),
            (r#"["a","b"]"#, false),
            (r#"{"code":"","message":""#, false),
            ("<html></html>", false),
            ("", false),
        ] {
            assert_eq!(is_api_form(body.as_bytes()), expected, "{body}");
        }
    }
}
