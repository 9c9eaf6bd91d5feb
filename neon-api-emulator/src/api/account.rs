//! The user, organizations, regions.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, access};
use crate::state::keys::Owner;
use crate::state::{State, region};

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn user(state: &mut State, call: &Call<'_>) -> Answer {
    let (reset_at, _) = state.source.billing_period(call.now);
    Ok(Reply::ok(call.user(&state.account).json(&reset_at)))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn auth_details(_: &mut State, call: &Call<'_>) -> Answer {
    let (account_id, auth_method) = match call.caller {
        Owner::User(id) => (id, "api_key_user"),
        Owner::Organization(id) | Owner::Project { org_id: id, .. } => (id, "api_key_org"),
    };
    Ok(Reply::ok(json!({
        "account_id": account_id,
        "auth_method": auth_method,
    })))
}

#[expect(clippy::unnecessary_wraps, reason = "a handler, as the others are")]
pub(super) fn organizations(state: &mut State, call: &Call<'_>) -> Answer {
    let account = &state.account;
    let all = account.memberships(&call.user(account).id);
    let all = all.filter_map(|member| account.organization(&member.org_id).ok());
    let all: Value = all.map(|org| org.json(&state.source)).collect();
    Ok(Reply::ok(json!({ "organizations": all })))
}

pub(super) fn organization(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = state.account.organization(call.parameter("org_id"))?;
    Ok(Reply::ok(organization.json(&state.source)))
}

pub(super) fn regions(state: &mut State, call: &Call<'_>) -> Answer {
    if let Some(id) = call.text("org_id") {
        access::must_belong(state, call, id)?;
    }
    Ok(Reply::ok(json!({ "regions": region::json() })))
}
