//! Path parameters on their way into a URL.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the characters that RFC 3986 leaves unreserved.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Stands for a value that no URL can carry as one segment: an empty one would be answered by a
/// redirect to another route, and `.` and `..` name other segments even when percent-encoded.
/// Nothing that is encoded holds this character, so the request builder finds it and refuses.
pub(crate) const REFUSED: char = '\u{0}';

/// Encodes a value into exactly one path segment, or into [`REFUSED`].
pub(crate) fn encode_path(value: &str) -> Cow<'_, str> {
    if matches!(value, "" | "." | "..") {
        return Cow::Borrowed("\u{0}");
    }
    // Ids hold nothing else.
    if value.bytes().all(is_unreserved) {
        return Cow::Borrowed(value);
    }
    utf8_percent_encode(value, ENCODED).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_stay_inside_the_segment() {
        assert_eq!(encode_path("a/b c%d"), "a%2Fb%20c%25d");
        assert_eq!(encode_path("../x"), "..%2Fx");
        assert_eq!(encode_path("ä?#"), "%C3%A4%3F%23");
        assert_eq!(encode_path("late-frost_1.2~3"), "late-frost_1.2~3");
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
    fn what_no_segment_can_carry_is_marked() {
        for value in ["", ".", ".."] {
            assert_eq!(encode_path(value), REFUSED.to_string());
        }
    }

    proptest::proptest! {
        #[test]
        fn decoding_gives_back_the_value(value in ".*") {
            let encoded = encode_path(&value);
            proptest::prop_assume!(!encoded.contains(REFUSED));
            proptest::prop_assert!(!encoded.contains(['/', '?', '#', ' ']));
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8_lossy();
            proptest::prop_assert_eq!(decoded, value.as_str());
        }
    }
}
