//! The restriction to one project.
//!
//! The client's own guard rail refuses requests that name another project. What it cannot know is
//! checked here: that IDs of branches and endpoints in query and body are of that project, and that
//! nothing of another one is in a result.

use std::collections::BTreeSet;

use neon_api_raw::Route;
use neon_api_raw::ids::{BranchId, EndpointId, ProjectId};
use neon_api_raw::serde_json::Value;

use super::error::ToolError;
use super::tool::Tool;
use crate::error::Error;
use crate::neon::Neon;

/// Parameters and fields of requests that name projects, branches and endpoints.
const PROJECTS: &[&str] = &["project_id", "project_ids"];
const BRANCHES: &[&str] = &[
    "base_branch_id",
    "branch_id",
    "branch_ids",
    "parent_id",
    "source_branch_id",
    "target_branch_id",
];
const ENDPOINTS: &[&str] = &["endpoint_id"];

/// How many branches and endpoints of one call are looked up.
const MOST_PARTS: usize = 20;

/// The only project that calls may be about.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) project: ProjectId,
}

impl Scope {
    /// Whether a call of the tool can name a project at all.
    pub(super) fn has(tool: &Tool) -> bool {
        names_project(&tool.operation().input_schema())
    }

    /// Refuses input that names another project, or none.
    pub(super) fn check(&self, tool: &Tool, input: &Value) -> Result<(), ToolError> {
        let named = strings(input, PROJECTS, &[]);
        let own = self.project.as_str();
        if named.is_empty() {
            let message =
                format!("name the project {own}: these tools are about no other; nothing was sent");
            return Err(ToolError::other_project(tool.name(), message));
        }
        match named.iter().find(|project| **project != own) {
            None => Ok(()),
            Some(other) => {
                let message = format!(
                    "project {other} is not {own}, which these tools are restricted to; nothing was sent"
                );
                Err(ToolError::other_project(tool.name(), message))
            }
        }
    }

    /// Refuses branches and endpoints in query and body that are not of the project. Those of the path
    /// are looked up there by the API itself.
    pub(super) async fn check_parts(
        &self,
        neon: &Neon,
        tool: &Tool,
        input: &Value,
    ) -> Result<(), ToolError> {
        let in_path = parameters(tool.route());
        let branches = strings(input, BRANCHES, &in_path);
        let endpoints = strings(input, ENDPOINTS, &in_path);
        if branches.len() + endpoints.len() > MOST_PARTS {
            let message =
                format!("it names more than {MOST_PARTS} branches and endpoints: name fewer");
            return Err(ToolError::other_project(tool.name(), message));
        }
        for branch in branches {
            let found = match BranchId::new(branch) {
                Ok(id) => neon
                    .raw()
                    .get_project_branch(&self.project, &id)
                    .await
                    .map(drop),
                Err(fault) => return Err(ToolError::failed(tool.name(), fault.into())),
            };
            self.found(tool, "branch", branch, found.map_err(Error::from))?;
        }
        for endpoint in endpoints {
            let found = match EndpointId::new(endpoint) {
                Ok(id) => neon
                    .raw()
                    .get_project_endpoint(&self.project, &id)
                    .await
                    .map(drop),
                Err(fault) => return Err(ToolError::failed(tool.name(), fault.into())),
            };
            self.found(tool, "endpoint", endpoint, found.map_err(Error::from))?;
        }
        Ok(())
    }

    fn found(
        &self,
        tool: &Tool,
        kind: &str,
        id: &str,
        found: Result<(), Error>,
    ) -> Result<(), ToolError> {
        match found {
            Ok(()) => Ok(()),
            Err(error) if error.is_not_found() => {
                let project = &self.project;
                let message = format!(
                    "{kind} {id} is not in project {project}, which these tools are restricted to; the call was not sent"
                );
                Err(ToolError::other_project(tool.name(), message))
            }
            Err(error) => Err(ToolError::failed(tool.name(), error)),
        }
    }

    /// Removes what belongs to another project from a result, and counts it.
    pub(super) fn withhold(&self, value: &mut Value) -> usize {
        if self.is_foreign(value) {
            *value = Value::Null;
            return 1;
        }
        match value {
            Value::Array(items) => {
                let before = items.len();
                items.retain(|item| !self.is_foreign(item));
                let removed = before - items.len();
                removed
                    + items
                        .iter_mut()
                        .map(|item| self.withhold(item))
                        .sum::<usize>()
            }
            Value::Object(fields) => fields.values_mut().map(|field| self.withhold(field)).sum(),
            _ => 0,
        }
    }

    fn is_foreign(&self, value: &Value) -> bool {
        let project = value.get("project_id").and_then(Value::as_str);
        project.is_some_and(|project| project != self.project.as_str())
    }
}

/// Whether a schema has a property that names a project.
fn names_project(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let is_named =
                key == "properties" && PROJECTS.iter().any(|name| value.get(name).is_some());
            is_named || names_project(value)
        }),
        Value::Array(items) => items.iter().any(names_project),
        _ => false,
    }
}

/// The parameters of a path.
fn parameters(route: &Route) -> Vec<&'static str> {
    let segments = route.path.split('/');
    let inner = segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    inner.collect()
}

/// The strings under these names, except for entries of the input itself that are excluded.
fn strings<'a>(input: &'a Value, names: &[&str], excluded: &[&str]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        if !excluded.contains(&name.as_str()) {
            walk(name, value, names, &mut found);
        }
    }
    found
}

fn walk<'a>(name: &str, value: &'a Value, names: &[&str], found: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) if names.contains(&name) => {
            found.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| walk(name, item, names, found)),
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| walk(name, value, names, found));
        }
        _ => {}
    }
}
