//! Snapshots, and the schedules by which they are taken.

use serde_json::{Value, json};

use super::times::{self, Position};
use super::{Answer, Call, Reply, branches, with_operations};
use crate::error::ApiError;
use crate::state::backing::{Origin, Task};
use crate::state::branch::{Branch, Restored};
use crate::state::limits::Counted;
use crate::state::snapshot::Asked;
use crate::state::{State, schedule};

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let all = project.snapshots.iter();
    let all: Value = all.map(|snapshot| snapshot.json(source)).collect();
    Ok(Reply::ok(json!({ "snapshots": all })))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("branch_id");
    let (project, source) = call.project(state)?;
    let missing = || ApiError::not_found("branch");
    let branch = project.branches.get(id).ok_or_else(missing)?;
    let lsn = ("lsn", call.text("lsn"));
    let timestamp = ("timestamp", call.text("timestamp"));
    let position = Position::read(lsn, timestamp, project, source, now)?;
    let expires_at = match call.text("expires_at") {
        Some(text) => Some(times::future("expires_at", text, source, now)?),
        None => None,
    };
    let slug = call.text("slug");
    if slug.is_some_and(|slug| project.snapshots.has_slug(slug)) {
        let message = "a snapshot with this slug already exists";
        return Err(ApiError::conflict(message));
    }
    if let Some(name) = call.text("name") {
        project.snapshots.name_is_free(name)?;
    }
    let present = project.snapshots.manual();
    source.limits.admit(Counted::Snapshots, present, 1)?;
    project.must_be_unlocked(source, now)?;
    branch.must_be_ready(now)?;
    let asked = Asked {
        name: call.text("name"),
        slug,
        lsn: position.lsn,
        timestamp: position.timestamp.map(|text| (text, position.at)),
        expires_at,
    };
    let snapshot = project.snapshots.take(branch, &asked, source, now);
    let operations = &mut project.operations;
    let position = operations.schedule(source, now, "create_branch", Some(id), None);
    let value = json!({ "snapshot": snapshot });
    let value = with_operations(value, &[position], project, source, now);
    Ok(Reply::ok(value))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let asked = call.body("/snapshot");
    let expires_at = match asked.get("expires_at") {
        Some(Value::String(text)) => Some(Some(times::future(
            "snapshot.expires_at",
            text,
            source,
            call.now,
        )?)),
        // Null clears it, absent leaves it.
        Some(_) => Some(None),
        None => None,
    };
    let id = call.parameter("snapshot_id");
    let name = asked.get("name").and_then(Value::as_str);
    if let Some(name) = name
        && project.snapshots.get(id)?.name != name
    {
        project.snapshots.name_is_free(name)?;
    }
    let snapshot = project.snapshots.get_mut(id)?;
    if let Some(name) = name {
        name.clone_into(&mut snapshot.name);
    }
    if let Some(expires_at) = expires_at {
        snapshot.expires_at = expires_at;
    }
    Ok(Reply::ok(json!({ "snapshot": snapshot.json(source) })))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let id = call.parameter("snapshot_id");
    let (project, source) = call.project(state)?;
    let branch_id = project.snapshots.get(id)?.branch_id.clone();
    project.must_be_unlocked(source, now)?;
    project.snapshots.remove(id);
    let operations = &mut project.operations;
    let of = Some(branch_id.as_str());
    let position = operations.schedule(source, now, "delete_timeline", of, None);
    let value = with_operations(json!({}), &[position], project, source, now);
    Ok(Reply::json(202, value))
}

