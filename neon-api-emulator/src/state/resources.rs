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
        let things = self.shelves.get_mut(on)?;
        let removed = things.remove(key);
        if things.is_empty() {
            self.shelves.remove(on);
        }
        removed
    }

    /// Copies what a branch has of these `kinds` to its new child.
    pub(crate) fn inherit(&mut self, project: &str, parent: &str, child: &str, kinds: &[&str]) {
        for kind in kinds {
            let of_branch = |branch: &str| Shelf {
                project_id: project.to_owned(),
                branch_id: branch.to_owned(),
                kind: (*kind).to_owned().into(),
            };
            let Some(mut things) = self.shelves.get(&of_branch(parent)).cloned() else {
                continue;
            };
            for thing in things.values_mut() {
                if let Some(id) = thing.get_mut("branch_id") {
                    *id = child.into();
                }
            }
            self.shelves.insert(of_branch(child), things);
        }
    }

    /// Forgets what belonged to a branch, or to all branches of a project.
    pub(crate) fn forget(&mut self, project: &str, branch: Option<&str>) {
        let is_gone = |shelf: &Shelf| {
            shelf.project_id == project && branch.is_none_or(|id| shelf.branch_id == id)
        };
        self.shelves.retain(|shelf, _| !is_gone(shelf));
    }
}
