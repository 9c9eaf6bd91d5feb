//! Projects.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, connection, with_operations};
use crate::error::ApiError;
use crate::state::account::DEFAULT_ORGANIZATION;
use crate::state::branch::Branch;
use crate::state::database::Database;
use crate::state::endpoint::Endpoint;
use crate::state::project::Project;
use crate::state::role::Role;
use crate::state::{State, region};

/// The page size that the specification states.
const PAGE: usize = 10;

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = call.text("org_id");
    if let Some(id) = organization
        && state.account.organization(id).is_none()
    {
        return Err(ApiError::not_found("organization"));
    }
    let search = call.text("search").map(str::to_lowercase);
    let wanted = |project: &&Project| {
        organization.is_none_or(|id| project.org_id == id)
            && search.as_deref().is_none_or(|text| {
                project.name.to_lowercase().contains(text) || project.id.contains(text)
            })
    };
    let Some(projects) = state.projects.after(call.text("cursor")) else {
        return Err(ApiError::bad_request("cursor: is not valid"));
    };
    let page: Vec<&Project> = projects.filter(wanted).take(call.limit(PAGE)).collect();
    let items: Value = page.iter().map(|p| p.json_item(&state.source)).collect();
    let mut value = json!({ "projects": items, "applications": {}, "integrations": {} });
    // As the API does it, the last page has a cursor too: behind it is an empty page without one.
    if let (Some(map), Some(last)) = (value.as_object_mut(), page.last()) {
        map.insert("pagination".to_owned(), json!({ "cursor": last.id }));
    }
    Ok(Reply::ok(value))
}

/// Nobody else is here to share any.
#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn list_shared(_: &mut State, _: &Call<'_>) -> Answer {
    Ok(Reply::ok(json!({ "projects": [] })))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let asked = call.body("/project");
    let text = |pointer: &str| asked.pointer(pointer).and_then(Value::as_str);
    let org_id = text("/org_id").unwrap_or(DEFAULT_ORGANIZATION);
    if state.account.organization(org_id).is_none() {
        return Err(ApiError::not_found("organization"));
    }
    let region_id = text("/region_id").unwrap_or(region::DEFAULT);
    if !region::exists(region_id) {
        let message = format!("project.region_id: unknown region {region_id:?}");
        return Err(ApiError::bad_request(message));
    }
    let source = &mut state.source;
    let id = source.ids.project();
    let name = text("/name").unwrap_or(&id).to_owned();
    let mut project = Project::new(id, name, org_id.to_owned(), now);
    project.set(asked);
    region_id.clone_into(&mut project.region_id);
    if let Some(version) = asked.get("pg_version").and_then(Value::as_i64) {
        project.pg_version = version;
    }
    if let Some(store) = asked.get("store_passwords").and_then(Value::as_bool) {
        project.store_passwords = store;
    }
    for limit in ["autoscaling_limit_min_cu", "autoscaling_limit_max_cu"] {
        if let Some(value) = asked.get(limit) {
            let settings = &mut project.endpoint_settings;
            settings.insert(limit.to_owned(), value.clone());
        }
    }

    let branch_name = text("/branch/name").unwrap_or("main").to_owned();
    let mut branch = Branch::new(source.ids.branch(), branch_name, now);
    branch.annotation = asked
        .pointer("/branch/annotations")
        .and_then(Value::as_object)
        .cloned();
    let role_name = text("/branch/role_name").unwrap_or("neondb_owner");
    let database_name = text("/branch/database_name").unwrap_or("neondb");
    branch.roles.push(Role::new(role_name, source, now));
    let database = Database::new(database_name, role_name, source, now);
    branch.databases.push(database);
    let settings = Value::Object(project.endpoint_settings.clone());
    let asked = Value::Null;
    let region_id = &project.region_id;
    let mut endpoint = Endpoint::new(&branch.id, region_id, &settings, &asked, source, now);

    let operations = &mut project.operations;
    let first = operations.schedule(source, now, "create_timeline", Some(&branch.id), None);
    branch.ready(operations.busy_until());
    let second = operations.schedule(
        source,
        now,
        "start_compute",
        Some(&branch.id),
        Some(&endpoint.id),
    );
    endpoint.start(operations.busy_until(), now);
    project.default_branch.clone_from(&branch.id);

    let user = &state.account.user;
    let roles = branch.roles.iter();
    let roles: Value = roles
        .map(|r| r.json_with_password(&branch.id, source))
        .collect();
    let databases = branch.databases.iter();
    let databases: Value = databases.map(|d| d.json(&branch.id, source)).collect();
    let value = json!({
        "project": project.json(source),
        "connection_uris": connection::uris(&branch, &endpoint),
        "roles": roles,
        "databases": databases,
        "branch": branch.json(&project.id, true, user, source, now),
        "endpoints": [endpoint.json(&project.id, source, now)],
    });
    let value = with_operations(value, &[first, second], &project, source, now);
    project.branches.push(branch);
    project.endpoints.push(endpoint);
    state.projects.insert(project);
    Ok(Reply::created(value))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let user = state.account.user.clone();
    let (project, source) = call.project(state)?;
    Ok(Reply::ok(
        json!({ "project": project.json_full(&user, source) }),
    ))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let (project, source) = call.project(state)?;
    let asked = call.body("/project");
    let for_computes = asked.get("settings").is_some();
    if for_computes {
        project.must_be_unlocked(source, now)?;
    }
    project.set(asked);
    project.updated_at = now;
    let mut positions = Vec::new();
    if for_computes {
        for endpoint in project.endpoints.iter().filter(|e| e.will_run()) {
            let (branch, endpoint) = (
                Some(endpoint.branch_id.as_str()),
                Some(endpoint.id.as_str()),
            );
            let operations = &mut project.operations;
            positions.push(operations.schedule(source, now, "apply_config", branch, endpoint));
        }
    }
    let value = json!({ "project": project.json(source) });
    let value = with_operations(value, &positions, project, source, now);
    Ok(Reply::ok(value))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    if project.branches.iter().any(|branch| branch.protected) {
        let message = "a project with protected branches cannot be deleted";
        return Err(ApiError::refused(message));
    }
    project.must_be_unlocked(source, call.now)?;
    let value = json!({ "project": project.json(source) });
    state.projects.remove(call.parameter("project_id"));
    Ok(Reply::ok(value))
}
