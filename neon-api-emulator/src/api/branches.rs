//! Branches.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, connection, with_operations};
use crate::error::ApiError;
use crate::state::branch::{Branch, Origin};
use crate::state::endpoint::Endpoint;
use crate::state::project::{Gone, Project};
use crate::state::{Source, State};

/// The page size where the caller asks for none; the API states no default.
const PAGE: usize = 100;

fn found<'a>(project: &'a Project, search: Option<&str>) -> Vec<&'a Branch> {
    let search = search.map(str::to_lowercase);
    let wanted = |branch: &&Branch| {
        search.as_deref().is_none_or(|text| {
            branch.name.to_lowercase().contains(text) || branch.id.contains(text)
        })
    };
    project.branches.iter().filter(wanted).collect()
}

/// What branches are sorted by, as text that compares as it does: names as they are, times by
/// their nanoseconds. Ids decide between equals.
fn key(branch: &Branch, sort_by: &str) -> (String, String) {
    let nanos = |moment: crate::clock::Moment| format!("{:039}", moment.as_nanos());
    let key = match sort_by {
        "name" => branch.name.clone(),
        "created_at" => nanos(branch.created_at),
        _ => nanos(branch.updated_at),
    };
    (key, branch.id.clone())
}

/// The key of the last item and the order that it is of, not meant to be read by clients.
fn cursor(sort_by: &str, sort_order: &str, (key, id): &(String, String)) -> String {
    let text = format!("{sort_by}\n{sort_order}\n{id}\n{key}");
    let hex = |byte: u8| [byte >> 4, byte & 0xf].map(|half| char::from_digit(half.into(), 16));
    text.bytes().flat_map(hex).flatten().collect()
}

fn read_cursor(text: &str, sort_by: &str, sort_order: &str) -> Result<(String, String), ApiError> {
    let read = || {
        let bytes: Option<Vec<u8>> = (0..text.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok())
            .collect();
        let text = String::from_utf8(bytes?).ok()?;
        let mut parts = text.splitn(4, '\n');
        let same = parts.next()? == sort_by && parts.next()? == sort_order;
        let id = parts.next()?.to_owned();
        let key = parts.next()?.to_owned();
        same.then_some((key, id))
    };
    // A walk that changes its order halfway would miss items: better refused than wrong.
    read().ok_or_else(|| ApiError::bad_request("cursor: is not valid for this order"))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let user = state.account.user.clone();
    let (project, source) = call.project(state)?;
    let sort_by = call.text("sort_by").unwrap_or("updated_at");
    let sort_order = call.text("sort_order").unwrap_or("desc");
    let mut all: Vec<((String, String), &Branch)> = found(project, call.text("search"))
        .into_iter()
        .map(|branch| (key(branch, sort_by), branch))
        .collect();
    let in_order = |a: &(String, String), b: &(String, String)| -> Ordering {
        if sort_order == "asc" {
            a.cmp(b)
        } else {
            b.cmp(a)
        }
    };
    all.sort_by(|(a, _), (b, _)| in_order(a, b));
    if let Some(text) = call.text("cursor") {
        let last = read_cursor(text, sort_by, sort_order)?;
        all.retain(|(key, _)| in_order(key, &last) == Ordering::Greater);
    }
    let limit = call.limit(PAGE);
    let page = all.get(..limit.min(all.len())).unwrap_or_default();
    let is_default = |branch: &Branch| branch.id == project.default_branch;
    let items: Value = page
        .iter()
        .map(|(_, branch)| branch.json(&project.id, is_default(branch), &user, source, call.now))
        .collect();
    let annotations: Map<String, Value> = page
        .iter()
        .filter_map(|(_, branch)| Some((branch.id.clone(), branch.annotation_json(source)?)))
        .collect();
    let mut pagination = Map::new();
    pagination.insert("sort_by".to_owned(), json!(sort_by));
    pagination.insert("sort_order".to_owned(), json!(sort_order.to_uppercase()));
    if let (true, Some((last, _))) = (all.len() > limit, page.last()) {
        let next = cursor(sort_by, sort_order, last);
        pagination.insert("next".to_owned(), json!(next));
    }
    Ok(Reply::ok(json!({
        "branches": items,
        "annotations": annotations,
        "pagination": pagination,
    })))
}

