//! Branches.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Source;
use super::database::Database;
use super::project::Project;
use super::role::Role;
use super::timeline::Timeline;
use crate::clock::Moment;
use crate::error::ApiError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BranchState {
    Init,
    Ready,
    Archived,
    Deleted,
}

impl BranchState {
    fn text(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Ready => "ready",
            Self::Archived => "archived",
            Self::Deleted => "storage_deleted",
        }
    }
}

/// The size of every branch, in bytes: what nothing was written to takes.
pub(crate) const LOGICAL_SIZE: u64 = 30_842_880;

/// Where a branch comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) parent_id: String,
    pub(crate) lsn: String,
    /// As the caller gave it, else when the branch was made.
    pub(crate) timestamp: String,
}

/// When a branch deletes itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expiry {
    pub(crate) at: DateTime<Utc>,
    /// As the caller gave it.
    text: String,
}

impl Expiry {
    /// `None` for text that is no time.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self {
            at: at.with_timezone(&Utc),
            text: text.to_owned(),
        })
    }
}

/// The creator, as shown in responses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Creator {
    pub(crate) name: String,
    pub(crate) image: String,
}

/// That a branch was made from a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Restored {
    pub(crate) snapshot_id: String,
    /// The branch whose place it is to take, until it has.
    pub(crate) target_id: Option<String>,
}

/// That a branch was deleted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Deletion {
    pub(crate) at: Moment,
    /// By its expiry, not by a user.
    pub(crate) expired: bool,
}

/// How long a deleted branch is still shown to who asks for deleted ones.
pub(crate) const RECOVERABLE: Moment = Moment::from_secs(7 * 86_400);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Branch {
    /// Grows with every branch of a project.
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) name: String,
    /// `None` for a root.
    pub(crate) origin: Option<Origin>,
    pub(crate) protected: bool,
    /// Made with its project.
    pub(crate) is_first: bool,
    pub(crate) init_source: String,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) annotation: Option<Map<String, Value>>,
    pub(crate) roles: Vec<Role>,
    pub(crate) databases: Vec<Database>,
    pub(crate) state: Timeline<BranchState>,
    pub(crate) ready_at: Moment,
    pub(crate) last_reset_at: Option<Moment>,
    pub(crate) restored: Option<Restored>,
    pub(crate) deletion: Option<Deletion>,
    /// Of the databases behind it, in bytes.
    #[serde(default)]
    pub(crate) measured_size: Option<u64>,
    /// When snapshots are taken of it, as the caller gave it.
    pub(crate) schedule: Vec<Value>,
    creator: Creator,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

impl Branch {
    pub(crate) fn new(id: String, name: String, creator: Creator, now: Moment) -> Self {
        Self {
            number: 0,
            id,
            name,
            origin: None,
            protected: false,
            is_first: false,
            init_source: "parent-data".to_owned(),
            expiry: None,
            annotation: None,
            roles: Vec::new(),
            databases: Vec::new(),
            state: Timeline::new(BranchState::Init),
            ready_at: now,
            last_reset_at: None,
            restored: None,
            deletion: None,
            measured_size: None,
            schedule: Vec::new(),
            creator,
            created_at: now,
            updated_at: now,
        }
    }

    /// `None` is never: what should have made it fails.
    pub(crate) fn ready(&mut self, at: Option<Moment>) {
        if let Some(at) = at {
            self.state.then(at, BranchState::Ready);
        }
        self.ready_at = at.unwrap_or(Moment::MAX);
    }

    pub(crate) fn archive(&mut self, at: Moment) {
        self.state.then(at, BranchState::Archived);
    }

    pub(crate) fn delete(&mut self, at: Moment) {
        self.state.then(at, BranchState::Deleted);
    }

    pub(crate) fn state(&self, now: Moment) -> BranchState {
        self.state.current(now)
    }

    pub(crate) fn logical_size(&self) -> u64 {
        self.measured_size.unwrap_or(LOGICAL_SIZE)
    }

    /// What was to happen at `from` happens at `to` instead, or not at all.
    pub(crate) fn move_step(&mut self, from: Moment, to: Option<Moment>) {
        self.state.move_step(from, to);
        if self.ready_at == from {
            self.ready_at = to.unwrap_or(Moment::MAX);
        }
    }