/// Makes a branch of what a snapshot holds; it takes another's place at once, or when it is told
/// to (see [`finalize`]): that of the snapshot's own branch, where no other is named.
pub(super) fn restore(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let creator = call.user(&state.account).creator();
    let (project, source) = call.project(state)?;
    let snapshot = project
        .snapshots
        .get(call.parameter("snapshot_id"))?
        .clone();
    let finalize = call.body("/finalize_restore").as_bool() == Some(true);
    let target = call.body("/target_branch_id").as_str();
    let target_id = target.unwrap_or(&snapshot.branch_id).to_owned();
    let target_id = match project.branches.get(&target_id) {
        Some(target) => {
            target.must_be_ready(now)?;
            Some(target_id)
        }
        // The snapshot's own branch is gone: there is none to take the place of.
        None if target.is_none() => None,
        None => return Err(ApiError::not_found("target branch")),
    };
    let name = call.body("/name").as_str().or_else(|| call.text("name"));
    if let Some(name) = name {
        project.name_is_free(name)?;
    }
    let present = project.branches.len();
    source.limits.admit(Counted::Branches, present, 1)?;
    // What comes from a snapshot has no parent.
    let roots = project.branches.roots();
    source.limits.admit(Counted::RootBranches, roots, 1)?;
    project.must_be_unlocked(source, now)?;

    let id = source.ids.branch();
    let name = name.map_or_else(|| format!("{} ({id})", snapshot.name), str::to_owned);
    let mut branch = Branch::new(id.clone(), name, creator, now);
    branch.roles.clone_from(&snapshot.roles);
    branch.databases.clone_from(&snapshot.databases);
    branch.restored = Some(Restored {
        snapshot_id: snapshot.id.clone(),
        target_id: target_id.clone(),
    });
    source.next_does(Task::Fill {
        origin: Origin::Snapshot(snapshot.id.clone()),
        changes: Vec::new(),
    });
    let operations = &mut project.operations;
    let mut positions = vec![operations.schedule(source, now, "create_branch", Some(&id), None)];
    branch.ready(operations.last_takes_effect_at());
    project.add_branch(branch);
    if finalize && target_id.is_some() {
        positions.extend(take_place(state, call, &id, None)?);
    }
    let mut reply = branches::shown(state, call, &id, &positions)?;
    let (project, source) = call.project(state)?;
    let endpoints = project.endpoints.of_branch(&id);
    let endpoints: Vec<Value> = endpoints
        .map(|e| e.json(&project.id, source, now))
        .collect();
    if let super::ReplyBody::Json(Value::Object(map)) = &mut reply.body
        && !endpoints.is_empty()
    {
        map.insert("endpoints".to_owned(), json!(endpoints));
    }
    Ok(reply)
}

pub(super) fn finalize(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let id = call.parameter("branch_id");
    project.branch(id)?;
    project.must_be_unlocked(source, call.now)?;
    let name = call.body("/name").as_str();
    let positions = take_place(state, call, id, name)?;
    let (project, source) = call.project(state)?;
    let value = with_operations(json!({}), &positions, project, source, call.now);
    Ok(Reply::ok(value))
}

/// The branch made from a snapshot takes over name, endpoints and rank of the branch whose place
/// it was made for, which stays under `old_name`.
fn take_place(
    state: &mut State,
    call: &Call<'_>,
    id: &str,
    old_name: Option<&str>,
) -> Result<Vec<usize>, ApiError> {
    let now = call.now;
    let (project, source) = call.project(state)?;
    let branch = project.branch(id)?;
    let target = branch.restored.as_ref().and_then(|r| r.target_id.clone());
    let Some(target_id) = target else {
        let message = "the branch has no restore to finalize";
        return Err(ApiError::refused(message));
    };
    let missing = |_| ApiError::not_found("target branch");
    let target = project.branch(&target_id).map_err(missing)?;
    let (name, protected) = (target.name.clone(), target.protected);
    let old_name = if let Some(name) = old_name {
        project.name_is_free(name)?;
        name.to_owned()
    } else {
        let old = format!("{name} (old)");
        match project.branches.named(&old) {
            None => old,
            Some(_) => format!("{name} (old {target_id})"),
        }
    };
    project.change_branch(&target_id, |old| {
        old.name = old_name;
        old.protected = false;
        old.is_first = false;
        old.updated_at = now;
    })?;
    project.change_branch(id, |branch| {
        branch.name = name;
        branch.protected = protected;
        branch.updated_at = now;
        if let Some(restored) = &mut branch.restored {
            restored.target_id = None;
        }
    })?;
    if project.default_branch == target_id {
        id.clone_into(&mut project.default_branch);
    }
    let moved: Vec<String> = project
        .endpoints
        .of_branch(&target_id)
        .map(|endpoint| endpoint.id.clone())
        .collect();
    for endpoint in &moved {
        project.change_endpoint(endpoint, |endpoint| endpoint.move_to(id, now))?;
    }
    Ok(super::branch_restore::restart_computes(
        project, id, source, now,
    ))
}

pub(super) fn schedule_of(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let branch = project.branch(call.parameter("branch_id"))?;
    Ok(Reply::ok(json!({ "schedule": branch.schedule })))
}

pub(super) fn set_schedule(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let asked = call.body("/schedule").as_array().cloned();
    let asked = asked.unwrap_or_default();
    schedule::check(&asked).map_err(ApiError::bad_request)?;
    project.change_branch(call.parameter("branch_id"), |branch| {
        branch.schedule = asked;
    })?;
    Ok(Reply::ok(json!({})))
}
