//! API keys.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account::User;
use super::{DELETED, Source};
use crate::clock::Moment;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Owner {
    /// A user's own, by the user's ID.
    User(String),
    /// An organization's.
    Organization(String),
    /// An organization's, for one of its projects.
    Project { org_id: String, project_id: String },
}

impl Owner {
    fn project_id(&self) -> Option<&str> {
        match self {
            Self::Project { project_id, .. } => Some(project_id),
            _ => None,
        }
    }

    /// Whether a list for `scope` (an organization, or a user where `None`) shows its keys.
    fn is_in(&self, scope: &Scope<'_>) -> bool {
        match self {
            Self::User(id) => matches!(scope, Scope::User(wanted) if id == wanted),
            Self::Organization(id) | Self::Project { org_id: id, .. } => {
                matches!(scope, Scope::Organization(wanted) if id == wanted)
            }
        }
    }
}

/// Whose keys are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'a> {
    User(&'a str),
    Organization(&'a str),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ApiKey {
    id: i64,
    owner: Owner,
    name: String,
    /// The ID of the user who made it.
    created_by: String,
    created_at: Moment,
    last_used_at: Option<Moment>,
    revoked: bool,
}

/// What is known about a key that a request brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyStatus {
    Valid(Owner),
    Revoked,
    Unknown,
}

/// In the order of their creation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Keys {
    list: Vec<ApiKey>,
    /// By the secret.
    positions: HashMap<String, usize>,
}

impl Keys {
    /// Looks up a key that the API created, and notes that it was used.
    pub(crate) fn use_key(&mut self, key: &str, now: Moment) -> KeyStatus {
        let position = self.positions.get(key);
        match position.and_then(|position| self.list.get_mut(*position)) {
            Some(known) if known.revoked => KeyStatus::Revoked,
            Some(known) => {
                known.last_used_at = Some(now);
                KeyStatus::Valid(known.owner.clone())
            }
            None => KeyStatus::Unknown,
        }
    }

    pub(crate) fn create(
        &mut self,
        name: &str,
        owner: Owner,
        creator: &User,
        source: &mut Source,
        now: Moment,
    ) -> Value {
        let secret = source.ids.api_key();
        let key = ApiKey {
            id: source.ids.number(),
            owner,
            name: name.to_owned(),
            created_by: creator.id.clone(),
            created_at: now,
            last_used_at: None,
            revoked: false,
        };
        let mut value = json!({
            "id": key.id,
            "key": secret,
            "name": key.name,
            "created_at": source.text(now),
            "created_by": key.created_by,
        });
        scope(&mut value, &key);
        self.positions.insert(secret, self.list.len());
        self.list.push(key);
        value
    }

    pub(crate) fn list(&self, of: &Scope<'_>, users: &[User], source: &Source) -> Value {
        let listed = |key: &&ApiKey| !key.revoked && key.owner.is_in(of);
        let one = |key: &ApiKey| {
            let creator = users.iter().find(|user| user.id == key.created_by);
            let mut value = json!({
                "id": key.id,
                "name": key.name,
                "created_at": source.text(key.created_at),
                "created_by": {
                    "id": key.created_by,
                    "name": creator.map(User::full_name).unwrap_or_default(),
                    "image": creator.map_or("", |user| &user.image),
                },
                "last_used_at": key.last_used_at.map(|at| source.text(at)),
                "last_used_from_addr": used_from(key),
            });
            scope(&mut value, key);
            value
        };
        self.list.iter().filter(listed).map(one).collect()
    }

    /// `None` for a key that does not exist, or is revoked already.
    pub(crate) fn revoke(&mut self, id: i64, of: &Scope<'_>, source: &Source) -> Option<Value> {
        let wanted = |key: &&mut ApiKey| key.id == id && !key.revoked && key.owner.is_in(of);
        let key = self.list.iter_mut().find(wanted)?;
        key.revoked = true;
        let mut value = json!({
            "id": key.id,
            "name": key.name,
            "created_at": source.text(key.created_at),
            "created_by": key.created_by,
            "last_used_at": key.last_used_at.map(|at| source.text(at)),
            "last_used_from_addr": used_from(key),
            "revoked": true,
        });
        scope(&mut value, key);
        self.forget_oldest_revoked();
        Some(value)
    }

    /// Beyond so many revoked ones, the oldest counts as one that never was.
    fn forget_oldest_revoked(&mut self) {
        let mut revoked = self.list.iter().filter(|key| key.revoked);
        if revoked.by_ref().count() <= DELETED {
            return;
        }
        let Some(oldest) = self.list.iter().position(|key| key.revoked) else {
            return;
        };
        self.list.remove(oldest);
        self.positions.retain(|_, position| *position != oldest);
        for position in self.positions.values_mut() {
            if *position > oldest {
                *position -= 1;
            }
        }
    }
}

fn used_from(key: &ApiKey) -> &'static str {
    if key.last_used_at.is_some() {
        "127.0.0.1"
    } else {
        ""
    }
}

/// A key of an organization may be for one project only.
fn scope(value: &mut Value, key: &ApiKey) {
    if let (Some(map), Some(project_id)) = (value.as_object_mut(), key.owner.project_id()) {
        map.insert("project_id".to_owned(), json!(project_id));
    }
}
