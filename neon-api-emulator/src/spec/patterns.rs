//! The document's regular expressions, compiled once.

use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

/// Compiled patterns by their source. Nothing is checked against one that does not compile: a test
/// makes sure that all of the vendored document's do.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    compiled: HashMap<String, Regex>,
    pub(crate) refused: Vec<String>,
}

impl Patterns {
    pub(crate) fn of(document: &Value) -> Self {
        let mut patterns = Self::default();
        patterns.collect(document);
        patterns
    }

    fn collect(&mut self, node: &Value) {
        match node {
            Value::Object(map) => {
                if let Some(Value::String(source)) = map.get("pattern")
                    && !self.compiled.contains_key(source)
                {
                    match Regex::new(source) {
                        Ok(regex) => {
                            self.compiled.insert(source.clone(), regex);
                        }
                        Err(_) => self.refused.push(source.clone()),
                    }
                }
                map.values().for_each(|child| self.collect(child));
            }
            Value::Array(list) => list.iter().for_each(|child| self.collect(child)),
            _ => {}
        }
    }

    pub(crate) fn matches(&self, source: &str, text: &str) -> bool {
        match self.compiled.get(source) {
            Some(regex) => regex.is_match(text),
            // From a schema that is not the document's own.
            None => Regex::new(source).map_or(true, |regex| regex.is_match(text)),
        }
    }
}
