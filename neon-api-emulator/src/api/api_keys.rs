//! API keys, users' own and organizations'.

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::State;
use crate::state::keys::{Owner, Scope};

/// Whose keys are meant.
fn scope<'a>(state: &'a State, call: &'a Call<'_>) -> Scope<'a> {
    match call.parameters.get("org_id") {
        Some(id) => Scope::Organization(id),
        None => Scope::User(&call.user(&state.account).id),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let (account, scope) = (&state.account, scope(state, call));
    let keys = account.keys.list(&scope, &account.users, &state.source);
    Ok(Reply::ok(keys))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let name = call.body("/key_name").as_str().unwrap_or_default();
    let project_id = call.body("/project_id").as_str();
    let owner = match (scope(state, call), project_id) {
        (Scope::User(id), _) => Owner::User(id.to_owned()),
        (Scope::Organization(id), None) => Owner::Organization(id.to_owned()),
        (Scope::Organization(id), Some(project)) => {
            let found = state.projects.get(project).filter(|p| p.org_id == id);
            found.ok_or_else(|| ApiError::not_found("project"))?;
            Owner::Project {
                org_id: id.to_owned(),
                project_id: project.to_owned(),
            }
        }
    };
    let creator = call.user(&state.account).clone();
    let (keys, source) = (&mut state.account.keys, &mut state.source);
    let key = keys.create(name, owner, &creator, source, call.now);
    Ok(Reply::ok(key))
}

pub(super) fn revoke(state: &mut State, call: &Call<'_>) -> Answer {
    let missing = || ApiError::not_found("API key");
    let id = call.parameter("key_id").parse().map_err(|_| missing())?;
    let user = call.user(&state.account).id.clone();
    let scope = match call.parameters.get("org_id") {
        Some(id) => Scope::Organization(id),
        None => Scope::User(&user),
    };
    let revoked = state.account.keys.revoke(id, &scope, &state.source);
    revoked.map(Reply::ok).ok_or_else(missing)
}
