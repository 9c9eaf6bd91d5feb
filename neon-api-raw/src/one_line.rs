//! Texts from outside, without line breaks.

use std::fmt::{self, Write as _};

/// Shows a value in one line: control characters and line separators, which its text may hold
/// since it comes from a server or another library, become one space.
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
    /// Whether the next text stands behind a break.
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
    use super::OneLine;

    #[test]
    fn breaks_become_one_space_wherever_the_text_was_cut() {
        for (text, line) in [
            ("", ""),
            ("\n", ""),
            ("one", "one"),
            ("\none\r\n\u{2028}\u{85}two\n", "one two"),
            ("one two", "one two"),
        ] {
            assert_eq!(OneLine(text).to_string(), line, "{text:?}");
            let pieces = format_args!("{}{text}", "").to_string();
            assert_eq!(OneLine(pieces).to_string(), line, "{text:?}");
        }
        struct InPieces;
        impl std::fmt::Display for InPieces {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                ["a\n", "\n", "b", "", "c\r", "\n"]
                    .iter()
                    .try_for_each(|piece| f.write_str(piece))
            }
        }
        assert_eq!(OneLine(InPieces).to_string(), "a bc");
    }
}
