//! Restoring a branch from another, or from its own past.

use serde_json::Value;

use super::{Answer, Call, branches};
use crate::error::ApiError;
use crate::state::State;
use crate::state::branch::{Branch, Origin};

pub(super) fn restore(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("branch_id");
    let text = |name: &str| call.body.get(name).and_then(Value::as_str);
    let (project, source) = call.project(state)?;
    let old = project.branch(id)?.clone();
    let source_id = text("source_branch_id").unwrap_or_default();
    let from = project
        .branch(source_id)
        .map_err(|_| ApiError::not_found("source branch"))?
        .clone();
    let preserved = text("preserve_under_name");
    if let Some(name) = preserved {
        project.name_is_free(name)?;
    } else if source_id == id || project.has_children(id) {
        // The state that is left behind needs a branch of its own: it is this branch's past, or
        // its children's parent.
        let message = "preserve_under_name: is required to restore a branch that has children, or from itself";
        return Err(ApiError::refused(message));
    }
    project.must_be_unlocked(source, now)?;

    let mut positions = Vec::new();
    let mut parent_id = source_id.to_owned();
    if let Some(name) = preserved {
        let mut backup = Branch::new(source.ids.branch(), name.to_owned(), now);
        backup.inherit(&old, source);
        backup.origin.clone_from(&old.origin);
        let operations = &mut project.operations;
        let of = Some(backup.id.as_str());
        positions.push(operations.schedule(source, now, "create_branch", of, None));
        backup.ready(operations.busy_until());
        for child in &mut project.branches {
            if let Some(origin) = &mut child.origin
                && origin.parent_id == id
            {
                origin.parent_id.clone_from(&backup.id);
            }
        }
        if source_id == id {
            parent_id.clone_from(&backup.id);
        }
        project.branches.push(backup);
    }
    let timestamp = text("source_timestamp").map(str::to_owned);
    let origin = Origin {
        parent_id,
        lsn: text("source_lsn").map_or_else(|| source.ids.lsn(), str::to_owned),
        timestamp: timestamp.unwrap_or_else(|| source.text(now)),
    };
    let branch = project.branch_mut(id)?;
    if source_id != id {
        branch.inherit(&from, source);
    }
    branch.origin = Some(origin);
    branch.last_reset_at = Some(now);
    branch.updated_at = now;
    for endpoint in &mut project.endpoints {
        if endpoint.branch_id == id && endpoint.will_run() {
            let operations = &mut project.operations;
            let endpoint_id = endpoint.id.clone();
            let of = (Some(id), Some(endpoint_id.as_str()));
            positions.push(operations.schedule(source, now, "suspend_compute", of.0, of.1));
            endpoint.suspend(operations.busy_until(), now);
            positions.push(operations.schedule(source, now, "start_compute", of.0, of.1));
            endpoint.start(operations.busy_until(), now);
        }
    }
    branches::shown(state, call, id, &positions)
}
