//! Roles of a branch.

use serde_json::{Value, json};

use super::databases::applied;
use super::{Answer, Call, Reply, checks};
use crate::error::ApiError;
use crate::state::State;
use crate::state::backing::Change;
use crate::state::limits::Counted;
use crate::state::project::Gone;
use crate::state::role::Role;

/// Names that Postgres or the service itself uses; so are those that begin with `pg_`.
const RESERVED: [&str; 5] = [
    "neon_superuser",
    "cloud_admin",
    "zenith_admin",
    "public",
    "none",
];

fn not_found() -> ApiError {
    ApiError::not_found("role")
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    let all = branch.roles.iter();
    let all: Value = all.map(|role| role.json(&branch.id, source)).collect();
    Ok(Reply::ok(json!({ "roles": all })))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    let role = branch.role(call.parameter("role_name"));
    let value = role.ok_or_else(not_found)?.json(&branch.id, source);
    Ok(Reply::ok(json!({ "role": value })))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let name = call.body("/role/name").as_str().unwrap_or_default();
    let branch_id = call.parameter("branch_id");
    let (project, source) = call.project(state)?;
    if name.is_empty() {
        return Err(ApiError::bad_request("role.name: must not be empty"));
    }
    checks::name("role.name", name)?;
    if RESERVED.contains(&name) || name.starts_with("pg_") {
        let message = format!("role name {name:?} is reserved");
        return Err(ApiError::refused(message));
    }
    let branch = project.branch(branch_id)?;
    if branch.role(name).is_some() {
        let message = format!("role {name:?} already exists");
        return Err(ApiError::conflict(message));
    }
    let present = branch.roles.len();
    source.limits.admit(Counted::Roles, present, 1)?;
    project.must_be_unlocked(source, now)?;
    let mut role = Role::new(name, source, now);
    if call.body("/role/no_login").as_bool() == Some(true) {
        role.password = None;
    }
    let value = json!({ "role": role.json_with_password(branch_id, source) });
    let changes = vec![Change::role(&role)];
    project.change_branch(branch_id, |branch| branch.roles.push(role))?;
    let value = applied(value, project, branch_id, changes, source, now);
    Ok(Reply::created(value))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let branch_id = call.parameter("branch_id");
    let name = call.parameter("role_name");
    let (project, source) = call.project(state)?;
    let gone = Gone::Role(branch_id.to_owned(), name.to_owned());
    let branch = project.branch(branch_id)?;
    // First what is there now: it may have taken over the name of what is gone.
    let Some(role) = branch.role(name) else {
        return if project.was(&gone) {
            Ok(Reply::empty(204))
        } else {
            Err(not_found())
        };
    };
    if let Some(database) = branch.databases.iter().find(|d| d.owner_name == name) {
        let message = format!("role {name:?} owns database {:?}", database.name);
        return Err(ApiError::refused(message));
    }
    project.must_be_unlocked(source, now)?;
    let value = json!({ "role": role.json(branch_id, source) });
    project.change_branch(branch_id, |branch| branch.roles.retain(|r| r.name != name))?;
    project.bury(gone);
    let changes = vec![Change::DropRole(name.to_owned())];
    let value = applied(value, project, branch_id, changes, source, now);
    Ok(Reply::ok(value))
}

pub(super) fn reset_password(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let branch_id = call.parameter("branch_id");
    let name = call.parameter("role_name");
    let (project, source) = call.project(state)?;
    project
        .branch(branch_id)?
        .role(name)
        .ok_or_else(not_found)?;
    project.must_be_unlocked(source, now)?;
    let password = source.ids.password();
    let reset = project.change_branch(branch_id, |branch| {
        let role = branch.roles.iter_mut().find(|role| role.name == name)?;
        role.password = Some(password);
        role.updated_at = now;
        let shown = role.json_with_password(branch_id, source);
        Some((shown, Change::role(role)))
    })?;
    let (shown, change) = reset.ok_or_else(not_found)?;
    let value = json!({ "role": shown });
    let value = applied(value, project, branch_id, vec![change], source, now);
    Ok(Reply::ok(value))
}

pub(super) fn password(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    let role = branch.role(call.parameter("role_name"));
    let role = role.ok_or_else(not_found)?;
    match &role.password {
        Some(password) if project.store_passwords => Ok(Reply::ok(json!({ "password": password }))),
        Some(_) => Err(ApiError::new(412, "the project does not store passwords")),
        None => Err(ApiError::new(412, "the role has no password")),
    }
}
