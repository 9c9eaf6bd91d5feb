//! Branches.

use serde_json::{Map, Value, json};

use super::Source;
use super::account::User;
use super::database::Database;
use super::role::Role;
use super::timeline::Timeline;
use crate::clock::Moment;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BranchState {
    Init,
    Ready,
    Deleted,
}

impl BranchState {
    fn text(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Ready => "ready",
            Self::Deleted => "storage_deleted",
        }
    }
}

/// Where a branch comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) parent_id: String,
    pub(crate) lsn: String,
    /// As the caller gave it, else when the branch was made.
    pub(crate) timestamp: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `None` for a root.
    pub(crate) origin: Option<Origin>,
    pub(crate) protected: bool,
    pub(crate) init_source: String,
    /// As the caller gave it.
    pub(crate) expires_at: Option<String>,
    pub(crate) annotation: Option<Map<String, Value>>,
    pub(crate) roles: Vec<Role>,
    pub(crate) databases: Vec<Database>,
    pub(crate) state: Timeline<BranchState>,
    pub(crate) ready_at: Moment,
    pub(crate) last_reset_at: Option<Moment>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl Branch {
    pub(crate) fn new(id: String, name: String, now: Moment) -> Self {
        Self {
            id,
            name,
            origin: None,
            protected: false,
            init_source: "parent-data".to_owned(),
            expires_at: None,
            annotation: None,
            roles: Vec::new(),
            databases: Vec::new(),
            state: Timeline::new(BranchState::Init),
            ready_at: now,
            last_reset_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn ready(&mut self, at: Moment) {
        self.state.then(at, BranchState::Ready);
        self.ready_at = at;
    }

    pub(crate) fn delete(&mut self, at: Moment) {
        self.state.then(at, BranchState::Deleted);
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    pub(crate) fn database(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|database| database.name == name)
    }

    pub(crate) fn parent_id(&self) -> Option<&str> {
        self.origin.as_ref().map(|origin| origin.parent_id.as_str())
    }

    /// Takes over the roles and databases of `parent`: the same passwords, unless the parent is
    /// protected; ids of its own.
    pub(crate) fn inherit(&mut self, parent: &Branch, source: &mut Source) {
        self.roles.clone_from(&parent.roles);
        if parent.protected {
            for role in &mut self.roles {
                role.password = Some(source.ids.password());
            }
        }
        self.databases.clone_from(&parent.databases);
        for database in &mut self.databases {
            database.id = source.ids.number();
        }
    }

    pub(crate) fn json(
        &self,
        project_id: &str,
        default: bool,
        user: &User,
        source: &Source,
        now: Moment,
    ) -> Value {
        let ready = now >= self.ready_at;
        let changed_at = if ready {
            self.ready_at
        } else {
            self.created_at
        };
        let mut value = json!({
            "id": self.id,
            "project_id": project_id,
            "name": self.name,
            "current_state": self.state.current(now).text(),
            "state_changed_at": source.text(changed_at),
            "creation_source": "console",
            "primary": default,
            "default": default,
            "protected": self.protected,
            "cpu_used_sec": 0,
            "compute_time_seconds": 0,
            "active_time_seconds": 0,
            "written_data_bytes": 0,
            "data_transfer_bytes": 0,
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.updated_at),
            "created_by": { "name": user.full_name(), "image": user.image },
            "init_source": self.init_source,
        });
        let Some(map) = value.as_object_mut() else {
            return value;
        };
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        if let Some(pending) = self.state.pending(now) {
            put("pending_state", json!(pending.text()));
        }
        if ready {
            put("logical_size", json!(30_842_880));
        }
        if let Some(origin) = &self.origin {
            put("parent_id", json!(origin.parent_id));
            put("parent_lsn", json!(origin.lsn));
            if ready {
                put("parent_timestamp", json!(origin.timestamp));
            }
        }
        if let Some(expires_at) = &self.expires_at {
            put("expires_at", json!(expires_at));
            let created = source.clock.wall(self.updated_at);
            if let Ok(expires) = chrono::DateTime::parse_from_rfc3339(expires_at) {
                let left = expires.signed_duration_since(created).num_seconds();
                put("ttl_interval_seconds", json!(left.max(0)));
            }
        }
        if let Some(at) = self.last_reset_at {
            put("last_reset_at", json!(source.text(at)));
        }
        value
    }

    /// `None` where the caller annotated nothing.
    pub(crate) fn annotation_json(&self, source: &Source) -> Option<Value> {
        let annotation = self.annotation.as_ref()?;
        Some(self.annotated(annotation, source))
    }

    /// The annotation that an answer for one branch must have, empty where there is none.
    pub(crate) fn annotation_or_empty(&self, source: &Source) -> Value {
        let nothing = Map::new();
        self.annotated(self.annotation.as_ref().unwrap_or(&nothing), source)
    }

    fn annotated(&self, annotation: &Map<String, Value>, source: &Source) -> Value {
        json!({
            "object": { "type": "console/branch", "id": self.id },
            "value": annotation,
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.created_at),
        })
    }
}