    /// What is made on or of a branch needs it made.
    pub(crate) fn must_be_ready(&self, now: Moment) -> Result<(), ApiError> {
        if now < self.ready_at {
            Err(ApiError::refused("branch not ready yet"))
        } else {
            Ok(())
        }
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

    /// Whether it has only ever had a schema, and none of its parent's data.
    pub(crate) fn is_schema_only(&self) -> bool {
        self.init_source == "schema-only"
    }

    /// Takes over the roles and databases that `parent` had at `at`: the same passwords, unless the
    /// parent is protected; IDs of its own.
    pub(crate) fn inherit(&mut self, parent: &Self, at: Moment, source: &mut Source) {
        self.roles.clone_from(&parent.roles);
        self.roles.retain(|role| role.created_at <= at);
        if parent.protected {
            for role in self.roles.iter_mut().filter(|r| r.password.is_some()) {
                role.password = Some(source.ids.password());
            }
        }
        self.databases.clone_from(&parent.databases);
        self.databases.retain(|database| database.created_at <= at);
        for database in &mut self.databases {
            database.id = source.ids.number();
        }
    }

    pub(crate) fn json(&self, project: &Project, source: &Source, now: Moment) -> Value {
        let default = self.id == project.default_branch;
        let ready = now >= self.ready_at;
        let changed_at = if ready {
            self.ready_at
        } else {
            self.created_at
        };
        let usage = project.usage_of_branch(&self.id, now);
        let mut value = json!({
            "id": self.id,
            "project_id": project.id,
            "name": self.name,
            "current_state": self.state.current(now).text(),
            "state_changed_at": source.text(changed_at),
            "creation_source": "console",
            "primary": default,
            "default": default,
            "protected": self.protected,
            "cpu_used_sec": usage.compute_seconds,
            "compute_time_seconds": usage.compute_seconds,
            "active_time_seconds": usage.active_seconds,
            "written_data_bytes": 0,
            "data_transfer_bytes": 0,
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.updated_at),
            "created_by": { "name": self.creator.name, "image": self.creator.image },
            "init_source": self.init_source,
        });
        if let Some(map) = value.as_object_mut() {
            self.add_optional(map, source, now);
        }
        value
    }

    fn add_optional(&self, map: &mut Map<String, Value>, source: &Source, now: Moment) {
        let ready = now >= self.ready_at;
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        if let Some(pending) = self.state.pending(now) {
            put("pending_state", json!(pending.text()));
        }
        if ready {
            put("logical_size", json!(self.logical_size()));
        }
        if let Some(origin) = &self.origin {
            put("parent_id", json!(origin.parent_id));
            put("parent_lsn", json!(origin.lsn));
            if ready {
                put("parent_timestamp", json!(origin.timestamp));
            }
        }
        if let Some(expiry) = &self.expiry {
            put("expires_at", json!(expiry.text));
            let from = source.clock.wall(self.updated_at);
            let left = expiry.at.signed_duration_since(from).num_seconds();
            put("ttl_interval_seconds", json!(left.max(0)));
        }
        if let Some(at) = self.last_reset_at {
            put("last_reset_at", json!(source.text(at)));
        }
        if let Some(restored) = &self.restored {
            put("restored_from", json!(restored.snapshot_id));
            let status = match &restored.target_id {
                Some(target) => {
                    put("restored_as", json!(target));
                    "restored"
                }
                None => "finalized",
            };
            put("restore_status", json!(status));
        }
        if let Some(deletion) = self.deletion {
            let method = if deletion.expired { "ttl" } else { "user" };
            let until = source.text(deletion.at.saturating_add(RECOVERABLE));
            let recovery = json!({
                "deleted_at": source.text(deletion.at),
                "deletion_method": method,
                "recoverable_until": until,
            });
            put("recovery", recovery);
        }
    }

    /// `None` where the caller annotated nothing.
    pub(crate) fn annotation_json(&self, source: &Source) -> Option<Value> {
        let annotation = self.annotation.as_ref()?;
        Some(self.annotated(annotation, source))
    }

    /// The annotation in a response for one branch, empty if there is none.
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
