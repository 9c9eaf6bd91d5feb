//! Branches.

use serde_json::{Value, json};

use super::times::{self, Position};
use super::{Answer, Call, Reply, connection, endpoints, with_operations};
use crate::error::ApiError;
use crate::state::branch::{Branch, Creator, Expiry};
use crate::state::limits::Counted;
use crate::state::project::{Gone, Project};
use crate::state::{Source, State};

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    Ok(Reply::ok(json!({
        "branch": branch.json(project, source, call.now),
        "annotation": branch.annotation_or_empty(source),
    })))
}

/// When a branch is to delete itself.
fn expiry(text: &str, source: &Source, call: &Call<'_>) -> Result<Option<Expiry>, ApiError> {
    times::future("branch.expires_at", text, source, call.now)?;
    Ok(Expiry::read(text))
}

/// The branch that a request asks for, with nothing scheduled yet.
fn new_branch(
    project: &Project,
    asked: &Value,
    creator: Creator,
    call: &Call<'_>,
    source: &mut Source,
) -> Result<Branch, ApiError> {
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    let is_set = |name: &str| asked.get(name).and_then(Value::as_bool) == Some(true);
    let parent_id = text("parent_id").unwrap_or(&project.default_branch);
    let parent = project
        .branch(parent_id)
        .map_err(|_| ApiError::not_found("parent branch"))?;
    if let Some(name) = text("name") {
        project.name_is_free(name)?;
    }
    let lsn = ("branch.parent_lsn", text("parent_lsn"));
    let timestamp = ("branch.parent_timestamp", text("parent_timestamp"));
    let from = Position::read(lsn, timestamp, project, source, call.now)?;
    let init_source = text("init_source").unwrap_or("parent-data");
    if !["parent-data", "schema-only"].contains(&init_source) {
        let message = "branch.init_source: must be one of parent-data, schema-only";
        return Err(ApiError::bad_request(message));
    }
    let expiry = match text("expires_at") {
        Some(text) => expiry(text, source, call)?,
        None => None,
    };
    if expiry.is_some() && is_set("protected") {
        return Err(ApiError::refused("a protected branch cannot expire"));
    }
    let id = source.ids.branch();
    // Unnamed branches are called as their ID is.
    let name = text("name").unwrap_or(&id).to_owned();
    let mut branch = Branch::new(id, name, creator, call.now);
    branch.inherit(parent, from.at, source);
    branch.protected = is_set("protected");
    branch.expiry = expiry;
    init_source.clone_into(&mut branch.init_source);
    // A branch that takes over only the schema is a root of its own.
    if !branch.is_schema_only() {
        branch.origin = Some(from.origin(parent_id.to_owned(), source));
    }
    let limits = &source.limits;
    limits.admit(Counted::Branches, project.branches.len(), 1)?;
    let roots = usize::from(branch.origin.is_none());
    limits.admit(Counted::RootBranches, project.branches.roots(), roots)?;
    let protected = usize::from(branch.protected);
    let present = project.branches.protected();
    limits.admit(Counted::ProtectedBranches, present, protected)?;
    Ok(branch)
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let asked = call.body("/branch");
    let endpoints = call.body("/endpoints").as_array().map(Vec::as_slice);
    create_as_asked(state, call, asked, endpoints.unwrap_or_default())
}

/// What is asked for stands one level deeper here; nothing is there to be anonymized.
pub(super) fn create_anonymized(state: &mut State, call: &Call<'_>) -> Answer {
    let asked = call.body("/branch_create/branch");
    let endpoints = call.body("/branch_create/endpoints").as_array();
    let endpoints = endpoints.map(Vec::as_slice).unwrap_or_default();
    create_as_asked(state, call, asked, endpoints)
}

