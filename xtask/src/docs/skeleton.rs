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
/// The kinds of texts that are maps.
const KINDS: [&str; 4] = ["parameters", "body", "response", "properties"];

impl Docs {
    /// Adds a place for each text that is missing, and takes out those that are stale, which it
    /// returns with their places. A parameter gets the text that most parameters of its name have.
    /// Where only the ID of an operation has changed since the older document, its texts move
    /// along.
    pub fn follow(&mut self, document: &Document, older: Option<&Document>) -> Vec<String> {
        if let Some(older) = older {
            self.rename(document, older);
        }
        let usual = self.usual_parameters();
        let mut removed = Vec::new();
        for _ in 0..ROUNDS {
            let problems = self.problems(document);
            let mut is_changed = false;
            for problem in problems.iter().filter(|p| p.state != State::Bad) {
                let gone = self.mend(problem, &usual);
                removed.extend(gone.map(|text| format!("{}: {text}", problem.place)));
                is_changed = true;
            }
            if !is_changed {
                break;
            }
        }
        removed
    }

    fn rename(&mut self, document: &Document, older: &Document) {
        let now = document.operations();
        for operation in older.operations() {
            let same = now.iter().find(|new| new.route() == operation.route());
            let Some(new) = same.filter(|new| new.id != operation.id) else {
                continue;
            };
            if !self.operations.contains_key(new.id)
                && let Some(texts) = self.operations.remove(operation.id)
            {
                self.operations.insert(new.id.to_owned(), texts);
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

    /// Adds a place, or takes a text out and returns it.
    fn mend(&mut self, problem: &Problem, usual: &BTreeMap<String, String>) -> Option<Value> {
        let file = if problem.file == OPERATION_DOCS {
            &mut self.operations
        } else {
            &mut self.schemas
        };
        let (name, inner) = split(&problem.place);
        if problem.state == State::Stale {
            return match inner {
                Some((key, path)) => file
                    .get_mut(name)?
                    .get_mut(key)?
                    .as_object_mut()?
                    .remove(path),
                None => file.remove(name),
            };
        }
        let entry = object(file, name)?;
        let Some((key, path)) = inner else {
            entry.insert("summary".to_owned(), TO_WRITE.into());
            return None;
        };
        let usual = usual.get(path).filter(|_| key == "parameters");
        let text = usual.map_or(TO_WRITE, String::as_str);
        object(entry, key)?.insert(path.to_owned(), text.into());
        None
    }
}

/// The name of an operation or a schema, which may hold dots, and what is meant inside of its entry.
fn split(place: &str) -> (&str, Option<(&'static str, &str)>) {
    let inner = KINDS.iter().filter_map(|kind| {
        let at = place.find(&format!(".{kind}."))?;
        let path = place.get(at + kind.len() + 2..)?;
        Some((at, *kind, path))
    });
    match inner.min_by_key(|(at, _, _)| *at) {
        Some((at, kind, path)) => (place.get(..at).unwrap_or(place), Some((kind, path))),
        None => (place, None),
    }
}

/// The object under a key, made if it is not there; `None` where something else is.
fn object<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    map.entry(key)
        .or_insert_with(|| Map::new().into())
        .as_object_mut()
}
