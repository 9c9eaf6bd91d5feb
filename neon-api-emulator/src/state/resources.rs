//! What was made of the kinds that the emulator has no rules for: kept as answers show it.

use std::collections::BTreeMap;

use serde_json::Value;

/// Which things: those of one kind under one branch or project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shelf {
    pub(crate) project_id: String,
    pub(crate) branch_id: String,
    pub(crate) kind: &'static str,
}

/// Everything that was made, by its key on its shelf.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    shelves: BTreeMap<Shelf, BTreeMap<String, Value>>,
}

impl Resources {
    pub(crate) fn get(&self, shelf: &Shelf, key: &str) -> Option<&Value> {
        self.shelves.get(shelf)?.get(key)
    }

    /// In the order of their keys.
    pub(crate) fn all(&self, shelf: &Shelf) -> impl Iterator<Item = (&String, &Value)> {
        self.shelves.get(shelf).into_iter().flatten()
    }

    pub(crate) fn put(&mut self, shelf: Shelf, key: String, value: Value) {
        self.shelves.entry(shelf).or_default().insert(key, value);
    }

    pub(crate) fn remove(&mut self, shelf: &Shelf, key: &str) -> Option<Value> {
        self.shelves.get_mut(shelf)?.remove(key)
    }
}
