//! Projects.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, Reply, access, checks, connection, endpoints, with_cursor, with_operations,
};
use crate::error::ApiError;
use crate::state::backing::{Origin, Task};
use crate::state::branch::Branch;
use crate::state::database::Database;
use crate::state::keys::Owner;
use crate::state::limits::Counted;
use crate::state::project::Project;
use crate::state::role::Role;
use crate::state::{State, region};

/// The page size that the specification states.
const PAGE: usize = 10;

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = call.text("org_id");
    if let Some(id) = organization {
        access::must_belong(state, call, id)?;
    }
    if organization.is_none() && must_name_organization(state, call) {
        return Err(org_id_required());
    }
    let own: Vec<&str> = match call.caller {
        Owner::User(id) => {
            let memberships = state.account.memberships(id);
            memberships.map(|member| member.org_id.as_str()).collect()
        }
        Owner::Organization(id) | Owner::Project { org_id: id, .. } => vec![id],
    };
    let wanted = |project: &&Project| {
        organization.is_none_or(|id| project.org_id == id)
            && (call.direct || own.contains(&project.org_id.as_str()))
            && access::level(state, call, project).is_some()
    };
    let mut reply = page(state, call, wanted)?;
    if let super::ReplyBody::Json(Value::Object(map)) = &mut reply.body {
        for others in ["applications", "integrations"] {
            map.insert(others.to_owned(), json!({}));
        }
    }
    Ok(reply)
}

pub(super) fn list_shared(state: &mut State, call: &Call<'_>) -> Answer {
    access::personal_or_organization(call)?;
    let user = call.user(&state.account);
    let is_shared = |project: &&Project| project.sharing.is_granted_to(&user.email);
    page(state, call, is_shared)
}

/// A page of those that are `wanted` and searched for.
fn page(state: &State, call: &Call<'_>, wanted: impl Fn(&&Project) -> bool) -> Answer {
    let search = call.text("search").map(str::to_lowercase);
    let found = |project: &&Project| {
        search.as_deref().is_none_or(|text| {
            project.name.to_lowercase().contains(text) || project.id.contains(text)
        })
    };
    let (cursor, limit) = (call.text("cursor"), call.limit(PAGE));
    let chosen = |project: &&Project| found(project) && wanted(project);
    let page: Option<Vec<&Project>> = if call.flag("recoverable") == Some(true) {
        let deleted = state.projects.deleted_after(cursor, call.now);
        deleted.map(|deleted| deleted.filter(chosen).take(limit).collect())
    } else {
        let projects = state.projects.after(cursor);
        projects.map(|projects| projects.filter(chosen).take(limit).collect())
    };
    let page = page.ok_or_else(|| ApiError::bad_request("cursor: is not valid"))?;
    let items: Value = page.iter().map(|p| shown_in_list(state, call, p)).collect();
    let value = json!({ "projects": items });
    let last = page.last().map(|project| project.id.as_str());
    Ok(Reply::ok(with_cursor(value, last)))
}

fn shown_in_list(state: &State, call: &Call<'_>, project: &Project) -> Value {
    let mut value = project.json_item(&state.source, call.now);
    let Some(map) = value.as_object_mut() else {
        return value;
    };
    if let Ok(organization) = state.account.organization(&project.org_id) {
        map.insert("org_name".to_owned(), json!(organization.name));
    }
    add_level(map, state, call, project);
    value
}

/// What the caller may do with a project.
fn add_level(map: &mut Map<String, Value>, state: &State, call: &Call<'_>, project: &Project) {
    if let Some(level) = access::level(state, call, project) {
        let key = "effective_project_permission".to_owned();
        map.insert(key, json!(level.text()));
    }
}

/// Whether the caller is a person who has to say which organization is meant.
fn must_name_organization(state: &State, call: &Call<'_>) -> bool {
    let is_person = matches!(call.caller, Owner::User(_)) && !call.direct;
    is_person && state.source.org_id_required
}

