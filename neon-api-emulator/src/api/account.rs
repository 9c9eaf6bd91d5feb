//! The user, organizations, regions.

use serde_json::{Value, json};

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::{State, region};

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn user(state: &mut State, _: &Call<'_>) -> Answer {
    Ok(Reply::ok(state.account.user.json()))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn auth_details(state: &mut State, _: &Call<'_>) -> Answer {
    Ok(Reply::ok(json!({
        "account_id": state.account.user.id,
        "auth_method": "api_key_user",
    })))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn organizations(state: &mut State, _: &Call<'_>) -> Answer {
    let all = state.account.organizations.iter();
    let all: Value = all.map(|org| org.json(&state.source)).collect();
    Ok(Reply::ok(json!({ "organizations": all })))
}

pub(super) fn organization(state: &mut State, call: &Call<'_>) -> Answer {
    match state.account.organization(call.parameter("org_id")) {
        Some(organization) => Ok(Reply::ok(organization.json(&state.source))),
        None => Err(ApiError::not_found("organization")),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn regions(_: &mut State, _: &Call<'_>) -> Answer {
    Ok(Reply::ok(json!({ "regions": region::json() })))
}
