//! Bodies that are compressed although no request asks for it, as sent by some proxies.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Longer than the name of any encoding.
const LONGEST: usize = 32;

/// Why a response body cannot be read, if it is compressed. An HTTP client that decompresses
/// removes the header.
pub(crate) fn unasked(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("?");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ',' | ' ');
    match value {
        "" | "identity" => None,
        name if name.len() <= LONGEST && name.chars().all(is_name) => Some(format!(
            "the body is compressed with {name}, which was not requested"
        )),
        _ => Some("the body has an encoding that was not requested".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_encodings_are_shown() {
        for (value, expected) in [
            (
                "br",
                Some("the body is compressed with br, which was not requested"),
            ),
            (
                "gzip, br",
                Some("the body is compressed with gzip, br, which was not requested"),
            ),
            ("identity", None),
            ("", None),
            (
                "<script>",
                Some("the body has an encoding that was not requested"),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            assert_eq!(unasked(&headers).as_deref(), expected, "{value}");
        }
        assert_eq!(unasked(&HeaderMap::new()), None);
    }
}
