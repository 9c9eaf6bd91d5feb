//! Projects.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::backing::Task;
use super::branch::{Branch, Deletion};
use super::branches::Branches;
use super::endpoint::Endpoint;
use super::endpoints::Endpoints;
use super::operation::Operations;
use super::sharing::Sharing;
use super::snapshot::Snapshots;
use super::usage::{self, Run};
use super::{DELETED, Recent, Source, region};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::spec::Spec;

mod due;
mod shown;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region_id: String,
    pub(crate) org_id: String,
    pub(crate) pg_version: i64,
    pub(crate) store_passwords: bool,
    pub(crate) history_retention_seconds: i64,
    pub(crate) settings: Map<String, Value>,
    pub(crate) endpoint_settings: Map<String, Value>,
    pub(crate) default_branch: String,
    pub(crate) branches: Branches,
    /// Those that can still be recovered.
    pub(crate) deleted_branches: Branches,
    /// The same, in the order of their deletion.
    deletions: VecDeque<(Moment, String)>,
    next_branch: u64,
    pub(crate) endpoints: Endpoints,
    /// What computes that are gone did, by branch.
    pub(super) retired_runs: HashMap<String, Vec<Run>>,
    pub(crate) operations: Operations,
    pub(crate) snapshots: Snapshots,
    pub(crate) sharing: Sharing,
    gone: Recent<Gone, DELETED>,
    /// The same as in `retired_runs`, of branches that are forgotten.
    #[serde(default)]
    pub(super) forgotten_runs: Vec<Run>,
    /// Branches that were forgotten just now.
    #[serde(skip)]
    forgotten: Vec<String>,
    /// When its state was last updated.
    settled_at: Moment,
    pub(crate) deleted_at: Option<Moment>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

/// A resource that existed: deleting it again returns 204, not 404.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Gone {
    Branch(String),
    Endpoint(String),
    Role(String, String),
    Database(String, String),
}

/// As the specification states it, which grows with new versions.
fn default_pg_version() -> i64 {
    let stated = Spec::get().pointer("#/components/schemas/PgVersion/default");
    stated.and_then(Value::as_i64).unwrap_or(17)
}