pub(super) fn count(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let count = found(project, call.text("search")).len();
    Ok(Reply::ok(json!({ "count": count })))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let user = state.account.user.clone();
    let (project, source) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    let default = branch.id == project.default_branch;
    Ok(Reply::ok(json!({
        "branch": branch.json(&project.id, default, &user, source, call.now),
        "annotation": branch.annotation_or_empty(source),
    })))
}

/// The branch that a request asks for, with nothing scheduled yet.
fn new_branch(project: &Project, call: &Call<'_>, source: &mut Source) -> Result<Branch, ApiError> {
    let asked = call.body("/branch");
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    let parent_id = text("parent_id").unwrap_or(&project.default_branch);
    let parent = project
        .branch(parent_id)
        .map_err(|_| ApiError::not_found("parent branch"))?;
    if let Some(name) = text("name") {
        project.name_is_free(name)?;
    }
    let id = source.ids.branch();
    // Unnamed branches are called as their id is.
    let name = text("name").unwrap_or(&id).to_owned();
    let mut branch = Branch::new(id, name, call.now);
    branch.inherit(parent, source);
    branch.protected = asked.get("protected").and_then(Value::as_bool) == Some(true);
    branch.expires_at = text("expires_at").map(str::to_owned);
    let annotation = call.body("/annotation_value").as_object();
    branch.annotation = annotation.cloned();
    if let Some(init_source) = text("init_source") {
        init_source.clone_into(&mut branch.init_source);
    }
    // A branch that takes over only the schema is a root of its own.
    if branch.init_source != "schema-only" {
        let parent_lsn = text("parent_lsn").map(str::to_owned);
        let timestamp = text("parent_timestamp").map(str::to_owned);
        branch.origin = Some(Origin {
            parent_id: parent_id.to_owned(),
            lsn: parent_lsn.unwrap_or_else(|| source.ids.lsn()),
            timestamp: timestamp.unwrap_or_else(|| source.text(call.now)),
        });
    }
    Ok(branch)
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let user = state.account.user.clone();
    let (project, source) = call.project(state)?;
    let asked_endpoints = call.body("/endpoints").as_array().map(Vec::as_slice);
    let asked_endpoints = asked_endpoints.unwrap_or_default();
    let is_read_write = |asked: &&Value| asked.get("type") == Some(&json!("read_write"));
    if asked_endpoints.iter().filter(is_read_write).count() > 1 {
        let message = "a branch has at most one read_write endpoint";
        return Err(ApiError::conflict(message));
    }
    let mut branch = new_branch(project, call, source)?;
    project.must_be_unlocked(source, now)?;

    let operations = &mut project.operations;
    let mut positions =
        vec![operations.schedule(source, now, "create_branch", Some(&branch.id), None)];
    branch.ready(operations.busy_until());
    let settings = Value::Object(project.endpoint_settings.clone());
    let mut endpoints = Vec::new();
    for asked in asked_endpoints {
        let region_id = &project.region_id;
        let mut endpoint = Endpoint::new(&branch.id, region_id, &settings, asked, source, now);
        let of = (Some(branch.id.as_str()), Some(endpoint.id.as_str()));
        positions.push(operations.schedule(source, now, "start_compute", of.0, of.1));
        endpoint.start(operations.busy_until(), now);
        endpoints.push(endpoint);
    }

    let id = &project.id;
    let roles: Value = branch
        .roles
        .iter()
        .map(|r| r.json(&branch.id, source))
        .collect();
    let databases = branch.databases.iter();
    let databases: Value = databases.map(|d| d.json(&branch.id, source)).collect();
    let shown: Value = endpoints.iter().map(|e| e.json(id, source, now)).collect();
    let mut value = json!({
        "branch": branch.json(id, false, &user, source, now),
        "endpoints": shown,
        "roles": roles,
        "databases": databases,
    });
    if let (Some(map), Some(endpoint)) = (value.as_object_mut(), endpoints.first())
        && project.store_passwords
    {
        let uris = connection::uris(&branch, endpoint);
        map.insert("connection_uris".to_owned(), uris);
    }
    let value = with_operations(value, &positions, project, source, now);
    project.branches.push(branch);
    project.endpoints.extend(endpoints);
    Ok(Reply::created(value))
}

