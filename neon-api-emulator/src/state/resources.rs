//! Resources of the kinds without rules: stored as shown in responses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// Which things: those of one kind under one branch or project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Shelf {
    pub(crate) project_id: String,
    pub(crate) branch_id: String,
    pub(crate) kind: Cow<'static, str>,
}

/// Everything that was made, by its key on its shelf.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Saved")]
pub(crate) struct Resources {
    shelves: BTreeMap<Shelf, BTreeMap<String, Value>>,
}

/// A map whose keys are no text, as it is saved.
type Saved = Vec<(Shelf, BTreeMap<String, Value>)>;

impl Serialize for Resources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.shelves)
    }
}

impl From<Saved> for Resources {
    fn from(saved: Saved) -> Self {
        Self {
            shelves: saved.into_iter().collect(),
        }
    }
}

impl Resources {
    pub(crate) fn get(&self, on: &Shelf, key: &str) -> Option<&Value> {
        self.shelves.get(on)?.get(key)
    }

    /// In the order of their keys.
    pub(crate) fn all(&self, on: &Shelf) -> impl Iterator<Item = (&String, &Value)> {
        self.shelves.get(on).into_iter().flatten()
    }

    pub(crate) fn put(&mut self, on: Shelf, key: String, value: Value) {
        self.shelves.entry(on).or_default().insert(key, value);
    }

    pub(crate) fn remove(&mut self, on: &Shelf, key: &str) -> Option<Value> {
        self.shelves.get_mut(on)?.remove(key)
    }
}
