//! Strings from outside in one short line, without secrets.

use std::fmt::Write as _;

use crate::masked::mask;
use crate::one_line::OneLine;

/// The beginning of a string: masked, in one line, and at most this many characters long. It is
/// masked before it is truncated, since a part of a secret may not be recognized as one.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let line = OneLine(mask(text)).to_string();
    let line = line.trim();
    let mut out: String = line.chars().take(most).collect();
    if out.len() < line.len() {
        out.push('…');
    }
    out
}

/// An ID from a response, as shown in errors.
pub(crate) fn id(text: &str) -> String {
    const LONGEST_ID: usize = 128;
    excerpt(text, LONGEST_ID)
}

/// Quotes a string, so that its end is unambiguous.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    // Writing into a string does not fail.
    let _ = write!(out, "\"{}\"", text.replace('"', "'"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_the_cut_would_hide_is_masked_before() {
        let url = "see postgresql://owner:s3cret@h/db for more";
        assert_eq!(excerpt(url, 25), "see postgresql://owner:**…");
        assert_eq!(excerpt(url, 99), "see postgresql://owner:***@h/db for more");
    }

    #[test]
    fn breaks_and_characters_of_several_bytes_do_no_harm() {
        assert_eq!(excerpt(" é\r\né\né ", 3), "é é…");
        assert_eq!(excerpt("", 3), "");
        assert_eq!(id(&"a".repeat(500)).chars().count(), 129);
        assert_eq!(quoted("a \"b\""), "\"a 'b'\"");
    }
}
