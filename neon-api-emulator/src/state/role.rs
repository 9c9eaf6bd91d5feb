//! Postgres roles.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use crate::clock::Moment;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) password: Option<String>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl Role {
    pub(crate) fn new(name: &str, source: &mut Source, now: Moment) -> Self {
        Self {
            name: name.to_owned(),
            password: Some(source.ids.password()),
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn json(&self, branch_id: &str, source: &Source) -> Value {
        json!({
            "branch_id": branch_id,
            "name": self.name,
            "protected": false,
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.updated_at),
        })
    }

    /// With the password, as in responses to its creation.
    pub(crate) fn json_with_password(&self, branch_id: &str, source: &Source) -> Value {
        let mut value = self.json(branch_id, source);
        if let (Some(map), Some(password)) = (value.as_object_mut(), &self.password) {
            map.insert("password".to_owned(), json!(password));
        }
        value
    }
}