/// Makes the branch that `asked` describes, with these endpoints.
fn create_as_asked(
    state: &mut State,
    call: &Call<'_>,
    asked: &Value,
    asked_endpoints: &[Value],
) -> Answer {
    let now = call.now;
    let creator = call.user(&state.account).creator();
    let (project, source) = call.project(state)?;
    let is_read_write = |asked: &&Value| asked.get("type") == Some(&json!("read_write"));
    if asked_endpoints.iter().filter(is_read_write).count() > 1 {
        let message = "a branch has at most one read_write endpoint";
        return Err(ApiError::conflict(message));
    }
    let mut branch = new_branch(project, asked, creator, call, source)?;
    branch.annotation = call.body("/annotation_value").as_object().cloned();
    let parent = asked.get("parent_id").and_then(Value::as_str);
    let parent = project.branch(parent.unwrap_or(&project.default_branch))?;
    let filled = branch.filled_from(parent);
    let id = branch.id.clone();
    let mut made = Vec::new();
    for asked in asked_endpoints {
        made.push(endpoints::new_endpoint(project, &id, asked, source, now)?);
    }
    endpoints::must_fit(project, source, made.len())?;
    project.must_be_unlocked(source, now)?;

    source.next_does(filled);
    let operations = &mut project.operations;
    let mut positions = vec![operations.schedule(source, now, "create_branch", Some(&id), None)];
    branch.ready(operations.last_takes_effect_at());
    if asked.get("archived").and_then(Value::as_bool) == Some(true) {
        positions.push(operations.schedule(source, now, "timeline_archive", Some(&id), None));
        if let Some(at) = operations.last_takes_effect_at() {
            branch.archive(at);
        }
    }
    project.add_branch(branch);
    let first = made.first().map(|endpoint| endpoint.id.clone());
    let mut shown = Vec::new();
    for mut endpoint in made {
        let of = (Some(id.as_str()), Some(endpoint.id.as_str()));
        let operations = &mut project.operations;
        positions.push(operations.schedule(source, now, "start_compute", of.0, of.1));
        endpoint.start(operations.last_takes_effect_at(), now);
        shown.push(endpoint.json_created(&project.id, source, now));
        project.endpoints.insert(endpoint);
    }

    let branch = project.branch(&id)?;
    let roles = branch.roles.iter();
    let roles: Value = roles.map(|r| r.json(&id, source)).collect();
    let databases = branch.databases.iter();
    let databases: Value = databases.map(|d| d.json(&id, source)).collect();
    let mut value = json!({
        "branch": branch.json(project, source, now),
        "endpoints": shown,
        "roles": roles,
        "databases": databases,
    });
    if let (Some(map), Some(endpoint)) = (value.as_object_mut(), first)
        && project.store_passwords
        && let Some(uris) = connection::uris(branch, project.endpoint(&endpoint)?, source)
    {
        map.insert("connection_uris".to_owned(), uris);
    }
    let parent_id = branch.parent_id().map(str::to_owned);
    let value = with_operations(value, &positions, project, source, now);
    if let Some(parent_id) = parent_id {
        let project_id = call.parameter("project_id");
        let kinds = super::resources::INHERITED;
        let resources = &mut state.resources;
        resources.inherit(project_id, &parent_id, &id, &kinds);
    }
    Ok(Reply::created(value))
}

/// A response with one branch.
pub(super) fn shown(
    state: &mut State,
    call: &Call<'_>,
    branch_id: &str,
    positions: &[usize],
) -> Answer {
    let (project, source) = call.project(state)?;
    let branch = project.branch(branch_id)?;
    let value = json!({ "branch": branch.json(project, source, call.now) });
    let value = with_operations(value, positions, project, source, call.now);
    Ok(Reply::ok(value))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("branch_id");
    let (project, source) = call.project(state)?;
    let asked = call.body("/branch");
    let name = asked.get("name").and_then(Value::as_str);
    let branch = project.branch(id)?;
    if let Some(name) = name
        && name != branch.name
    {
        project.name_is_free(name)?;
    }
    let protects = asked.get("protected").and_then(Value::as_bool);
    if protects == Some(true) && !branch.protected {
        let present = project.branches.protected();
        let limits = &source.limits;
        limits.admit(Counted::ProtectedBranches, present, 1)?;
    }
    // Null clears it, absent leaves it.
    let expiry = match asked.get("expires_at") {
        Some(Value::String(text)) => Some(expiry(text, source, call)?),
        Some(_) => Some(None),
        None => None,
    };
    let will_be_protected = protects.unwrap_or(branch.protected);
    let will_expire = match &expiry {
        Some(expiry) => expiry.is_some(),
        None => branch.expiry.is_some(),
    };
    let refused = if !will_expire {
        None
    } else if id == project.default_branch {
        Some("the default branch cannot expire")
    } else if will_be_protected {
        Some("a protected branch cannot expire")
    } else if expiry.is_some() && project.branches.has_children(id) {
        Some("a branch that has children cannot expire")
    } else {
        None
    };
    if let Some(message) = refused {
        return Err(ApiError::refused(message));
    }
    project.change_branch(id, |branch| {
        if let Some(name) = name {
            name.clone_into(&mut branch.name);
        }
        branch.protected = will_be_protected;
        if let Some(expiry) = expiry {
            branch.expiry = expiry;
        }
        branch.updated_at = call.now;
    })?;
    shown(state, call, id, &[])
}

pub(super) fn set_default(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("branch_id");
    let (project, _) = call.project(state)?;
    project.change_branch(id, |branch| {
        branch.updated_at = call.now;
        // A default branch does not expire.
        branch.expiry = None;
    })?;
    id.clone_into(&mut project.default_branch);
    shown(state, call, id, &[])
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("branch_id");
    let (project, source) = call.project(state)?;
    if project.was(&Gone::Branch(id.to_owned())) {
        return Ok(Reply::empty(204));
    }
    project.must_be_deletable(project.branch(id)?)?;
    project.must_be_unlocked(source, now)?;
    let deleted = project.delete_branch(id, false, source, now);
    let (branch, positions) = deleted.ok_or_else(|| ApiError::not_found("branch"))?;
    let value = json!({ "branch": branch.json(project, source, now) });
    let value = with_operations(value, &positions, project, source, now);
    Ok(Reply::ok(value))
}