fn org_id_required() -> ApiError {
    let message = "org_id is required, you can find it on your organization settings page";
    ApiError::bad_request(message)
}

/// The organization that a new project belongs to.
fn organization<'a>(state: &'a State, call: &'a Call<'_>) -> Result<&'a str, ApiError> {
    access::personal_or_organization(call)?;
    let asked = call.body("/project/org_id").as_str();
    let org_id = match (call.caller, asked) {
        (_, Some(id)) => id,
        (Owner::Organization(id) | Owner::Project { org_id: id, .. }, None) => id,
        (Owner::User(_), None) if must_name_organization(state, call) => {
            return Err(org_id_required());
        }
        (Owner::User(id), None) => {
            let first = state.account.memberships(id).next();
            &first.ok_or_else(org_id_required)?.org_id
        }
    };
    access::must_belong(state, call, org_id)?;
    if let (Owner::User(id), false) = (call.caller, call.direct) {
        let role = state
            .account
            .membership(org_id, id)
            .map(|m| m.role.as_str());
        let level = role.and_then(access::Level::of_organization_role);
        if level < Some(access::Level::Editor) {
            let message = "the caller's role in the organization does not allow this";
            return Err(ApiError::forbidden(message));
        }
    }
    // Counting looks at every project.
    if state.source.limits.projects.is_some() {
        let present = state.projects.count_of(org_id);
        state.source.limits.admit(Counted::Projects, present, 1)?;
    }
    Ok(org_id)
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let asked = call.body("/project");
    let text = |pointer: &str| asked.pointer(pointer).and_then(Value::as_str);
    let org_id = organization(state, call)?.to_owned();
    let creator = call.user(&state.account).creator();
    let region_id = text("/region_id").unwrap_or(region::DEFAULT);
    if !region::exists(region_id) {
        let message = format!("project.region_id: unknown region {region_id:?}");
        return Err(ApiError::bad_request(message));
    }
    checks::project(asked)?;
    for name in ["role_name", "database_name"] {
        if let Some(text) = text(&format!("/branch/{name}")) {
            checks::name(&format!("project.branch.{name}"), text)?;
        }
    }
    let source = &mut state.source;
    let mut id = source.ids.project();
    while state.projects.knows(&id) {
        id = source.ids.project();
    }
    let name = text("/name").unwrap_or(&id).to_owned();
    let mut project = Project::new(id, name, org_id, now);
    project.set(asked);
    region_id.clone_into(&mut project.region_id);
    if let Some(version) = asked.get("pg_version").and_then(Value::as_i64) {
        project.pg_version = version;
    } else if let Some(backing) = source.backing() {
        project.pg_version = backing.version();
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
    let mut branch = Branch::new(source.ids.branch(), branch_name, creator, now);
    branch.is_first = true;
    branch.annotation = asked
        .pointer("/branch/annotations")
        .and_then(Value::as_object)
        .cloned();
    let database_name = text("/branch/database_name").unwrap_or("neondb");
    let owner_name = format!("{database_name}_owner");
    let role_name = text("/branch/role_name").unwrap_or(&owner_name);
    branch.roles.push(Role::new(role_name, source, now));
    let database = Database::new(database_name, role_name, source, now);
    branch.databases.push(database);
    checks::default_sizes(&project.endpoint_settings)?;
    let mut endpoint = endpoints::new_endpoint(&project, &branch.id, &Value::Null, source, now)?;

    source.next_does(Task::Fill {
        origin: Origin::Nothing,
        changes: branch.all_changes(),
    });
    let operations = &mut project.operations;
    let first = operations.schedule(source, now, "create_timeline", Some(&branch.id), None);
    branch.ready(operations.last_takes_effect_at());
    let second = operations.schedule(
        source,
        now,
        "start_compute",
        Some(&branch.id),
        Some(&endpoint.id),
    );
    endpoint.start(operations.last_takes_effect_at(), now);
    project.default_branch.clone_from(&branch.id);

    let id = branch.id.clone();
    let uris = connection::uris(&branch, &endpoint, source);
    project.add_branch(branch);
    let endpoint_shown = endpoint.json_created(&project.id, source, now);
    project.endpoints.insert(endpoint);
    let branch = project.branch(&id)?;
    let roles = branch.roles.iter();
    let roles: Value = roles.map(|r| r.json_with_password(&id, source)).collect();
    let databases = branch.databases.iter();
    let databases: Value = databases.map(|d| d.json(&id, source)).collect();
    let mut branch_shown = branch.json(&project, source, now);
    if let Some(map) = branch_shown.as_object_mut() {
        // Here, and only here, the API does not say who made it.
        map.remove("created_by");
    }
    let value = json!({
        "project": project.json_created(source, now),
        "connection_uris": uris.unwrap_or_else(|| json!([])),
        "roles": roles,
        "databases": databases,
        "branch": branch_shown,
        "endpoints": [endpoint_shown],
    });
    let value = with_operations(value, &[first, second], &project, source, now);
    state.projects.insert(project);
    Ok(Reply::created(value))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let user = call.user(&state.account).clone();
    let (project, source) = call.project(state)?;
    let mut value = project.json_full(&user, source, call.now);
    if let (Some(map), Some(project)) = (
        value.as_object_mut(),
        state.projects.get(call.parameter("project_id")),
    ) {
        add_level(map, state, call, project);
    }
    Ok(Reply::ok(json!({ "project": value })))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let (project, source) = call.project(state)?;
    let asked = call.body("/project");
    let for_computes = asked.get("settings").is_some();
    checks::project(asked)?;
    checks::changed_settings(&project.settings, asked)?;
    if for_computes {
        project.must_be_unlocked(source, now)?;
    }
    let mut sizes = project.endpoint_settings.clone();
    if let Some(asked) = asked.get("default_endpoint_settings") {
        sizes.extend(asked.as_object().cloned().unwrap_or_default());
    }
    checks::default_sizes(&sizes)?;
    project.set(asked);
    project.updated_at = now;
    let mut positions = Vec::new();
    if for_computes {
        let running = project.endpoints.iter().filter(|e| e.will_run());
        for endpoint in running {
            let (branch, id) = (endpoint.branch_id.as_str(), endpoint.id.as_str());
            let operations = &mut project.operations;
            let of = (Some(branch), Some(id));
            positions.push(operations.schedule(source, now, "apply_config", of.0, of.1));
        }
    }
    let value = json!({ "project": project.json(source, now) });
    let value = with_operations(value, &positions, project, source, now);
    Ok(Reply::ok(value))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let (project, source) = call.project(state)?;
    if project.branches.protected() > 0 {
        let message = "a project with protected branches cannot be deleted";
        return Err(ApiError::refused(message));
    }
    // Its operations end with it: the API does not wait for them.
    let value = json!({ "project": project.json(source, now) });
    for endpoint in project.endpoints.iter().filter(|e| e.will_run()) {
        source.does(&endpoint.branch_id, Some(&endpoint.id), Task::Suspend);
    }
    state.delete_project(call.parameter("project_id"), now);
    Ok(Reply::ok(value))
}

pub(super) fn recover(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("project_id");
    let has_data = state.projects.with_data().any(|project| project.id == id);
    if state.source.backing().is_some() && !has_data {
        let message = "the project's data are not kept any more";
        return Err(ApiError::refused(message));
    }
    if !state.projects.recover(id, call.now) {
        let message = "the project was not deleted";
        return Err(ApiError::refused(message));
    }
    let (project, source) = call.project(state)?;
    let branches = project.branches.iter();
    let branches: Value = branches
        .map(|b| b.json(project, source, call.now))
        .collect();
    let project = project.json(source, call.now);
    Ok(Reply::ok(
        json!({ "project": project, "branches": branches }),
    ))
}
