//! Compute endpoints.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, with_operations};
use crate::error::ApiError;
use crate::state::State;
use crate::state::endpoint::Endpoint;
use crate::state::project::Gone;

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    listed(state, call, None)
}

pub(super) fn list_of_branch(state: &mut State, call: &Call<'_>) -> Answer {
    listed(state, call, Some(call.parameter("branch_id")))
}

fn listed(state: &mut State, call: &Call<'_>, branch_id: Option<&str>) -> Answer {
    let (project, source) = call.project(state)?;
    if let Some(id) = branch_id {
        project.branch(id)?;
    }
    let wanted = |e: &&Endpoint| branch_id.is_none_or(|id| e.branch_id == id);
    let endpoints = project.endpoints.iter().filter(wanted);
    let endpoints: Value = endpoints
        .map(|e| e.json(&project.id, source, call.now))
        .collect();
    Ok(Reply::ok(json!({ "endpoints": endpoints })))
}

/// An answer about one endpoint.
fn shown(state: &mut State, call: &Call<'_>, id: &str, positions: &[usize]) -> Answer {
    let (project, source) = call.project(state)?;
    let endpoint = project.endpoint(id)?;
    let value = json!({ "endpoint": endpoint.json(&project.id, source, call.now) });
    let value = with_operations(value, positions, project, source, call.now);
    Ok(Reply::ok(value))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let endpoint = project.endpoint(call.parameter("endpoint_id"))?;
    let value = endpoint.json(&project.id, source, call.now);
    Ok(Reply::ok(json!({ "endpoint": value })))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let asked = call.body("/endpoint");
    let branch_id = asked.get("branch_id").and_then(Value::as_str);
    let branch_id = branch_id.unwrap_or_default();
    let (project, source) = call.project(state)?;
    project.branch(branch_id)?;
    let region_id = asked.get("region_id").and_then(Value::as_str);
    if region_id.is_some_and(|id| id != project.region_id) {
        let message = "endpoint.region_id: must be the project's region";
        return Err(ApiError::bad_request(message));
    }
    let read_write = asked.get("type") == Some(&json!("read_write"));
    if read_write && project.primary_endpoint(branch_id).is_some() {
        return Err(ApiError::conflict("read_write endpoint already exists"));
    }
    project.must_be_unlocked(source, now)?;
    let settings = Value::Object(project.endpoint_settings.clone());
    let region_id = &project.region_id;
    let mut endpoint = Endpoint::new(branch_id, region_id, &settings, asked, source, now);
    let operations = &mut project.operations;
    let of = (Some(branch_id), Some(endpoint.id.as_str()));
    let position = operations.schedule(source, now, "start_compute", of.0, of.1);
    endpoint.start(operations.busy_until(), now);
    let id = endpoint.id.clone();
    project.endpoints.push(endpoint);
    let mut reply = shown(state, call, &id, &[position])?;
    reply.status = 201;
    Ok(reply)
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("endpoint_id");
    let (project, source) = call.project(state)?;
    let endpoint = project.endpoint(id)?;
    let asked = call.body("/endpoint");
    let target = asked.get("branch_id").and_then(Value::as_str);
    if let Some(target) = target
        && target != endpoint.branch_id
    {
        project.branch(target)?;
        if endpoint.read_write && project.primary_endpoint(target).is_some() {
            return Err(ApiError::conflict("read_write endpoint already exists"));
        }
    }
    project.must_be_unlocked(source, now)?;
    let endpoint = project.endpoint_mut(id)?;
    let changed = endpoint.set(asked, now);
    if let Some(target) = target {
        endpoint.move_to(target, now);
    }
    let mut positions = Vec::new();
    if changed && endpoint.will_run() {
        let branch_id = endpoint.branch_id.clone();
        let operations = &mut project.operations;
        let of = (Some(branch_id.as_str()), Some(id));
        positions.push(operations.schedule(source, now, "apply_config", of.0, of.1));
    }
    shown(state, call, id, &positions)
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("endpoint_id");
    let (project, source) = call.project(state)?;
    if project.was(&Gone::Endpoint(id.to_owned())) {
        return Ok(Reply::empty(204));
    }
    let endpoint = project.endpoint(id)?;
    project.must_be_unlocked(source, now)?;
    let mut positions = Vec::new();
    if endpoint.will_run() {
        let branch_id = endpoint.branch_id.clone();
        let of = (Some(branch_id.as_str()), Some(id));
        let operations = &mut project.operations;
        positions.push(operations.schedule(source, now, "suspend_compute", of.0, of.1));
    }
    let reply = shown(state, call, id, &positions)?;
    let (project, _) = call.project(state)?;
    project.endpoints.retain(|endpoint| endpoint.id != id);
    project.bury(Gone::Endpoint(id.to_owned()));
    Ok(reply)
}

/// How an endpoint's state is to change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Start,
    Suspend,
    Restart,
}

pub(super) fn start(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, Change::Start)
}

pub(super) fn suspend(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, Change::Suspend)
}

pub(super) fn restart(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, Change::Restart)
}

fn change(state: &mut State, call: &Call<'_>, change: Change) -> Answer {
    let now = call.now;
    let id = call.parameter("endpoint_id");
    let (project, source) = call.project(state)?;
    let endpoint = project.endpoint(id)?;
    if source.conflicts && change == Change::Suspend && endpoint.in_transition(now) {
        let message = "endpoint is in some transitive state, could not suspend";
        return Err(ApiError::new(423, message));
    }
    project.must_be_unlocked(source, now)?;
    let runs = endpoint.will_run();
    let branch_id = endpoint.branch_id.clone();
    let of = (Some(branch_id.as_str()), Some(id));
    let mut positions = Vec::new();
    if runs && change != Change::Start {
        let operations = &mut project.operations;
        positions.push(operations.schedule(source, now, "suspend_compute", of.0, of.1));
        let at = operations.busy_until();
        project.endpoint_mut(id)?.suspend(at, now);
    }
    if change == Change::Restart || (!runs && change == Change::Start) {
        let operations = &mut project.operations;
        positions.push(operations.schedule(source, now, "start_compute", of.0, of.1));
        let at = operations.busy_until();
        project.endpoint_mut(id)?.start(at, now);
    }
    shown(state, call, id, &positions)
}
