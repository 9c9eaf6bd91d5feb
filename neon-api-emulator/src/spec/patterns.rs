//! Regular expressions, compiled when they are first needed.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use regex::Regex;

/// Compiled patterns by their source; `None` for one that does not compile, against which nothing
/// is checked: a test makes sure that all of the vendored document's do.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    compiled: RwLock<HashMap<String, Option<Regex>>>,
}

impl Patterns {
    pub(crate) fn matches(&self, source: &str, text: &str) -> bool {
        let fits = |regex: &Option<Regex>| regex.as_ref().is_none_or(|r| r.is_match(text));
        let known = self.compiled.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = known.get(source) {
            return fits(regex);
        }
        drop(known);
        let regex = Regex::new(source).ok();
        let fits = fits(&regex);
        let all = self.compiled.write();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        all.insert(source.to_owned(), regex);
        fits
    }
}
