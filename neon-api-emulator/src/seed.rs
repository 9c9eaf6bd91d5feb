//! Seeding of state without requests.

use std::sync::MutexGuard;

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    CreateProjectBranchResponse, CreateProjectResponse, Database, Endpoint, Role,
};
use serde_json::{Value, json};

use crate::direct::{Direct, SeedError, in_branch};
use crate::emulator::Emulator;
use crate::state::State;

/// Adds resources to the state. See [`Emulator::seed`].
#[derive(Debug)]
pub struct Seed<'a> {
    state: MutexGuard<'a, State>,
    emulator: &'a Emulator,
}

impl Drop for Seed<'_> {
    fn drop(&mut self) {
        self.state.source.seeding = false;
        self.emulator.changed();
    }
}

impl Emulator {
    /// Adds resources to the state immediately, as the API's operations would, but without
    /// requests, keys, limits, faults or waits. All operations that this starts are finished. The
    /// change is atomic for other callers; `put` must not call the emulator itself.
    ///
    /// ```
    /// use neon_api_emulator::Emulator;
    ///
    /// # fn main() -> Result<(), neon_api_emulator::SeedError> {
    /// let emulator = Emulator::builder().build();
    /// let branch = emulator.seed(|seed| {
    ///     let project = seed.project("app")?.project.id;
    ///     seed.branch(&project, "dev")
    /// })?;
    /// assert_eq!(emulator.state().branches(&branch.branch.project_id).len(), 2);
    /// assert_eq!(emulator.total_requests(), 0);
    /// # Ok(()) }
    /// ```
    pub fn seed<T>(&self, put: impl FnOnce(&mut Seed<'_>) -> T) -> T {
        let mut state = self.lock_state();
        state.source.seeding = true;
        put(&mut Seed {
            state,
            emulator: self,
        })
    }
}

impl Seed<'_> {
    /// Adds a project with its default branch, role, database and endpoint (`createProject`).
    pub fn project(&mut self, name: &str) -> Result<CreateProjectResponse, SeedError> {
        let body = json!({ "project": { "name": name } });
        self.direct("createProject", &[], body)
            .ask_for(&mut self.state)
    }

    /// Adds a child of the default branch, without an endpoint (`createProjectBranch`).
    pub fn branch(
        &mut self,
        project_id: &ProjectId,
        name: &str,
    ) -> Result<CreateProjectBranchResponse, SeedError> {
        let parameters = [("project_id", project_id.as_str())];
        let body = json!({ "branch": { "name": name } });
        self.direct("createProjectBranch", &parameters, body)
            .ask_for(&mut self.state)
    }

    /// Adds a running read-write endpoint (`createProjectEndpoint`).
    pub fn endpoint(
        &mut self,
        project_id: &ProjectId,
        branch_id: &BranchId,
    ) -> Result<Endpoint, SeedError> {
        let parameters = [("project_id", project_id.as_str())];
        let body = json!({ "endpoint": { "branch_id": branch_id, "type": "read_write" } });
        let made = self.direct("createProjectEndpoint", &parameters, body);
        made.ask_for::<neon_api_raw::types::EndpointOperations>(&mut self.state)
            .map(|made| made.endpoint)
    }

    /// Adds a role (`createProjectBranchRole`).
    pub fn role(
        &mut self,
        project_id: &ProjectId,
        branch_id: &BranchId,
        name: &str,
    ) -> Result<Role, SeedError> {
        let parameters = in_branch(project_id, branch_id);
        let body = json!({ "role": { "name": name } });
        let made = self.direct("createProjectBranchRole", &parameters, body);
        made.ask_for::<neon_api_raw::types::RoleOperations>(&mut self.state)
            .map(|made| made.role)
    }

    /// Adds a database (`createProjectBranchDatabase`).
    pub fn database(
        &mut self,
        project_id: &ProjectId,
        branch_id: &BranchId,
        name: &str,
        owner: &str,
    ) -> Result<Database, SeedError> {
        let parameters = in_branch(project_id, branch_id);
        let body = json!({ "database": { "name": name, "owner_name": owner } });
        let made = self.direct("createProjectBranchDatabase", &parameters, body);
        made.ask_for::<neon_api_raw::types::DatabaseOperations>(&mut self.state)
            .map(|made| made.database)
    }

    /// Runs any operation of the API and returns its response. `parameters` are those of the path.
    ///
    /// ```
    /// # use neon_api_emulator::{Emulator, SeedError};
    /// # fn main() -> Result<(), SeedError> {
    /// let emulator = Emulator::builder().build();
    /// let key = emulator.seed(|seed| {
    ///     seed.call("createApiKey", &[], serde_json::json!({ "key_name": "ci" }))
    /// })?;
    /// assert_eq!(key["name"], "ci");
    /// # Ok(()) }
    /// ```
    pub fn call(
        &mut self,
        operation_id: &str,
        parameters: &[(&str, &str)],
        body: Value,
    ) -> Result<Value, SeedError> {
        self.direct(operation_id, parameters, body)
            .ask(&mut self.state)
    }

    fn direct<'a>(
        &self,
        operation_id: &'a str,
        parameters: &'a [(&'a str, &'a str)],
        body: Value,
    ) -> Direct<'a> {
        Direct {
            operation_id,
            parameters,
            query: &[],
            body,
            now: self.emulator.now(),
            seed: self.emulator.seed_number(),
        }
    }
}
