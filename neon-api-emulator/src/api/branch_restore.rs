//! Restoring a branch from another, or from its own past.

use serde_json::Value;

use super::times::Position;
use super::{Answer, Call, branches};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::backing::{Origin, Task};
use crate::state::branch::Branch;
use crate::state::endpoint::Endpoint;
use crate::state::limits::Counted;
use crate::state::project::Project;
use crate::state::{Source, State};

pub(super) fn restore(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("branch_id");
    let text = |name: &str| call.body.get(name).and_then(Value::as_str);
    let creator = call.user(&state.account).creator();
    let (project, source) = call.project(state)?;
    let old = project.branch(id)?.clone();
    let source_id = text("source_branch_id").unwrap_or_default();
    let from = project
        .branch(source_id)
        .map_err(|_| ApiError::not_found("source branch"))?
        .clone();
    let lsn = ("source_lsn", text("source_lsn"));
    let timestamp = ("source_timestamp", text("source_timestamp"));
    let position = Position::read(lsn, timestamp, project, source, now)?;
    let at = position.at;
    let preserved = text("preserve_under_name");
    if let Some(name) = preserved {
        project.name_is_free(name)?;
        let present = project.branches.len();
        source.limits.admit(Counted::Branches, present, 1)?;
    } else if source_id == id || project.branches.has_children(id) {
        // The state that is left behind needs a branch of its own: it is this branch's past, or
        // its children's parent.
        let message = "preserve_under_name: is required to restore a branch that has children, or from itself";
        return Err(ApiError::refused(message));
    }
    project.must_be_unlocked(source, now)?;

    let mut positions = Vec::new();
    let mut parent_id = source_id.to_owned();
    if let Some(name) = preserved {
        let mut backup = Branch::new(source.ids.branch(), name.to_owned(), creator, now);
        backup.inherit(&old, now, source);
        backup.roles.clone_from(&old.roles);
        backup.origin.clone_from(&old.origin);
        backup.init_source.clone_from(&old.init_source);
        source.next_does(Task::Fill {
            origin: Origin::Branch(old.id.clone()),
            changes: Vec::new(),
        });
        let operations = &mut project.operations;
        let of = Some(backup.id.as_str());
        positions.push(operations.schedule(source, now, "create_branch", of, None));
        backup.ready(operations.last_takes_effect_at());
        for child in project.branches.children_of(id) {
            project.change_branch(&child, |child| {
                if let Some(origin) = &mut child.origin {
                    origin.parent_id.clone_from(&backup.id);
                }
            })?;
        }
        if source_id == id {
            parent_id.clone_from(&backup.id);
        }
        project.add_branch(backup);
    }
    let origin = position.origin(parent_id, source);
    project.change_branch(id, |branch| {
        if source_id == id {
            branch.roles.retain(|role| role.created_at <= at);
            branch.databases.retain(|d| d.created_at <= at);
        } else {
            branch.inherit(&from, at, source);
        }
        branch.origin = Some(origin);
        branch.last_reset_at = Some(now);
        branch.updated_at = now;
    })?;
    if source_id != id {
        let filled = Task::Fill {
            origin: Origin::Branch(from.id.clone()),
            changes: if from.protected {
                project.branch(id)?.role_changes()
            } else {
                Vec::new()
            },
        };
        // The first operation fails if that does; it would have stopped the compute.
        if project.endpoints.of_branch(id).any(Endpoint::will_run) {
            source.next_does(filled);
        } else {
            source.does(id, None, filled);
        }
    }
    positions.extend(restart_computes(project, id, source, now));
    branches::shown(state, call, id, &positions)
}

/// Running computes of a branch take over what it holds now.
pub(super) fn restart_computes(
    project: &mut Project,
    branch_id: &str,
    source: &mut Source,
    now: Moment,
) -> Vec<usize> {
    let running = project.endpoints.of_branch(branch_id);
    let running: Vec<String> = running
        .filter(|endpoint| endpoint.will_run())
        .map(|endpoint| endpoint.id.clone())
        .collect();
    let mut positions = Vec::new();
    for id in running {
        let operations = &mut project.operations;
        let of = (Some(branch_id), Some(id.as_str()));
        positions.push(operations.schedule(source, now, "suspend_compute", of.0, of.1));
        let suspended_at = operations.last_takes_effect_at();
        positions.push(operations.schedule(source, now, "start_compute", of.0, of.1));
        let started_at = operations.last_takes_effect_at();
        project.endpoints.change(&id, |endpoint| {
            endpoint.suspend(suspended_at, now);
            endpoint.start(started_at, now);
        });
    }
    positions
}
