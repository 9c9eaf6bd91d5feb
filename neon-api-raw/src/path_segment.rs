//! Path parameters in URLs.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All characters except the unreserved ones of RFC 3986.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A value that can be used in a path.
pub(crate) trait PathParameter {
    /// The value in the API's form, not encoded.
    fn path_text(&self) -> Cow<'_, str>;
}

impl PathParameter for str {
    fn path_text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl PathParameter for i64 {
    fn path_text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}

/// Fills the parameters into a path template, in order, after the base URL. Otherwise the name of
/// the one that cannot be a segment: an empty one would be redirected to another route, and `.` and
/// `..` refer to other segments even when percent-encoded.
pub(crate) fn url<'t>(
    base: &str,
    template: &'t str,
    parameters: &[&str],
) -> Result<String, &'t str> {
    let lengths: usize = parameters.iter().map(|value| value.len()).sum();
    let mut url = String::with_capacity(base.len() + template.len() + lengths);
    url.push_str(base);
    let mut rest = template;
    for value in parameters {
        let parts = rest.split_once('{').and_then(|(before, parameter)| {
            let (name, after) = parameter.split_once('}')?;
            Some((before, name, after))
        });
        let (before, name, after) = parts.ok_or(template)?;
        if matches!(*value, "" | "." | "..") {
            return Err(name);
        }
        url.push_str(before);
        // IDs contain nothing else.
        if value.bytes().all(is_unreserved) {
            url.push_str(value);
        } else {
            url.extend(utf8_percent_encode(value, ENCODED));
        }
        rest = after;
    }
    url.push_str(rest);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(value: &str) -> Option<String> {
        url("", "{id}", &[value]).ok()
    }

    #[test]
    fn values_take_the_places_of_the_parameters() {
        let template = "/projects/{project_id}/branches/{branch_id}/restore";
        assert_eq!(
            url("http://host/v2", template, &["a-1", "b/2"]).unwrap(),
            "http://host/v2/projects/a-1/branches/b%2F2/restore"
        );
        assert_eq!(
            url("http://host", "/regions", &[]).unwrap(),
            "http://host/regions"
        );
        assert_eq!(url("http://host", "/regions", &["a"]), Err("/regions"));
    }

    #[test]
    fn reserved_characters_stay_inside_the_segment() {
        assert_eq!(segment("a/b c%d").unwrap(), "a%2Fb%20c%25d");
        assert_eq!(segment("../x").unwrap(), "..%2Fx");
        assert_eq!(segment("ä?#{}").unwrap(), "%C3%A4%3F%23%7B%7D");
        assert_eq!(segment("late-frost_1.2~3").unwrap(), "late-frost_1.2~3");
    }

    #[test]
    fn what_is_unreserved_is_what_is_not_encoded() {
        for byte in 0..=127_u8 {
            let text = char::from(byte).to_string();
            let kept = utf8_percent_encode(&text, ENCODED).eq([text.as_str()]);
            assert_eq!(is_unreserved(byte), kept, "{text:?}");
        }
    }

    #[test]
    fn what_no_segment_can_carry_is_refused_by_its_name() {
        for value in ["", ".", ".."] {
            let template = "/projects/{project_id}/branches/{branch_id}/restore";
            assert_eq!(url("", template, &["a-1", value]), Err("branch_id"));
            assert_eq!(url("", template, &[value, "b-2"]), Err("project_id"));
        }
    }

    proptest::proptest! {
        #[test]
        fn decoding_gives_back_the_value(value in ".*") {
            let encoded = segment(&value);
            proptest::prop_assume!(encoded.is_some());
            let encoded = encoded.unwrap();
            proptest::prop_assert!(!encoded.contains(['/', '?', '#', ' ']));
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8_lossy();
            proptest::prop_assert_eq!(decoded, value.as_str());
        }
    }
}
