//! Inspection of the state without requests.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    Branch, Database, DatabasesResponse, Endpoint, EndpointsResponse, Operation, Project,
    ProjectListItem, ProjectResponse, Role, RolesResponse,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::direct::{Direct, in_branch};
use crate::emulator::Emulator;

/// The state as the API would return it, in the API's own types, with complete lists. Inspection
/// needs no key, sees everything, is not subject to limits and faults, and is not logged.
///
/// Missing resources give empty lists or `None`.
///
/// ```
/// use neon_api_emulator::Emulator;
///
/// # fn main() -> Result<(), neon_api_emulator::SeedError> {
/// let emulator = Emulator::builder().build();
/// let made = emulator.seed(|seed| seed.project("app"))?;
/// let state = emulator.state();
/// assert_eq!(state.projects().len(), 1);
/// let main = state.branch_named(&made.project.id, "main").unwrap();
/// assert!(main.default);
/// assert_eq!(state.roles(&made.project.id, &main.id)[0].name, "neondb_owner");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct StateView {
    emulator: Emulator,
}

impl Emulator {
    /// A view of the state, which is read at each call of the view.
    pub fn state(&self) -> StateView {
        StateView {
            emulator: self.clone(),
        }
    }
}

/// The largest page of either list; others are not paginated.
const PROJECTS: &str = "400";
const BRANCHES: &str = "10000";
const OPERATIONS: &str = "1000";

impl StateView {
    /// All projects, newest first.
    pub fn projects(&self) -> Vec<ProjectListItem> {
        self.pages("listProjects", &[], "projects", PROJECTS)
    }

    /// One project.
    pub fn project(&self, id: &ProjectId) -> Option<Project> {
        let found: ProjectResponse = self.ask("getProject", &[("project_id", id.as_str())])?;
        Some(found.project)
    }

    /// A project's branches, in the API's order.
    pub fn branches(&self, project: &ProjectId) -> Vec<Branch> {
        let parameters = [("project_id", project.as_str())];
        self.pages("listProjectBranches", &parameters, "branches", BRANCHES)
    }

    /// The branch with this name.
    pub fn branch_named(&self, project: &ProjectId, name: &str) -> Option<Branch> {
        let mut all = self.branches(project).into_iter();
        all.find(|branch| branch.name == name)
    }

    /// A project's endpoints.
    pub fn endpoints(&self, project: &ProjectId) -> Vec<Endpoint> {
        let parameters = [("project_id", project.as_str())];
        let found: Option<EndpointsResponse> = self.ask("listProjectEndpoints", &parameters);
        found.map(|found| found.endpoints).unwrap_or_default()
    }

    /// A branch's roles, without passwords.
    pub fn roles(&self, project: &ProjectId, branch: &BranchId) -> Vec<Role> {
        let found: Option<RolesResponse> =
            self.ask("listProjectBranchRoles", &in_branch(project, branch));
        found.map(|found| found.roles).unwrap_or_default()
    }

    /// A branch's databases.
    pub fn databases(&self, project: &ProjectId, branch: &BranchId) -> Vec<Database> {
        let found: Option<DatabasesResponse> =
            self.ask("listProjectBranchDatabases", &in_branch(project, branch));
        found.map(|found| found.databases).unwrap_or_default()
    }

    /// A project's operations (work on it), newest first.
    pub fn operations(&self, project: &ProjectId) -> Vec<Operation> {
        let parameters = [("project_id", project.as_str())];
        self.pages(
            "listProjectOperations",
            &parameters,
            "operations",
            OPERATIONS,
        )
    }

    fn ask<T: DeserializeOwned>(&self, id: &str, parameters: &[(&str, &str)]) -> Option<T> {
        let value = self.value(id, parameters, &[])?;
        serde_json::from_value(value).ok()
    }

    fn value(
        &self,
        operation_id: &str,
        parameters: &[(&str, &str)],
        query: &[(String, String)],
    ) -> Option<Value> {
        let mut state = self.emulator.lock_state();
        let direct = Direct {
            operation_id,
            parameters,
            query,
            body: Value::Null,
            now: self.emulator.now(),
            seed: self.emulator.seed_number(),
        };
        direct.ask(&mut state).ok()
    }

    /// All pages of a list.
    fn pages<T: DeserializeOwned>(
        &self,
        id: &str,
        parameters: &[(&str, &str)],
        key: &str,
        limit: &str,
    ) -> Vec<T> {
        let mut items = Vec::new();
        let mut query = vec![("limit".to_owned(), limit.to_owned())];
        while let Some(mut page) = self.value(id, parameters, &query) {
            let found = page.get_mut(key).map(Value::take);
            let Some(Value::Array(found)) = found.filter(|f| f != &Value::Array(Vec::new())) else {
                break;
            };
            let decoded = found.into_iter().map(serde_json::from_value);
            items.extend(decoded.filter_map(Result::ok));
            let cursor = ["/pagination/cursor", "/pagination/next"];
            let mut cursor = cursor.iter().filter_map(|at| page.pointer(at)?.as_str());
            let Some(cursor) = cursor.next() else {
                break;
            };
            query.truncate(1);
            query.push(("cursor".to_owned(), cursor.to_owned()));
        }
        items
    }
}
