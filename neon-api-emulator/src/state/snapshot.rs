//! Snapshots: what a branch held at a moment.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use super::backing::Task;
use super::branch::{Branch, LOGICAL_SIZE};
use super::database::Database;
use super::role::Role;
use crate::clock::Moment;
use crate::error::ApiError;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) name: String,
    slug: Option<String>,
    pub(crate) branch_id: String,
    lsn: String,
    timestamp: String,
    /// Made by a request, not by a schedule.
    manual: bool,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) roles: Vec<Role>,
    pub(crate) databases: Vec<Database>,
    #[serde(default = "default_size")]
    full_size: u64,
    created_at: Moment,
}

fn default_size() -> u64 {
    LOGICAL_SIZE
}

/// What a request asks of a new snapshot.
#[derive(Debug, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) slug: Option<&'a str>,
    pub(crate) lsn: Option<&'a str>,
    /// As given, and what it means.
    pub(crate) timestamp: Option<(&'a str, Moment)>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl Snapshot {
    fn new(branch: &Branch, asked: &Asked<'_>, source: &mut Source, now: Moment) -> Self {
        let mut content = branch.clone();
        let at = asked.timestamp.map_or(now, |(_, at)| at);
        content.roles.retain(|role| role.created_at <= at);
        content.databases.retain(|d| d.created_at <= at);
        let taken_at = source.text(now);
        let name = asked.name.map(str::to_owned);
        Self {
            id: source.ids.snapshot(),
            name: name.unwrap_or_else(|| format!("{} at {taken_at}", branch.name)),
            slug: asked.slug.map(str::to_owned),
            branch_id: branch.id.clone(),
            lsn: asked.lsn.map_or_else(|| source.ids.lsn(), str::to_owned),
            timestamp: asked
                .timestamp
                .map_or(taken_at, |(text, _)| text.to_owned()),
            manual: true,
            expires_at: asked.expires_at,
            roles: content.roles,
            databases: content.databases,
            full_size: branch.logical_size(),
            created_at: now,
        }
    }

    pub(crate) fn json(&self, source: &Source) -> Value {
        let mut value = json!({
            "id": self.id,
            "name": self.name,
            "source_branch_id": self.branch_id,
            "lsn": self.lsn,
            "timestamp": self.timestamp,
            "manual": self.manual,
            "created_at": source.text(self.created_at),
            "full_size": self.full_size,
            "diff_size": 0,
        });
        if let Some(map) = value.as_object_mut() {
            if let Some(slug) = &self.slug {
                map.insert("slug".to_owned(), json!(slug));
            }
            if let Some(at) = self.expires_at {
                let text = at.to_rfc3339_opts(SecondsFormat::Secs, true);
                map.insert("expires_at".to_owned(), json!(text));
            }
        }
        value
    }
}

/// A project's, the oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Snapshots {
    list: Vec<Snapshot>,
}

impl Snapshots {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Snapshot> {
        self.list.iter()
    }

    pub(crate) fn manual(&self) -> usize {
        self.list.iter().filter(|snapshot| snapshot.manual).count()
    }

    /// By its ID, or by its slug.
    pub(crate) fn get(&self, id: &str) -> Result<&Snapshot, ApiError> {
        let found = self.list.iter().find(|snapshot| snapshot.is(id));
        found.ok_or_else(|| ApiError::not_found("snapshot"))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Result<&mut Snapshot, ApiError> {
        let found = self.list.iter_mut().find(|snapshot| snapshot.is(id));
        found.ok_or_else(|| ApiError::not_found("snapshot"))
    }

    pub(crate) fn name_is_free(&self, name: &str) -> Result<(), ApiError> {
        if self.list.iter().any(|snapshot| snapshot.name == name) {
            let message = format!("a snapshot with the name {name:?} already exists");
            return Err(ApiError::conflict(message));
        }
        Ok(())
    }

    pub(crate) fn has_slug(&self, slug: &str) -> bool {
        let has = |snapshot: &Snapshot| snapshot.slug.as_deref() == Some(slug);
        self.list.iter().any(has)
    }

    pub(crate) fn take(
        &mut self,
        branch: &Branch,
        asked: &Asked<'_>,
        source: &mut Source,
        now: Moment,
    ) -> Value {
        let snapshot = Snapshot::new(branch, asked, source, now);
        let shown = snapshot.json(source);
        source.next_does(Task::Keep(snapshot.id.clone()));
        self.list.push(snapshot);
        shown
    }

    pub(crate) fn take_scheduled(
        &mut self,
        branch: &Branch,
        expires_at: DateTime<Utc>,
        source: &mut Source,
        at: Moment,
    ) {
        let asked = Asked {
            expires_at: Some(expires_at),
            ..Asked::default()
        };
        let mut snapshot = Snapshot::new(branch, &asked, source, at);
        snapshot.manual = false;
        source.does(&branch.id, None, Task::Keep(snapshot.id.clone()));
        self.list.push(snapshot);
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.list.retain(|snapshot| !snapshot.is(id));
    }

    pub(crate) fn forget_expired(&mut self, wall: DateTime<Utc>) {
        let stays = |snapshot: &Snapshot| snapshot.expires_at.is_none_or(|at| at > wall);
        self.list.retain(stays);
    }
}

impl Snapshot {
    fn is(&self, id: &str) -> bool {
        self.id == id || self.slug.as_deref() == Some(id)
    }
}
