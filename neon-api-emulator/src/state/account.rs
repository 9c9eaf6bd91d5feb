//! The user, the organizations and the API keys.

use serde_json::{Value, json};

use super::Source;
use crate::clock::Moment;
use crate::rng::Rng;

/// The id of the organization that every emulator has.
pub(crate) const DEFAULT_ORGANIZATION: &str = "org-ocean-art-12345678";

#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Organization {
    pub(crate) fn json(&self, source: &Source) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "handle": self.id.strip_prefix("org-").unwrap_or(&self.id),
            "plan": "free_v3",
            "managed_by": "console",
            "created_at": source.text(Moment::ZERO),
            "updated_at": source.text(Moment::ZERO),
        })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) last_name: String,
    pub(crate) image: String,
}

impl User {
    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.name, self.last_name)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "active_seconds_limit": 360_000,
            "auth_accounts": [{
                "provider": "github",
                "email": self.email,
                "name": self.full_name(),
                "login": "emulated",
                "image": self.image,
            }],
            "email": self.email,
            "id": self.id,
            "image": self.image,
            "login": "emulated",
            "name": self.name,
            "last_name": self.last_name,
            "projects_limit": 100,
            "branches_limit": 10,
            "max_autoscaling_limit": 2.0,
            "compute_seconds_limit": 360_000,
            "plan": "free_v3",
        })
    }
}

#[derive(Debug)]
struct ApiKey {
    id: i64,
    /// `None` for a user's own key, else the organization's id.
    org_id: Option<String>,
    project_id: Option<String>,
    key: String,
    name: String,
    created_at: Moment,
    last_used_at: Option<Moment>,
    revoked: bool,
}

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) organizations: Vec<Organization>,
    keys: Vec<ApiKey>,
}

/// What is known about a key that a request brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyStatus {
    Valid,
    Revoked,
    Unknown,
}

impl Account {
    pub(crate) fn new(seed: u64, mut organizations: Vec<Organization>) -> Self {
        organizations.insert(
            0,
            Organization {
                id: DEFAULT_ORGANIZATION.to_owned(),
                name: "Emulated organization".to_owned(),
            },
        );
        Self {
            user: User {
                id: Rng::for_purpose(seed, "user").uuid(),
                email: "emulated@example.com".to_owned(),
                name: "Emulated".to_owned(),
                last_name: "User".to_owned(),
                image: "https://example.com/emulated.png".to_owned(),
            },
            organizations,
            keys: Vec::new(),
        }
    }

    pub(crate) fn organization(&self, id: &str) -> Option<&Organization> {
        self.organizations.iter().find(|org| org.id == id)
    }

    /// Looks up a key that the API created, and notes that it was used.
    pub(crate) fn use_key(&mut self, key: &str, now: Moment) -> KeyStatus {
        match self.keys.iter_mut().find(|known| known.key == key) {
            Some(known) if known.revoked => KeyStatus::Revoked,
            Some(known) => {
                known.last_used_at = Some(now);
                KeyStatus::Valid
            }
            None => KeyStatus::Unknown,
        }
    }

    pub(crate) fn create_key(
        &mut self,
        name: &str,
        org_id: Option<&str>,
        project_id: Option<&str>,
        source: &mut Source,
        now: Moment,
    ) -> Value {
        let key = ApiKey {
            id: source.ids.number(),
            org_id: org_id.map(str::to_owned),
            project_id: project_id.map(str::to_owned),
            key: source.ids.api_key(),
            name: name.to_owned(),
            created_at: now,
            last_used_at: None,
            revoked: false,
        };
        let mut value = json!({
            "id": key.id,
            "key": key.key,
            "name": key.name,
            "created_at": source.text(now),
            "created_by": self.user.id,
        });
        scope(&mut value, &key);
        self.keys.push(key);
        value
    }

    pub(crate) fn list_keys(&self, org_id: Option<&str>, source: &Source) -> Value {
        let listed = |key: &&ApiKey| !key.revoked && key.org_id.as_deref() == org_id;
        let one = |key: &ApiKey| {
            let mut value = json!({
                "id": key.id,
                "name": key.name,
                "created_at": source.text(key.created_at),
                "created_by": {
                    "id": self.user.id,
                    "name": self.user.full_name(),
                    "image": self.user.image,
                },
                "last_used_at": key.last_used_at.map(|at| source.text(at)),
                "last_used_from_addr": used_from(key),
            });
            scope(&mut value, key);
            value
        };
        self.keys.iter().filter(listed).map(one).collect()
    }

    /// `None` for a key that does not exist, or is revoked already.
    pub(crate) fn revoke_key(
        &mut self,
        id: i64,
        org_id: Option<&str>,
        source: &Source,
    ) -> Option<Value> {
        let wanted =
            |key: &&mut ApiKey| key.id == id && !key.revoked && key.org_id.as_deref() == org_id;
        let key = self.keys.iter_mut().find(wanted)?;
        key.revoked = true;
        let mut value = json!({
            "id": key.id,
            "name": key.name,
            "created_at": source.text(key.created_at),
            "created_by": self.user.id,
            "last_used_at": key.last_used_at.map(|at| source.text(at)),
            "last_used_from_addr": used_from(key),
            "revoked": true,
        });
        scope(&mut value, key);
        Some(value)
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
    if let (Some(map), Some(project_id)) = (value.as_object_mut(), &key.project_id) {
        map.insert("project_id".to_owned(), json!(project_id));
    }
}
