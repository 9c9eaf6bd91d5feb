//! Databases of a branch.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, checks, with_operations};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::backing::{Change, Task};
use crate::state::branch::Branch;
use crate::state::database::Database;
use crate::state::limits::Counted;
use crate::state::project::{Gone, Project};
use crate::state::{Source, State};

/// Adds the operations of a change of roles or databases to its response: the branch's running
/// compute, if there is one, applies it.
pub(super) fn applied(
    value: Value,
    project: &mut Project,
    branch_id: &str,
    changes: Vec<Change>,
    source: &mut Source,
    now: Moment,
) -> Value {
    let running = project.primary_endpoint(branch_id);
    let running = running.filter(|e| e.will_run()).map(|e| e.id.clone());
    let apply = Task::Apply(changes);
    if running.is_none() {
        source.does(branch_id, None, apply);
    } else {
        source.next_does(apply);
    }
    let schedule = |endpoint: String| {
        let of = (Some(branch_id), Some(endpoint.as_str()));
        let operations = &mut project.operations;
        operations.schedule(source, now, "apply_config", of.0, of.1)
    };
    let positions: Vec<usize> = running.into_iter().map(schedule).collect();
    with_operations(value, &positions, project, source, now)
}

/// Names that Postgres itself uses.
const RESERVED: [&str; 3] = ["postgres", "template0", "template1"];

fn must_be_free(branch: &Branch, name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::bad_request("database.name: must not be empty"));
    }
    checks::name("database.name", name)?;
    if RESERVED.contains(&name) {
        let message = format!("database name {name:?} is reserved");
        return Err(ApiError::refused(message));
    }
    if branch.database(name).is_some() {
        let message = format!("database {name:?} already exists");
        return Err(ApiError::conflict(message));
    }
    Ok(())
}

fn not_found() -> ApiError {
    ApiError::not_found("database")
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    let all = branch.databases.iter();
    let all: Value = all.map(|d| d.json(&branch.id, source)).collect();
    Ok(Reply::ok(json!({ "databases": all })))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    let database = branch.database(call.parameter("database_name"));
    let database = database.ok_or_else(not_found)?;
    let value = database.json(&branch.id, source);
    Ok(Reply::ok(json!({ "database": value })))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let text = |pointer: &str| call.body(pointer).as_str().unwrap_or_default();
    let (name, owner) = (text("/database/name"), text("/database/owner_name"));
    let branch_id = call.parameter("branch_id");
    let (project, source) = call.project(state)?;
    let branch = project.branch(branch_id)?;
    must_be_free(branch, name)?;
    if branch.role(owner).is_none() {
        return Err(ApiError::not_found("owner role"));
    }
    let present = branch.databases.len();
    source.limits.admit(Counted::Databases, present, 1)?;
    project.must_be_unlocked(source, now)?;
    let database = Database::new(name, owner, source, now);
    let value = json!({ "database": database.json(branch_id, source) });
    project.change_branch(branch_id, |branch| branch.databases.push(database))?;
    let change = Change::Database {
        name: name.to_owned(),
        owner: owner.to_owned(),
    };
    let value = applied(value, project, branch_id, vec![change], source, now);
    Ok(Reply::created(value))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let branch_id = call.parameter("branch_id");
    let current = call.parameter("database_name");
    let name = call.body("/database/name").as_str();
    let owner = call.body("/database/owner_name").as_str();
    let (project, source) = call.project(state)?;
    let branch = project.branch(branch_id)?;
    branch.database(current).ok_or_else(not_found)?;
    if let Some(name) = name
        && name != current
    {
        must_be_free(branch, name)?;
    }
    if owner.is_some_and(|owner| branch.role(owner).is_none()) {
        return Err(ApiError::not_found("owner role"));
    }
    project.must_be_unlocked(source, now)?;
    let changed = project.change_branch(branch_id, |branch| {
        let database = branch.databases.iter_mut().find(|d| d.name == current)?;
        if let Some(name) = name {
            name.clone_into(&mut database.name);
        }
        if let Some(owner) = owner {
            owner.clone_into(&mut database.owner_name);
        }
        database.updated_at = now;
        Some((database.json(branch_id, source), database.clone()))
    })?;
    let (shown, database) = changed.ok_or_else(not_found)?;
    let value = json!({ "database": shown });
    let both = vec![
        Change::RenameDatabase {
            from: current.to_owned(),
            to: database.name.clone(),
        },
        Change::Database {
            name: database.name,
            owner: database.owner_name,
        },
    ];
    let value = applied(value, project, branch_id, both, source, now);
    Ok(Reply::ok(value))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let branch_id = call.parameter("branch_id");
    let name = call.parameter("database_name");
    let (project, source) = call.project(state)?;
    let gone = Gone::Database(branch_id.to_owned(), name.to_owned());
    let branch = project.branch(branch_id)?;
    // First what is there now: it may have taken over the name of what is gone.
    let Some(database) = branch.database(name) else {
        return if project.was(&gone) {
            Ok(Reply::empty(204))
        } else {
            Err(not_found())
        };
    };
    project.must_be_unlocked(source, now)?;
    let value = json!({ "database": database.json(branch_id, source) });
    project.change_branch(branch_id, |branch| {
        branch.databases.retain(|d| d.name != name);
    })?;
    project.bury(gone);
    let changes = vec![Change::DropDatabase(name.to_owned())];
    let value = applied(value, project, branch_id, changes, source, now);
    Ok(Reply::ok(value))
}
