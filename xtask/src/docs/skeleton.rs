//! Places for the texts that a new document needs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Docs, Problem, State};
use crate::failure::Failure;
use crate::files::{Folder, OPERATION_DOCS, SCHEMA_DOCS};
use crate::spec::Document;

/// What stands where a text has yet to be written. `check-docs` refuses it.
pub const TO_WRITE: &str = "TO BE WRITTEN";

/// Each round adds what the one before made room for: an operation, its parameters, their parts.
const ROUNDS: usize = 8;

impl Docs {
    /// Adds a place for each text that is missing, and takes out those that are stale. A parameter
    /// gets the text that most parameters of its name have.
    pub fn follow(&mut self, document: &Document) {
        let usual = self.usual_parameters();
        for _ in 0..ROUNDS {
            let problems = self.problems(document);
            let mut is_changed = false;
            for problem in problems.iter().filter(|p| p.state != State::Bad) {
                self.mend(problem, &usual);
                is_changed = true;
            }
            if !is_changed {
                break;
            }
        }
    }

    /// Writes both files, sorted by name.
    pub fn write(&self, folder: &Folder) -> Result<(), Failure> {
        let text = |map: &Map<String, Value>| {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            serde_json::to_string_pretty(&sorted)
                .map(|text| text + "\n")
                .map_err(|error| Failure::new("docs", error.to_string()))
        };
        let (operations, schemas) = (text(&self.operations)?, text(&self.schemas)?);
        folder.write(&[
            (OPERATION_DOCS, operations.as_bytes()),
            (SCHEMA_DOCS, schemas.as_bytes()),
        ])
    }

    fn usual_parameters(&self) -> BTreeMap<String, String> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let maps = self.operations.values().filter_map(|o| o.get("parameters"));
        for (name, text) in maps.filter_map(Value::as_object).flatten() {
            if let Some(text) = text.as_str() {
                *counts.entry((name.clone(), text.to_owned())).or_default() += 1;
            }
        }
        let mut by_count: Vec<_> = counts.into_iter().collect();
        by_count.sort_by_key(|(_, count)| *count);
        by_count.into_iter().map(|(names, _)| names).collect()
    }

    fn mend(&mut self, problem: &Problem, usual: &BTreeMap<String, String>) {
        let file = if problem.file == OPERATION_DOCS {
            &mut self.operations
        } else {
            &mut self.schemas
        };
        let mut steps = problem.place.splitn(3, '.');
        let (name, key, path) = (steps.next().unwrap_or_default(), steps.next(), steps.next());
        if problem.state == State::Stale {
            match (key, path) {
                (Some(key), Some(path)) => {
                    let texts = file.get_mut(name).and_then(|entry| entry.get_mut(key));
                    texts
                        .and_then(Value::as_object_mut)
                        .map(|map| map.remove(path));
                }
                _ => {
                    file.remove(name);
                }
            }
            return;
        }
        let Some(entry) = object(file, name) else {
            return;
        };
        let (Some(key), Some(path)) = (key, path) else {
            entry.insert("summary".to_owned(), TO_WRITE.into());
            return;
        };
        let usual = usual.get(path).filter(|_| key == "parameters");
        let text = usual.map_or(TO_WRITE, String::as_str);
        if let Some(texts) = object(entry, key) {
            texts.insert(path.to_owned(), text.into());
        }
    }
}

/// The object under a key, made if it is not there; `None` where something else is.
fn object<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    map.entry(key)
        .or_insert_with(|| Map::new().into())
        .as_object_mut()
}