/// An answer about one branch.
pub(super) fn shown(
    state: &mut State,
    call: &Call<'_>,
    branch_id: &str,
    positions: &[usize],
) -> Answer {
    let user = state.account.user.clone();
    let (project, source) = call.project(state)?;
    let branch = project.branch(branch_id)?;
    let default = branch.id == project.default_branch;
    let value = json!({ "branch": branch.json(&project.id, default, &user, source, call.now) });
    let value = with_operations(value, positions, project, source, call.now);
    Ok(Reply::ok(value))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("branch_id");
    let (project, _) = call.project(state)?;
    let asked = call.body("/branch");
    let name = asked.get("name").and_then(Value::as_str);
    let current = &project.branch(id)?.name;
    if let Some(name) = name
        && name != current
    {
        project.name_is_free(name)?;
    }
    let sets_expiry = asked
        .get("expires_at")
        .is_some_and(|value| !value.is_null());
    if sets_expiry && id == project.default_branch {
        return Err(ApiError::refused("the default branch cannot expire"));
    }
    let branch = project.branch_mut(id)?;
    if let Some(name) = name {
        name.clone_into(&mut branch.name);
    }
    if let Some(protected) = asked.get("protected").and_then(Value::as_bool) {
        branch.protected = protected;
    }
    // Null clears it, absent leaves it.
    if let Some(expires_at) = asked.get("expires_at") {
        branch.expires_at = expires_at.as_str().map(str::to_owned);
    }
    branch.updated_at = call.now;
    shown(state, call, id, &[])
}

pub(super) fn set_default(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("branch_id");
    let (project, _) = call.project(state)?;
    let branch = project.branch_mut(id)?;
    branch.updated_at = call.now;
    // A default branch does not expire.
    branch.expires_at = None;
    id.clone_into(&mut project.default_branch);
    shown(state, call, id, &[])
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("branch_id");
    let user = state.account.user.clone();
    let (project, source) = call.project(state)?;
    if project.was(&Gone::Branch(id.to_owned())) {
        return Ok(Reply::empty(204));
    }
    let branch = project.branch(id)?;
    let refused = if id == project.default_branch {
        Some("cannot delete the default branch")
    } else if branch.protected {
        Some("cannot delete a protected branch")
    } else if project.has_children(id) {
        Some("cannot delete a branch that has children")
    } else if branch.origin.is_none() && branch.init_source != "schema-only" {
        Some("cannot delete a root branch")
    } else {
        None
    };
    if let Some(message) = refused {
        return Err(ApiError::refused(message));
    }
    project.must_be_unlocked(source, now)?;
    let mut positions = Vec::new();
    let of_branch = project.endpoints.iter().filter(|e| e.branch_id == id);
    for endpoint in of_branch.filter(|e| e.will_run()) {
        let operations = &mut project.operations;
        let endpoint = Some(endpoint.id.as_str());
        positions.push(operations.schedule(source, now, "suspend_compute", Some(id), endpoint));
    }
    let operations = &mut project.operations;
    positions.push(operations.schedule(source, now, "delete_timeline", Some(id), None));
    let deleted_at = operations.busy_until();
    let Some(mut branch) = project.remove_branch(id) else {
        return Err(ApiError::not_found("branch"));
    };
    branch.delete(deleted_at);
    branch.updated_at = now;
    let value = json!({ "branch": branch.json(&project.id, false, &user, source, now) });
    let value = with_operations(value, &positions, project, source, now);
    Ok(Reply::ok(value))
}
