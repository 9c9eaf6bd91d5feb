//! What real databases report of their work: its beginning, its end, who uses them.

use serde_json::Value;

use super::State;
use super::branch::BranchState;
use super::endpoint::Endpoint;
use super::project::Project;
use crate::clock::Moment;
use crate::error::ApiError;

impl Project {
    /// Ends an operation: what was planned for its end is so from now on, or never.
    fn conclude(&mut self, operation: &str, failure: Option<String>, now: Moment) {
        let Some(done) = self.operations.conclude(operation, failure, now) else {
            return;
        };
        if let Some(id) = &done.branch_id {
            for branches in [&mut self.branches, &mut self.deleted_branches] {
                branches.change(id, |b| b.move_step(done.instead_of, done.at));
            }
        }
        if let Some(id) = &done.endpoint_id {
            self.endpoints
                .change(id, |e| e.move_step(done.instead_of, done.at));
        }
    }
}

/// How a compute can be reached.
#[derive(Debug)]
pub(crate) enum Reach {
    /// It runs, and the connection is counted.
    Connected { read_write: bool },
    /// It is about to run.
    Soon,
    /// An operation with this ID was scheduled that starts it.
    Starts(String),
}

impl State {
    fn with_operation(&mut self, id: &str) -> Option<&mut Project> {
        self.projects
            .find_mut_any(|project| project.operations.is_pending(id))
    }

    fn with_endpoint(&mut self, id: &str) -> Option<&mut Project> {
        self.projects
            .find_mut(|project| project.endpoints.get(id).is_some())
    }

    pub(crate) fn begin_operation(&mut self, id: &str, now: Moment) {
        if let Some(project) = self.with_operation(id) {
            project.operations.begin(id, now);
        }
    }

    pub(crate) fn conclude_operation(&mut self, id: &str, failure: Option<String>, now: Moment) {
        if let Some(project) = self.with_operation(id) {
            project.conclude(id, failure, now);
        }
    }

    /// How an operation that is over failed.
    pub(crate) fn failure_of(&mut self, id: &str) -> Option<String> {
        let project = self
            .projects
            .find_mut(|p| p.operations.find(id).is_some())?;
        let operation = project.operations.find(id)?;
        operation.failure().map(str::to_owned)
    }

    /// Which branch an endpoint is of.
    pub(crate) fn branch_of(&mut self, endpoint_id: &str) -> Option<String> {
        let project = self.with_endpoint(endpoint_id)?;
        let endpoint = project.endpoints.get(endpoint_id)?;
        Some(endpoint.branch_id.clone())
    }

    /// The settings of PostgreSQL with which the server of an endpoint's branch runs: those of the
    /// project, of logical replication, and of its read-write endpoint, if it has one.
    pub(crate) fn parameters_of(&mut self, endpoint_id: &str) -> Vec<(String, String)> {
        let Some(project) = self.with_endpoint(endpoint_id) else {
            return Vec::new();
        };
        let endpoint = project.endpoints.get(endpoint_id);
        let branch = endpoint.map(|e| e.branch_id.clone()).unwrap_or_default();
        let endpoint = project.primary_endpoint(&branch).or(endpoint);
        let replicates = project.settings.get("enable_logical_replication");
        let replication: &[(&str, &str)] = match replicates.and_then(Value::as_bool) {
            Some(true) => &[
                ("wal_level", "logical"),
                ("max_wal_senders", "10"),
                ("max_replication_slots", "10"),
                ("max_logical_replication_workers", "4"),
            ],
            _ => &[],
        };
        let pairs = |settings: Option<&Value>| -> Vec<(String, String)> {
            let settings = settings.and_then(Value::as_object).into_iter().flatten();
            let text = settings.filter_map(|(name, value)| Some((name, value.as_str()?)));
            text.map(|(name, value)| (name.clone(), value.to_owned()))
                .collect()
        };
        let mut all = pairs(project.endpoint_settings.get("pg_settings"));
        let replication = replication.iter();
        all.extend(replication.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all.extend(pairs(endpoint.and_then(Endpoint::pg_settings)));
        all
    }

    pub(crate) fn measured(&mut self, branch: &str, size: u64) {
        let of_branch = self.projects.find_mut(|p| p.branches.get(branch).is_some());
        if let Some(project) = of_branch {
            let set = |b: &mut super::branch::Branch| b.measured_size = Some(size);
            project.branches.change(branch, set);
        }
    }

    /// Counts a connection to an endpoint that runs; otherwise sees to it that it will.
    pub(crate) fn reach(&mut self, endpoint_id: &str, now: Moment) -> Result<Reach, ApiError> {
        let id = endpoint_id;
        let missing = || ApiError::not_found("endpoint");
        let project = self.with_endpoint(id).ok_or_else(missing)?.id.clone();
        let (project, source) = self.project(&project, now)?;
        let endpoint = project.endpoint(id)?;
        if endpoint.is_disabled() {
            return Err(ApiError::refused("the endpoint is disabled"));
        }
        let (read_write, branch_id) = (endpoint.read_write, endpoint.branch_id.clone());
        if endpoint.will_run() {
            if endpoint.in_transition(now) {
                return Ok(Reach::Soon);
            }
            project.change_endpoint(id, Endpoint::connected)?;
            return Ok(Reach::Connected { read_write });
        }
        if let Some(name) = project.used_up_quota(now) {
            let message = format!("the project has used up its quota of {name}");
            return Err(ApiError::refused(message).with_code("COMPUTE_TIME_EXCEEDED"));
        }
        let archived = project.branch(&branch_id)?.state(now) == BranchState::Archived;
        let operations = &mut project.operations;
        let of = Some(branch_id.as_str());
        if archived {
            operations.schedule(source, now, "timeline_unarchive", of, None);
            let at = operations.last_takes_effect_at();
            project.branches.change(&branch_id, |b| b.ready(at));
        }
        operations.schedule(source, now, "start_compute", of, Some(id));
        let operation = operations.last_id().unwrap_or_default().to_owned();
        let at = operations.last_takes_effect_at();
        project.change_endpoint(id, |endpoint| endpoint.start(at, now))?;
        Ok(Reach::Starts(operation))
    }

    /// A connection that was counted has ended.
    pub(crate) fn disconnected(&mut self, endpoint_id: &str, now: Moment) {
        if let Some(project) = self.with_endpoint(endpoint_id) {
            let left = |e: &mut Endpoint| e.disconnected(now);
            project.endpoints.change(endpoint_id, left);
        }
    }

    /// Brings every project up to `now`: computes fall idle, branches expire, snapshots are taken.
    pub(crate) fn settle_all(&mut self, now: Moment) {
        for project in self.projects.iter_mut() {
            project.settle(&mut self.source, now);
        }
    }

    /// Whether data of this branch or snapshot are still of use.
    pub(crate) fn knows_data(&self, id: &str) -> bool {
        self.projects.with_data().any(|project| {
            project.branches.get(id).is_some() || project.snapshots.iter().any(|s| s.id == id)
        })
    }
}
