//! Postgres databases.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use crate::clock::Moment;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Database {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) owner_name: String,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl Database {
    pub(crate) fn new(name: &str, owner: &str, source: &mut Source, now: Moment) -> Self {
        Self {
            id: source.ids.number(),
            name: name.to_owned(),
            owner_name: owner.to_owned(),
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn json(&self, branch_id: &str, source: &Source) -> Value {
        json!({
            "id": self.id,
            "branch_id": branch_id,
            "name": self.name,
            "owner_name": self.owner_name,
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.updated_at),
        })
    }
}
