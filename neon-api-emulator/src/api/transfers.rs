//! Projects that change hands.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, access};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::State;
use crate::state::keys::Owner;
use crate::state::limits::Counted;
use crate::state::sharing::Transfer;

pub(super) fn offer(state: &mut State, call: &Call<'_>) -> Answer {
    let seconds = match call.body("/ttl_seconds") {
        Value::Null => 86_400,
        given => given
            .as_u64()
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| ApiError::bad_request("ttl_seconds: must be at least 1"))?,
    };
    let (project, source) = call.project(state)?;
    let transfer = Transfer {
        id: source.ids.uuid(),
        created_at: call.now,
        expires_at: call.now.saturating_add(Moment::from_secs(seconds)),
    };
    let value = json!({
        "id": transfer.id,
        "project_id": project.id,
        "created_at": source.text(transfer.created_at),
        "expires_at": source.text(transfer.expires_at),
    });
    project.sharing.transfers.push(transfer);
    Ok(Reply::created(value))
}

pub(super) fn accept(state: &mut State, call: &Call<'_>) -> Answer {
    let missing = || ApiError::not_found("project transfer request");
    let id = call.parameter("request_id");
    let project = state.projects.get(call.parameter("project_id"));
    let offered = project.into_iter().flat_map(|p| &p.sharing.transfers);
    let mut open = offered.filter(|transfer| transfer.expires_at > call.now);
    if !open.any(|transfer| transfer.id == id) {
        return Err(missing());
    }
    let own = match call.caller {
        Owner::User(user) => state.account.memberships(user).next().map(|m| &m.org_id),
        Owner::Organization(id) | Owner::Project { org_id: id, .. } => Some(id),
    };
    let org_id = call.body("/org_id").as_str().or(own.map(String::as_str));
    let org_id = org_id.ok_or_else(|| ApiError::bad_request("org_id: is required"))?;
    access::must_belong(state, call, org_id)?;
    let present = state.projects.count_of(org_id);
    if let Err(refused) = state.source.limits.admit(Counted::Projects, present, 1) {
        let reason = json!({ "code": refused.code, "message": refused.message });
        return Err(ApiError::with_body(406, json!({ "reasons": [reason] })));
    }
    let org_id = org_id.to_owned();
    let (project, _) = call.project(state)?;
    project.move_to(org_id, call.now);
    Ok(Reply::empty(204))
}

pub(super) fn from_organization(state: &mut State, call: &Call<'_>) -> Answer {
    let from = vec![call.parameter("source_org_id").to_owned()];
    transfer(state, call, &from)
}

pub(super) fn from_user(state: &mut State, call: &Call<'_>) -> Answer {
    let user = &call.user(&state.account).id;
    let memberships = state.account.memberships(user);
    let own: Vec<String> = memberships
        .filter(|member| member.role == "admin")
        .map(|member| member.org_id.clone())
        .collect();
    transfer(state, call, &own)
}

/// All of them, or none.
fn transfer(state: &mut State, call: &Call<'_>, from: &[String]) -> Answer {
    let to = call
        .body("/destination_org_id")
        .as_str()
        .unwrap_or_default();
    access::must_belong(state, call, to)?;
    let ids = call.body("/project_ids").as_array().into_iter().flatten();
    let ids: Vec<&str> = ids.filter_map(Value::as_str).collect();
    let mut more = 0;
    for id in &ids {
        let project = state.projects.get(id).filter(|p| from.contains(&p.org_id));
        let project = project.ok_or_else(|| ApiError::not_found("project"))?;
        more += usize::from(project.org_id != to);
    }
    let present = state.projects.count_of(to);
    let limits = &state.source.limits;
    if limits.admit(Counted::Projects, present, more).is_err() {
        let limit = limits.projects.unwrap_or_default();
        let unsatisfied = json!({
            "name": "projects",
            "expected": limit.to_string(),
            "actual": (present + more).to_string(),
        });
        let body = json!({ "limits": [unsatisfied] });
        return Err(ApiError::with_body(406, body));
    }
    for id in ids {
        if let Some(project) = state.projects.get_mut(id) {
            project.move_to(to.to_owned(), call.now);
        }
    }
    Ok(Reply::ok(json!({})))
}