impl Project {
    /// With nothing in it yet.
    pub(crate) fn new(id: String, name: String, org_id: String, now: Moment) -> Self {
        let json = |value: Value| match value {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Self {
            id,
            name,
            region_id: region::DEFAULT.to_owned(),
            org_id,
            pg_version: default_pg_version(),
            store_passwords: true,
            history_retention_seconds: 86_400,
            settings: json(json!({
                "allowed_ips": { "ips": [], "protected_branches_only": false },
                "enable_logical_replication": false,
                "maintenance_window": {
                    "weekdays": [5],
                    "start_time": "07:00",
                    "end_time": "08:00",
                },
                "block_public_connections": false,
                "block_vpc_connections": false,
                "hipaa": false,
            })),
            endpoint_settings: json(json!({
                "autoscaling_limit_min_cu": 0.25,
                "autoscaling_limit_max_cu": 0.25,
                "suspend_timeout_seconds": 0,
            })),
            default_branch: String::new(),
            branches: Branches::default(),
            deleted_branches: Branches::default(),
            deletions: VecDeque::new(),
            next_branch: 0,
            endpoints: Endpoints::default(),
            retired_runs: HashMap::new(),
            operations: Operations::default(),
            snapshots: Snapshots::default(),
            sharing: Sharing::default(),
            gone: Recent::default(),
            forgotten_runs: Vec::new(),
            forgotten: Vec::new(),
            settled_at: now,
            deleted_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// A copy to save: cheap however large the project is, and without the indexes.
    pub(super) fn to_save(&self) -> Self {
        Self {
            id: self.id.clone(),
            name: self.name.clone(),
            region_id: self.region_id.clone(),
            org_id: self.org_id.clone(),
            pg_version: self.pg_version,
            store_passwords: self.store_passwords,
            history_retention_seconds: self.history_retention_seconds,
            settings: self.settings.clone(),
            endpoint_settings: self.endpoint_settings.clone(),
            default_branch: self.default_branch.clone(),
            branches: self.branches.to_save(),
            deleted_branches: self.deleted_branches.to_save(),
            deletions: self.deletions.clone(),
            next_branch: self.next_branch,
            endpoints: self.endpoints.to_save(),
            retired_runs: self.retired_runs.clone(),
            operations: self.operations.clone(),
            snapshots: self.snapshots.clone(),
            sharing: self.sharing.clone(),
            gone: self.gone.clone(),
            forgotten_runs: self.forgotten_runs.clone(),
            forgotten: Vec::new(),
            settled_at: self.settled_at,
            deleted_at: self.deleted_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Applies the settings of a request, on creation or later; returns whether the computes are
    /// affected.
    pub(crate) fn set(&mut self, asked: &Value) -> bool {
        if let Some(name) = asked.get("name").and_then(Value::as_str) {
            name.clone_into(&mut self.name);
        }
        let number = |key| asked.get(key).and_then(Value::as_i64);
        if let Some(seconds) = number("history_retention_seconds") {
            self.history_retention_seconds = seconds;
        }
        let object = |key| asked.get(key).and_then(Value::as_object);
        if let Some(map) = object("default_endpoint_settings") {
            self.endpoint_settings.extend(map.clone());
        }
        let settings = object("settings");
        if let Some(map) = settings {
            self.settings.extend(map.clone());
        }
        settings.is_some()
    }

    /// While its operations run, others that conflict are refused.
    pub(crate) fn must_be_unlocked(&self, source: &Source, now: Moment) -> Result<(), ApiError> {
        if source.conflicts && !source.seeding && self.operations.busy_until() > now {
            Err(ApiError::locked())
        } else {
            Ok(())
        }
    }

    /// Gives it to another organization: what the old one's people were given is void.
    pub(crate) fn move_to(&mut self, org_id: String, now: Moment) {
        if self.org_id != org_id {
            self.org_id = org_id;
            self.sharing.roles.clear();
            self.sharing.vpc_endpoints.clear();
        }
        self.sharing.transfers.clear();
        self.updated_at = now;
    }

    pub(crate) fn branch(&self, id: &str) -> Result<&Branch, ApiError> {
        let found = self.branches.get(id);
        found.ok_or_else(|| ApiError::not_found("branch"))
    }

    /// Changes a branch.
    pub(crate) fn change_branch<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Branch) -> T,
    ) -> Result<T, ApiError> {
        let changed = self.branches.change(id, change);
        changed.ok_or_else(|| ApiError::not_found("branch"))
    }

    pub(crate) fn add_branch(&mut self, mut branch: Branch) {
        branch.number = self.next_branch;
        self.next_branch = self.next_branch.saturating_add(1);
        self.branches.insert(branch);
    }

    pub(crate) fn name_is_free(&self, name: &str) -> Result<(), ApiError> {
        if self.branches.named(name).is_some() {
            let message = format!("branch already exists; branch_name:{name:?}");
            Err(ApiError::conflict(message).with_code("BRANCH_ALREADY_EXISTS"))
        } else {
            Ok(())
        }
    }

    /// Why this branch may not be deleted.
    pub(crate) fn must_be_deletable(&self, branch: &Branch) -> Result<(), ApiError> {
        let message = if branch.id == self.default_branch {
            "cannot delete the default branch"
        } else if branch.protected {
            "cannot delete a protected branch"
        } else if self.branches.has_children(&branch.id) {
            "cannot delete a branch that has children"
        } else if branch.is_first && branch.origin.is_none() {
            "cannot delete a root branch"
        } else {
            return Ok(());
        };
        Err(ApiError::refused(message))
    }

    /// Deletes a branch with its endpoints; returns it as it was, and the positions of the
    /// operations that do it.
    pub(crate) fn delete_branch(
        &mut self,
        id: &str,
        expired: bool,
        source: &mut Source,
        at: Moment,
    ) -> Option<(Branch, Vec<usize>)> {
        let of_branch: Vec<(String, bool)> = self
            .endpoints
            .of_branch(id)
            .map(|endpoint| (endpoint.id.clone(), endpoint.will_run()))
            .collect();
        let mut positions = Vec::new();
        for (endpoint, runs) in of_branch {
            if runs {
                let operations = &mut self.operations;
                let of = (Some(id), Some(endpoint.as_str()));
                positions.push(operations.schedule(source, at, "suspend_compute", of.0, of.1));
            }
            self.remove_endpoint(&endpoint, at);
        }
        let mut branch = self.branches.remove(id)?;
        let operations = &mut self.operations;
        source.next_does(Task::Delete);
        positions.push(operations.schedule(source, at, "delete_timeline", Some(id), None));
        branch.delete(operations.last_ends_at());
        branch.updated_at = at;
        self.bury(Gone::Branch(id.to_owned()));
        let shown = branch.clone();
        branch.deletion = Some(Deletion { at, expired });
        self.deletions.push_back((at, branch.id.clone()));
        self.deleted_branches.insert(branch);
        Some((shown, positions))
    }

    pub(crate) fn endpoint(&self, id: &str) -> Result<&Endpoint, ApiError> {
        let found = self.endpoints.get(id);
        found.ok_or_else(|| ApiError::not_found("endpoint"))
    }

    /// Changes an endpoint.
    pub(crate) fn change_endpoint<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Endpoint) -> T,
    ) -> Result<T, ApiError> {
        let changed = self.endpoints.change(id, change);
        changed.ok_or_else(|| ApiError::not_found("endpoint"))
    }

    pub(crate) fn remove_endpoint(&mut self, id: &str, at: Moment) {
        if let Some(mut endpoint) = self.endpoints.remove(id) {
            endpoint.end_run(at);
            let retired = self.retired_runs.entry(endpoint.branch_id.clone());
            let retired = retired.or_default();
            retired.extend(endpoint.into_runs());
            usage::compact(retired);
            self.bury(Gone::Endpoint(id.to_owned()));
        }
    }

    /// The branch's read-write endpoint.
    pub(crate) fn primary_endpoint(&self, branch_id: &str) -> Option<&Endpoint> {
        self.endpoints.of_branch(branch_id).find(|e| e.read_write)
    }

    pub(crate) fn bury(&mut self, what: Gone) {
        self.gone.add(what);
    }

    pub(crate) fn was(&self, what: &Gone) -> bool {
        self.gone.contains(what)
    }
}
