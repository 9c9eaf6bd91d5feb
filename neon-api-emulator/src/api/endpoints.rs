//! Compute endpoints.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, checks, with_operations};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::backing::Task;
use crate::state::branch::BranchState;
use crate::state::endpoint::Endpoint;
use crate::state::limits::Counted;
use crate::state::project::{Gone, Project};
use crate::state::{Source, State};

/// An endpoint as a request asks for it, that is not in the project yet.
pub(super) fn new_endpoint(
    project: &Project,
    branch_id: &str,
    asked: &Value,
    source: &mut Source,
    now: Moment,
) -> Result<Endpoint, ApiError> {
    let defaults = Value::Object(project.endpoint_settings.clone());
    let region_id = &project.region_id;
    let mut endpoint = Endpoint::new(branch_id, region_id, &defaults, asked, source, now);
    // One bound alone moves the other, where that comes from the project's settings.
    let (low, high) = endpoint.bounds();
    let given = |key: &str| asked.get(key).is_some_and(Value::is_number);
    if low > high && !given("autoscaling_limit_max_cu") {
        endpoint.set(&json!({ "autoscaling_limit_max_cu": low }), now);
    } else if low > high && !given("autoscaling_limit_min_cu") {
        endpoint.set(&json!({ "autoscaling_limit_min_cu": high }), now);
    }
    check_bounds(&endpoint, source)?;
    Ok(endpoint)
}

fn check_bounds(endpoint: &Endpoint, source: &Source) -> Result<(), ApiError> {
    let (low, high) = endpoint.bounds();
    checks::sizes(low, high)?;
    match source.limits.compute_units {
        Some(limit) if high > limit => {
            let message = format!("autoscaling_limit_max_cu: at most {limit} is allowed");
            Err(ApiError::refused(message))
        }
        _ => Ok(()),
    }
}

/// Whether the project may have and run `more` endpoints.
pub(super) fn must_fit(project: &Project, source: &Source, more: usize) -> Result<(), ApiError> {
    let limits = &source.limits;
    limits.admit(Counted::Endpoints, project.endpoints.len(), more)?;
    limits.admit(Counted::ActiveEndpoints, project.endpoints.running(), more)
}

/// Whether the project's quota lets computes run.
fn must_have_time_left(project: &Project, now: Moment) -> Result<(), ApiError> {
    match project.used_up_quota(now) {
        Some(name) => {
            let message = format!("the project has used up its quota of {name}");
            Err(ApiError::refused(message).with_code("COMPUTE_TIME_EXCEEDED"))
        }
        None => Ok(()),
    }
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    listed(state, call, None)
}

pub(super) fn list_of_branch(state: &mut State, call: &Call<'_>) -> Answer {
    listed(state, call, Some(call.parameter("branch_id")))
}

fn listed(state: &mut State, call: &Call<'_>, branch_id: Option<&str>) -> Answer {
    let (project, source) = call.project(state)?;
    let one = |e: &Endpoint| e.json(&project.id, source, call.now);
    let endpoints: Value = match branch_id {
        Some(id) => {
            project.branch(id)?;
            project.endpoints.of_branch(id).map(one).collect()
        }
        None => project.endpoints.iter().map(one).collect(),
    };
    Ok(Reply::ok(json!({ "endpoints": endpoints })))
}

/// A response with one endpoint.
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
    let branch = project.branch(branch_id)?;
    let region_id = asked.get("region_id").and_then(Value::as_str);
    if region_id.is_some_and(|id| id != project.region_id) {
        let message = "endpoint.region_id: must be the project's region";
        return Err(ApiError::bad_request(message));
    }
    let read_write = asked.get("type") == Some(&json!("read_write"));
    if read_write && project.primary_endpoint(branch_id).is_some() {
        return Err(ApiError::conflict("read_write endpoint already exists"));
    }
    must_fit(project, source, 1)?;
    must_have_time_left(project, now)?;
    project.must_be_unlocked(source, now)?;
    branch.must_be_ready(now)?;
    let mut endpoint = new_endpoint(project, branch_id, asked, source, now)?;
    let positions = start_compute(project, &mut endpoint, source, now);
    let value = json!({ "endpoint": endpoint.json_created(&project.id, source, now) });
    project.endpoints.insert(endpoint);
    let value = with_operations(value, &positions, project, source, now);
    Ok(Reply::created(value))
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
    let mut changed = endpoint.clone();
    let sets = changed.set(asked, now);
    if let Some(target) = target {
        changed.move_to(target, now);
    }
    check_bounds(&changed, source)?;
    let (branch_id, runs) = (changed.branch_id.clone(), changed.will_run());
    let disables = changed.is_disabled();
    project.change_endpoint(id, |endpoint| *endpoint = changed)?;
    let mut positions = Vec::new();
    let of = (Some(branch_id.as_str()), Some(id));
    if target.is_some() && runs {
        source.does(&branch_id, Some(id), Task::Suspend);
        source.does(&branch_id, Some(id), Task::Start);
    }
    if sets && runs {
        let operations = &mut project.operations;
        let action = if disables {
            "suspend_compute"
        } else {
            "apply_config"
        };
        positions.push(operations.schedule(source, now, action, of.0, of.1));
        let at = operations.last_takes_effect_at();
        if disables {
            project.change_endpoint(id, |endpoint| endpoint.suspend(at, now))?;
        }
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
    project.remove_endpoint(id, now);
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
    let runs = endpoint.will_run();
    if change != Change::Suspend {
        if endpoint.is_disabled() {
            return Err(ApiError::refused("the endpoint is disabled"));
        }
        must_have_time_left(project, now)?;
        if !runs {
            let running = project.endpoints.running();
            source.limits.admit(Counted::ActiveEndpoints, running, 1)?;
        }
    }
    project.must_be_unlocked(source, now)?;
    let mut endpoint = endpoint.clone();
    let mut positions = Vec::new();
    if runs && change != Change::Start {
        let operations = &mut project.operations;
        let of = (Some(endpoint.branch_id.as_str()), Some(id));
        positions.push(operations.schedule(source, now, "suspend_compute", of.0, of.1));
        endpoint.suspend(operations.last_takes_effect_at(), now);
    }
    if change == Change::Restart || (!runs && change == Change::Start) {
        positions.extend(start_compute(project, &mut endpoint, source, now));
    }
    project.change_endpoint(id, |old| *old = endpoint)?;
    shown(state, call, id, &positions)
}

/// Schedules the start of a compute, behind that of its branch's data, where they are archived.
fn start_compute(
    project: &mut Project,
    endpoint: &mut Endpoint,
    source: &mut Source,
    now: Moment,
) -> Vec<usize> {
    let branch = endpoint.branch_id.clone();
    let of = (Some(branch.as_str()), Some(endpoint.id.as_str()));
    let mut positions = Vec::new();
    let operations = &mut project.operations;
    let archived = project.branches.get(&branch).map(|b| b.state(now));
    if archived == Some(BranchState::Archived) {
        positions.push(operations.schedule(source, now, "timeline_unarchive", of.0, None));
        if let Some(at) = operations.last_takes_effect_at() {
            project.branches.change(&branch, |b| b.ready(Some(at)));
        }
    }
    positions.push(operations.schedule(source, now, "start_compute", of.0, of.1));
    endpoint.start(operations.last_takes_effect_at(), now);
    positions
}
