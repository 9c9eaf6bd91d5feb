//! Strings from outside, without line breaks.

use std::fmt::{self, Write as _};

/// Shows a value in one line: control characters and line separators, which may occur in strings
/// from a server or another library, become one space.
///
/// ```
/// use neon_api_raw::error::OneLine;
///
/// assert_eq!(OneLine("no nodes\r\n\tleft\n").to_string(), "no nodes left");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OneLine<T>(pub T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line {
            out: f,
            has_text: false,
            is_broken: false,
        };
        write!(line, "{}", self.0)
    }
}

struct Line<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    has_text: bool,
    /// Whether the next part follows a line break.
    is_broken: bool,
}

impl fmt::Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (at, part) in text.split(breaks).enumerate() {
            self.is_broken |= at > 0;
            if part.is_empty() {
                continue;
            }
            if self.is_broken && self.has_text {
                self.out.write_char(' ')?;
            }
            self.out.write_str(part)?;
            self.has_text = true;
            self.is_broken = false;
        }
        Ok(())
    }
}

fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::OneLine;

    /// Shows its texts one by one.
    struct InPieces(&'static [&'static str]);

    impl fmt::Display for InPieces {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.iter().try_for_each(|piece| f.write_str(piece))
        }
    }

    #[test]
    fn breaks_become_one_space_wherever_the_text_is_cut() {
        for (pieces, line) in [
            (&[][..], ""),
            (&["\n"], ""),
            (&["one"], "one"),
            (&["\none\r\n\u{2028}\u{85}two\n"], "one two"),
            (&["one two"], "one two"),
            (&["a\n", "\n", "b", "", "c\r", "\n"], "a bc"),
            (&["a", "\n", "b"], "a b"),
        ] {
            assert_eq!(OneLine(InPieces(pieces)).to_string(), line, "{pieces:?}");
        }
    }
}
