//! Guard rails: requests that a client refuses to send.
//!
//! Only the request is examined, before it waits for anything. A request that is not known to be
//! harmless counts as harmful, so that new operations of the API are blocked.

mod named;
mod protected;

use neon_api_raw::Route;
use neon_api_raw::error::Masked;
use neon_api_raw::ids::ProjectId;
use neon_api_raw::routes::{
    GET_ACTIVE_REGIONS, GET_AUTH_DETAILS, GET_CURRENT_USER_INFO, GET_CURRENT_USER_ORGANIZATIONS,
    QUERY_PROJECT_BRANCH_LOGS,
};
use neon_api_raw::transport::Exchange;

use self::named::Named;
use super::blocked::{BlockReason, PlannedRequest};

pub use self::protected::Protected;

/// POST operations that only read.
const READING_POSTS: [&Route; 1] = [&QUERY_PROJECT_BRANCH_LOGS];
/// Operations without a project that reveal nothing about any project.
const WITHOUT_PROJECTS: [&Route; 4] = [
    &GET_ACTIVE_REGIONS,
    &GET_AUTH_DETAILS,
    &GET_CURRENT_USER_INFO,
    &GET_CURRENT_USER_ORGANIZATIONS,
];

/// The guard rails of a client. They can be added to, but not removed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guards {
    is_read_only: bool,
    is_dry_run: bool,
    /// The only projects that requests may name, if restricted.
    projects: Option<Vec<ProjectId>>,
    protected: Vec<Protected>,
}

impl Guards {
    pub(crate) fn read_only(&mut self) {
        self.is_read_only = true;
    }

    pub(crate) fn dry_run(&mut self) {
        self.is_dry_run = true;
    }

    pub(crate) fn only_projects(&mut self, mut projects: Vec<ProjectId>) {
        if let Some(bounded) = &self.projects {
            projects.retain(|project| bounded.contains(project));
        }
        self.projects = Some(projects);
    }

    pub(crate) fn protect(&mut self, protected: Protected) {
        self.protected.push(protected);
    }

    /// Whether there are no guard rails.
    pub(crate) fn is_empty(&self) -> bool {
        let bounds_nothing = self.projects.is_none() && self.protected.is_empty();
        bounds_nothing && !self.is_read_only && !self.is_dry_run
    }

    /// Why a request must not be sent, if so.
    pub(super) fn check(&self, call: &Exchange, base_path: &str) -> Result<(), BlockReason> {
        let changes = !reads(call.route);
        if changes && self.is_read_only {
            return Err(BlockReason::ReadOnly);
        }
        if self.projects.is_some() || (changes && !self.protected.is_empty()) {
            self.check_names(call, &Named::of(call, base_path))?;
        }
        if changes && self.is_dry_run {
            return Err(BlockReason::DryRun(PlannedRequest::of(call, base_path)));
        }
        Ok(())
    }

    fn check_names(&self, call: &Exchange, named: &Named) -> Result<(), BlockReason> {
        let operation = call.route;
        if let Some(allowed) = &self.projects {
            check_projects(operation, named, allowed)?;
        }
        let mut protected = self.protected.iter();
        match protected.find(|p| !reads(operation) && p.is_harmed(operation, named)) {
            None => Ok(()),
            Some(harmed) => Err(BlockReason::Protected(harmed.clone())),
        }
    }
}

fn check_projects(
    operation: &Route,
    named: &Named,
    allowed: &[ProjectId],
) -> Result<(), BlockReason> {
    let mut projects = named.projects().peekable();
    if projects.peek().is_none() && !WITHOUT_PROJECTS.contains(&operation) {
        return Err(BlockReason::NoProject);
    }
    match projects.find(|project| !allowed.iter().any(|a| a.as_str() == *project)) {
        None => Ok(()),
        Some(other) => Err(BlockReason::OtherProject(Masked(other).to_string())),
    }
}

/// Whether an operation changes nothing.
pub(crate) fn reads(operation: &Route) -> bool {
    operation.is_safe() || READING_POSTS.contains(&operation)
}

#[cfg(test)]
mod tests;
