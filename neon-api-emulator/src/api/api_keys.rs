//! API keys, the user's own and organizations'.

use serde_json::Value;

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::State;

/// The organization whose keys are meant; `None` for the user's own.
fn scope<'a>(state: &State, call: &'a Call<'_>) -> Result<Option<&'a str>, ApiError> {
    let Some(id) = call.parameters.get("org_id") else {
        return Ok(None);
    };
    match state.account.organization(id) {
        Some(_) => Ok(Some(id)),
        None => Err(ApiError::not_found("organization")),
    }
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let scope = scope(state, call)?;
    Ok(Reply::ok(state.account.list_keys(scope, &state.source)))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let scope = scope(state, call)?;
    let name = call.body("/key_name").as_str().unwrap_or_default();
    let project = call.body("/project_id").as_str();
    let (account, source) = (&mut state.account, &mut state.source);
    let key = account.create_key(name, scope, project, source, call.now);
    Ok(Reply::ok(key))
}

pub(super) fn revoke(state: &mut State, call: &Call<'_>) -> Answer {
    let scope = scope(state, call)?;
    let id = call.parameter("key_id").parse().ok();
    let revoke = |id| state.account.revoke_key(id, scope, &state.source);
    let revoked: Option<Value> = id.and_then(revoke);
    revoked
        .map(Reply::ok)
        .ok_or_else(|| ApiError::not_found("API key"))
}
