//! Organizations: their members, invitations, spending limit and VPC endpoints.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::account::{Invitation, Member, User};
use crate::state::limits::Counted;
use crate::state::{State, region};

/// The page size where the caller asks for none; the API states no default.
const PAGE: usize = 100;

pub(super) fn members(state: &mut State, call: &Call<'_>) -> Answer {
    let org_id = call.parameter("org_id");
    let sort_by = call.text("sort_by").unwrap_or("joined_at");
    let sort_order = call.text("sort_order").unwrap_or("desc");
    let (account, source) = (&state.account, &state.source);
    let key = |(member, user): &(&Member, &User)| {
        let first = match sort_by {
            "email" => user.email.clone(),
            "role" => member.role.clone(),
            _ => format!("{:039}", member.joined_at.as_nanos()),
        };
        (first, member.id.clone())
    };
    let members = account.members.iter().filter(|m| m.org_id == org_id);
    let mut all: Vec<(&Member, &User)> = members.map(|m| (m, account.user(&m.user_id))).collect();
    all.sort_by_key(key);
    if sort_order != "asc" {
        all.reverse();
    }
    // A cursor is the ID of the last member; one who has left meanwhile ends the walk early.
    if let Some(last) = call.text("cursor") {
        let position = all.iter().position(|(member, _)| member.id == last);
        let refused = || ApiError::bad_request("cursor: is not valid");
        all.drain(..=position.ok_or_else(refused)?);
    }
    let limit = call.limit(PAGE);
    let page = all.get(..limit.min(all.len())).unwrap_or_default();
    let items: Value = page
        .iter()
        .map(|(member, user)| {
            json!({ "member": member.json(source), "user": { "email": user.email } })
        })
        .collect();
    let mut pagination = Map::new();
    pagination.insert("sort_by".to_owned(), json!(sort_by));
    pagination.insert("sort_order".to_owned(), json!(sort_order.to_uppercase()));
    if let (true, Some((last, _))) = (all.len() > limit, page.last()) {
        pagination.insert("next".to_owned(), json!(last.id));
    }
    Ok(Reply::ok(
        json!({ "members": items, "pagination": pagination }),
    ))
}

pub(super) fn member(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("member_id");
    let member = state.account.member(call.parameter("org_id"), id)?;
    Ok(Reply::ok(member.json(&state.source)))
}

pub(super) fn update_member(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("member_id");
    let member = state.account.member(call.parameter("org_id"), id)?;
    let role = call.body("/role").as_str().unwrap_or_default();
    if role != "admin" && state.account.is_last_admin(member) {
        let message = "an organization must keep an administrator";
        return Err(ApiError::refused(message));
    }
    let mut changed = member.clone();
    role.clone_into(&mut changed.role);
    let value = changed.json(&state.source);
    let members = &mut state.account.members;
    for member in members.iter_mut().filter(|m| m.id == changed.id) {
        member.clone_from(&changed);
    }
    Ok(Reply::ok(value))
}

pub(super) fn remove_member(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.parameter("member_id");
    let member = state.account.member(call.parameter("org_id"), id)?;
    if state.account.is_last_admin(member) {
        let message = "an organization must keep an administrator";
        return Err(ApiError::refused(message));
    }
    let id = member.id.clone();
    state.account.members.retain(|member| member.id != id);
    Ok(Reply::ok(json!({})))
}

pub(super) fn invitations(state: &mut State, call: &Call<'_>) -> Answer {
    let org_id = call.parameter("org_id");
    let organization = state.account.organization(org_id)?;
    let all = organization.invitations.iter();
    let all: Value = all.map(|i| invitation(state, org_id, i)).collect();
    Ok(Reply::ok(json!({ "invitations": all })))
}

fn invitation(state: &State, org_id: &str, invitation: &Invitation) -> Value {
    json!({
        "id": invitation.id,
        "email": invitation.email,
        "org_id": org_id,
        "role": invitation.role,
        "invited_by": invitation.invited_by,
        "invited_at": state.source.text(invitation.invited_at),
    })
}

