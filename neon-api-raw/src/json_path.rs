//! The JSON path at which a decoder stopped.
//!
//! The decoder reports line and column. Scanning the input up to there gives the path, once, after
//! a failure; a decoder that tracks the path would cost every response, in time and in code.

/// How much of a value the decoder had read when it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Up to the value, or into it.
    AtValue,
    /// The whole value, and what separates it from the next.
    AfterValue,
}

/// The path of the value at a position, such as `$.projects[3].created_at`.
///
/// `line` and `column` count from 1, as `serde_json` counts them; columns are bytes. A key that
/// `is_shown` rejects is shown as `***`.
pub(crate) fn locate(
    text: &[u8],
    (line, column): (usize, usize),
    stopped: Stopped,
    is_shown: fn(&str) -> bool,
) -> String {
    let mut end = offset(text, line, column);
    if stopped == Stopped::AfterValue {
        let read = text.get(..end).unwrap_or_default();
        let separator = |b: &u8| b.is_ascii_whitespace() || *b == b',';
        end = read
            .iter()
            .rposition(|b| !separator(b))
            .map_or(0, |at| at + 1);
    }
    let mut walk = Walk::default();
    let mut at = 0;
    while let Some(byte) = text.get(at).filter(|_| at < end) {
        match byte {
            b'"' => {
                let close = string_end(text, at + 1);
                walk.string(text.get(at + 1..close).unwrap_or_default());
                at = close;
            }
            b'{' => walk.open(Step::Key(String::new())),
            b'[' => walk.open(Step::Index(0)),
            // The decoder reports a missing field at the end of the object: the path is that of the
            // object, not of its last field.
            b'}' | b']' if at + 1 == end && stopped == Stopped::AtValue => walk.leave(),
            b'}' | b']' => walk.close(),
            b',' => walk.next(),
            b':' => walk.expects_key = false,
            _ => {}
        }
        at += 1;
    }
    walk.path(is_shown)
}

fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        text.iter()
            .enumerate()
            .filter(|(_, b)| **b == b'\n')
            .nth(line - 2)
            .map_or(text.len(), |(at, _)| at + 1)
    };
    start.saturating_add(column).min(text.len())
}

/// The index of the quote that closes a string which starts at `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    text.len()
}

enum Step {
    Key(String),
    Index(usize),
}

#[derive(Default)]
struct Walk {
    steps: Vec<Step>,
    expects_key: bool,
}

impl Walk {
    fn open(&mut self, step: Step) {
        self.expects_key = matches!(step, Step::Key(_));
        self.steps.push(step);
    }

    fn close(&mut self) {
        self.steps.pop();
        self.expects_key = false;
    }

    /// Stands for the container itself.
    fn leave(&mut self) {
        match self.steps.last_mut() {
            Some(Step::Key(key)) => key.clear(),
            Some(Step::Index(_)) => self.close(),
            None => {}
        }
    }

    fn next(&mut self) {
        match self.steps.last_mut() {
            Some(Step::Index(index)) => *index += 1,
            Some(Step::Key(key)) => {
                key.clear();
                self.expects_key = true;
            }
            None => {}
        }
    }

    fn string(&mut self, text: &[u8]) {
        if !self.expects_key {
            return;
        }
        if let Some(Step::Key(key)) = self.steps.last_mut() {
            *key = String::from_utf8_lossy(text).into_owned();
        }
    }

    fn path(&self, is_shown: fn(&str) -> bool) -> String {
        let mut path = String::from("$");
        for step in &self.steps {
            match step {
                Step::Key(key) if key.is_empty() => {}
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(if is_shown(key) { key } else { "***" });
                }
                Step::Index(index) => {
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                }
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::{Stopped, locate};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Page {
        projects: Vec<Project>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Project {
        id: String,
        size: u32,
        tags: Option<Vec<String>>,
    }

    fn path_of(text: &str) -> String {
        let error = serde_json::from_str::<Page>(text).unwrap_err();
        let place = (error.line(), error.column());
        locate(text.as_bytes(), place, Stopped::AtValue, |_| true)
    }

    #[test]
    fn a_wrong_type_is_named() {
        assert_eq!(
            path_of(r#"{"projects":[{"id":"a","size":1},{"id":"b","size":"x"}]}"#),
            "$.projects[1].size"
        );
        assert_eq!(
            path_of("{\"projects\": [\n  {\"size\": 1,\n   \"id\": 7}]}"),
            "$.projects[0].id"
        );
        assert_eq!(
            path_of(r#"{"projects":[{"id":"a","size":1,"tags":["x",2]}]}"#),
            "$.projects[0].tags[1]"
        );
    }

    #[test]
    fn a_missing_field_is_looked_for_in_its_object() {
        assert_eq!(path_of(r#"{"projects":[{"id":"a"}]}"#), "$.projects[0]");
        assert_eq!(
            path_of(r#"{"projects":[{"size":1,"id":"a"},{"size":2}]}"#),
            "$.projects[1]"
        );
        assert_eq!(path_of("{}"), "$");
    }

    #[test]
    fn a_value_that_was_read_whole_is_named_behind_it() {
        for text in ["{\"a\":[{\"x\":1},{", "{\"a\":[{\"x\":1} ,\n {"] {
            let behind_the_comma = text.len() - 1;
            let line = 1 + text.matches('\n').count();
            let column = behind_the_comma - text.rfind('\n').map_or(0, |at| at + 1);
            let place = (line, column);
            let path = locate(text.as_bytes(), place, Stopped::AfterValue, |_| true);
            assert_eq!(path, "$.a[0]", "{text}");
        }
    }

    #[test]
    fn quotes_and_brackets_inside_strings_do_not_count() {
        assert_eq!(
            path_of(r#"{"projects":[{"id":"}]\"{","size":-1}]}"#),
            "$.projects[0].size"
        );
    }

    #[test]
    fn truncated_and_foreign_texts_have_a_place() {
        assert_eq!(path_of(r#"{"projects":[{"id":"a","si"#), "$.projects[0].si");
        assert_eq!(path_of("<html>"), "$");
        assert_eq!(locate(b"", (0, 0), Stopped::AtValue, |_| true), "$");
        assert_eq!(locate(b"{", (9, 9), Stopped::AfterValue, |_| true), "$");
    }

    #[test]
    fn keys_that_may_be_secrets_are_not_shown() {
        let text = br#"{"projects":{"s3cret":[{"id":7"#;
        let place = (1, text.len());
        let path = locate(text, place, Stopped::AtValue, |key| key != "s3cret");
        assert_eq!(path, "$.projects.***[0].id");
    }

    proptest::proptest! {
        #[test]
        fn any_text_and_place_has_a_path(text: Vec<u8>, line in 0usize..5, column in 0usize..50) {
            for stopped in [Stopped::AtValue, Stopped::AfterValue] {
                proptest::prop_assert!(locate(&text, (line, column), stopped, |_| true).starts_with('$'));
            }
        }
    }
}
