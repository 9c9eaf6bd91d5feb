//! Problems of documentation.

use std::fmt;

use serde_json::Value;

use super::TO_WRITE;
use crate::failure::one_line;

/// Whether an entry has to be written, deleted or fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The spec has something without documentation.
    Missing,
    /// The documentation is for something that the spec no longer has.
    Stale,
    /// The documentation is invalid.
    Bad,
}

/// Documentation that is missing, stale or badly written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The place in it: an operation or a schema, a kind of text, a path, with dots between them.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What has to be done.
    pub state: State,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file, place, what, ..
        } = self;
        f.write_str(&one_line(&format!("{file}: {place}: {what}")))
    }
}

#[derive(Default)]
pub(super) struct Problems {
    pub(super) list: Vec<Problem>,
}

impl Problems {
    fn add(&mut self, state: State, file: &str, place: &str, what: &str) {
        self.list.push(Problem {
            file: file.to_owned(),
            place: place.to_owned(),
            what: what.to_owned(),
            state,
        });
    }

    pub(super) fn missing(&mut self, file: &str, place: &str, what: &str) {
        self.add(State::Missing, file, place, what);
    }

    pub(super) fn stale(&mut self, file: &str, place: &str, what: &str) {
        self.add(State::Stale, file, place, what);
    }

    pub(super) fn bad(&mut self, file: &str, place: &str, what: &str) {
        self.add(State::Bad, file, place, what);
    }

    /// Reports content that rustdoc or the generated source cannot handle.
    pub(super) fn check(&mut self, file: &str, place: &str, text: &Value) {
        let Some(text) = text.as_str() else {
            self.bad(file, place, "is not a string");
            return;
        };
        if text.trim().is_empty() {
            self.bad(file, place, "the text is empty");
        }
        if text.contains(TO_WRITE) {
            self.bad(file, place, "the text has yet to be written");
        }
        if text.contains(['\n', '\r']) {
            self.bad(file, place, "the text has more than one line");
        }
        if text.matches('`').count() % 2 == 1 {
            self.bad(file, place, "a backtick has no partner");
        }
        if text.contains('<') {
            self.bad(file, place, "`<` begins HTML in rustdoc");
        }
    }
}