/// All of them, or none.
pub(super) fn invite(state: &mut State, call: &Call<'_>) -> Answer {
    let org_id = call.parameter("org_id");
    let asked = call.body("/invitations").as_array().into_iter().flatten();
    let invited_by = call.user(&state.account).id.clone();
    let mut made: Vec<Invitation> = Vec::new();
    for one in asked {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let email = text("email");
        let is_same = |other: &str| other.eq_ignore_ascii_case(email);
        let mut members = state.account.members.iter().filter(|m| m.org_id == org_id);
        if members.any(|m| is_same(&state.account.user(&m.user_id).email)) {
            let message = format!("{email} is a member of the organization already");
            return Err(ApiError::conflict(message));
        }
        let open = &state.account.organization(org_id)?.invitations;
        if open.iter().chain(&made).any(|i| is_same(&i.email)) {
            let message = format!("{email} was invited to the organization already");
            return Err(ApiError::conflict(message));
        }
        made.push(Invitation {
            id: state.source.ids.uuid(),
            email: email.to_owned(),
            role: text("role").to_owned(),
            invited_by: invited_by.clone(),
            invited_at: call.now,
        });
    }
    let shown: Value = made.iter().map(|i| invitation(state, org_id, i)).collect();
    let organization = state.account.organization_mut(org_id)?;
    organization.invitations.extend(made);
    Ok(Reply::ok(json!({ "invitations": shown })))
}

pub(super) fn spending_limit(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = state.account.organization(call.parameter("org_id"))?;
    let limit = organization.spending_limit_cents;
    Ok(Reply::ok(json!({ "spending_limit_cents": limit })))
}

pub(super) fn set_spending_limit(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = state.account.organization_mut(call.parameter("org_id"))?;
    organization.spending_limit_cents = call.body("/spending_limit_cents").as_i64();
    spending_limit(state, call)
}

pub(super) fn delete_spending_limit(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = state.account.organization_mut(call.parameter("org_id"))?;
    organization.spending_limit_cents = None;
    Ok(Reply::ok(json!({})))
}

/// Of one region, or of all.
pub(super) fn vpc_endpoints(state: &mut State, call: &Call<'_>) -> Answer {
    let organization = state.account.organization(call.parameter("org_id"))?;
    let region_id = call.parameters.get("region_id");
    let all = organization.vpc_endpoints.iter();
    let all: Value = all
        .filter(|((region, _), _)| region_id.is_none_or(|id| id == region))
        .map(|((region, id), label)| {
            let mut value = json!({ "vpc_endpoint_id": id, "label": label });
            if let (None, Some(map)) = (region_id, value.as_object_mut()) {
                map.insert("region_id".to_owned(), json!(region));
            }
            value
        })
        .collect();
    Ok(Reply::ok(json!({ "endpoints": all })))
}

fn vpc_key(call: &Call<'_>) -> (String, String) {
    let text = |name: &str| call.parameter(name).to_owned();
    (text("region_id"), text("vpc_endpoint_id"))
}

pub(super) fn vpc_endpoint(state: &mut State, call: &Call<'_>) -> Answer {
    let org_id = call.parameter("org_id");
    let organization = state.account.organization(org_id)?;
    let key = vpc_key(call);
    let label = organization.vpc_endpoints.get(&key);
    let label = label.ok_or_else(|| ApiError::not_found("VPC endpoint"))?;
    let projects = state.projects.after(None).into_iter().flatten();
    let restricted: Vec<&str> = projects
        .filter(|p| p.org_id == org_id && p.sharing.vpc_endpoints.contains_key(&key.1))
        .map(|project| project.id.as_str())
        .collect();
    Ok(Reply::ok(json!({
        "vpc_endpoint_id": key.1,
        "label": label,
        "state": "accepted",
        "num_restricted_projects": restricted.len(),
        "example_restricted_projects": restricted.get(..restricted.len().min(3)),
    })))
}

pub(super) fn assign_vpc_endpoint(state: &mut State, call: &Call<'_>) -> Answer {
    let key = vpc_key(call);
    if !region::exists(&key.0) {
        return Err(ApiError::not_found("region"));
    }
    let limits = state.source.limits.clone();
    let organization = state.account.organization_mut(call.parameter("org_id"))?;
    let own = &mut organization.vpc_endpoints;
    let more = usize::from(!own.contains_key(&key));
    let present = own.keys().filter(|(region, _)| *region == key.0).count();
    limits.admit(Counted::VpcEndpoints, present, more)?;
    let label = call.body("/label").as_str().unwrap_or_default();
    own.insert(key, label.to_owned());
    Ok(Reply::empty(200))
}

pub(super) fn delete_vpc_endpoint(state: &mut State, call: &Call<'_>) -> Answer {
    let key = vpc_key(call);
    let organization = state.account.organization_mut(call.parameter("org_id"))?;
    match organization.vpc_endpoints.remove(&key) {
        Some(_) => Ok(Reply::empty(200)),
        None => Err(ApiError::not_found("VPC endpoint")),
    }
}
