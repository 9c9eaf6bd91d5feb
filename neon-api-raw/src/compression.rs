//! Bodies that are compressed although no request asks for it, as some proxies send them.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Longer than the name of any encoding.
const LONGEST: usize = 32;

/// Why the body of a response cannot be read, if it is compressed. A network client that
/// decompresses takes the header away.
pub(crate) fn unasked(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("?");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ',' | ' ');
    match value {
        "" | "identity" => None,
        name if name.len() <= LONGEST && name.chars().all(is_name) => Some(format!(
            "the body is compressed with {name}, which was not asked for"
        )),
        _ => Some("the body has an encoding that was not asked for".to_owned()),
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
                Some("the body is compressed with br, which was not asked for"),
            ),
            (
                "gzip, br",
                Some("the body is compressed with gzip, br, which was not asked for"),
            ),
            ("identity", None),
            ("", None),
            (
                "<script>",
                Some("the body has an encoding that was not asked for"),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            assert_eq!(unasked(&headers).as_deref(), expected, "{value}");
        }
        assert_eq!(unasked(&HeaderMap::new()), None);
    }
}
