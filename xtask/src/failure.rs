//! What is printed when a command cannot do its work.

use std::fmt;

/// One reason why a command could not go on, printed as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    source: String,
    what: String,
    pointer: Option<String>,
}

impl Failure {
    /// A failure that concerns the source as a whole.
    pub fn new(source: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            what: what.into(),
            pointer: None,
        }
    }

    /// A failure at one place of a JSON document.
    pub fn at(
        source: impl Into<String>,
        what: impl Into<String>,
        pointer: impl Into<String>,
    ) -> Self {
        let pointer = pointer.into();
        Self {
            source: source.into(),
            what: what.into(),
            // The root's pointer is the empty string, which a reader would
            // take for a missing word.
            pointer: Some(if pointer.is_empty() {
                "/".to_owned()
            } else {
                pointer
            }),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{}: {}", self.source, self.what);
        if let Some(pointer) = &self.pointer {
            line.push_str(" at ");
            line.push_str(pointer);
        }
        f.write_str(&one_line(&line))
    }
}

impl std::error::Error for Failure {}

/// Outside text may hold anything; a failure must stay on its line and must
/// not move a terminal's cursor.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line() {
        let failure = Failure::at("a\nb", "bad\u{1b}[0m", "/x\ny");
        assert_eq!(failure.to_string(), "a b: bad [0m at /x y");
    }

    #[test]
    fn names_the_root() {
        assert_eq!(Failure::at("s", "w", "").to_string(), "s: w at /");
    }
}
