//! Who and what reaches a project: permissions, members' roles, key sets, VPC endpoints.

use serde_json::{Value, json};

use super::access::{self, Level};
use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::State;
use crate::state::account::Member;
use crate::state::project::Project;
use crate::state::sharing::Permission;

pub(super) fn permissions(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let all = project.sharing.permissions.iter();
    let all: Value = all.map(|permission| permission.json(source)).collect();
    Ok(Reply::ok(json!({ "project_permissions": all })))
}

pub(super) fn grant(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let email = call.body("/email").as_str().unwrap_or_default();
    if project.sharing.is_granted_to(email) {
        let message = "the project is already shared with this user";
        return Err(ApiError::conflict(message));
    }
    let permission = Permission::new(email, source, call.now);
    let value = permission.json(source);
    project.sharing.permissions.push(permission);
    Ok(Reply::ok(value))
}

pub(super) fn revoke(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let id = call.parameter("permission_id");
    let permissions = &mut project.sharing.permissions;
    let position = permissions.iter().position(|p| p.id == id);
    let position = position.ok_or_else(|| ApiError::not_found("permission"))?;
    let mut permission = permissions.remove(position);
    permission.revoke(call.now);
    Ok(Reply::ok(permission.json(source)))
}

/// A member of the project's organization, as in the responses about the project's members.
fn member(state: &State, project: &Project, member: &Member) -> Value {
    let user = state.account.user(&member.user_id);
    let explicit = project.sharing.roles.get(&member.id);
    let of_organization = Level::of_organization_role(&member.role);
    let of_project = explicit.and_then(|role| Level::of_project_role(role));
    let (effective, granted_by) = match (of_organization, of_project) {
        (Some(Level::Admin), _) => (of_organization, "org_admin_override"),
        (_, Some(_)) => (of_project, "explicit"),
        (Some(_), None) => (of_organization, "org_role_default"),
        (None, None) => (None, "unassigned"),
    };
    let mut value = json!({
        "member_id": member.id,
        "user_id": member.user_id,
        "email": user.email,
        "name": user.full_name(),
        "org_role": member.role,
        "grant_source": granted_by,
    });
    if let Some(map) = value.as_object_mut() {
        for (name, level) in [
            ("effective_project_permission", effective),
            ("explicit_project_permission", of_project),
            ("org_default_project_permission", of_organization),
        ] {
            if let Some(level) = level {
                map.insert(name.to_owned(), json!(level.text()));
            }
        }
        if let Some(role) = explicit {
            map.insert("project_role".to_owned(), json!(role));
        }
    }
    value
}

pub(super) fn members(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let (id, org_id) = (project.id.clone(), project.org_id.clone());
    let project = state.projects.get(&id);
    let project = project.ok_or_else(|| ApiError::not_found("project"))?;
    let cursor = call.text("cursor").unwrap_or_default();
    let all = state.account.members.iter();
    let mut all: Vec<&Member> = all
        .filter(|member| member.org_id == org_id && member.id.as_str() > cursor)
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let limit = call.limit(100);
    let page = all.get(..limit.min(all.len())).unwrap_or_default();
    let items: Value = page.iter().map(|m| member(state, project, m)).collect();
    let mut value = json!({ "project_members": items, "pagination": {} });
    if let (true, Some(last)) = (all.len() > limit, page.last()) {
        value = json!({ "project_members": items, "pagination": { "next": last.id } });
    }
    Ok(Reply::ok(value))
}

/// Gives a member a role on the project, or takes it away.
pub(super) fn set_role(state: &mut State, call: &Call<'_>) -> Answer {
    let role = call.body("/role").as_str();
    let (project, _) = call.project(state)?;
    let (id, org_id) = (project.id.clone(), project.org_id.clone());
    let found = state.account.member(&org_id, call.parameter("member_id"))?;
    let found = found.clone();
    if role.is_none()
        && !project_of(state, &id)?
            .sharing
            .roles
            .contains_key(&found.id)
    {
        return Err(ApiError::not_found("role of the member"));
    }
    let before = access::level(state, call, project_of(state, &id)?);
    let (project, _) = call.project(state)?;
    let old = match role {
        Some(role) => project
            .sharing
            .roles
            .insert(found.id.clone(), role.to_owned()),
        None => project.sharing.roles.remove(&found.id),
    };
    // Nobody locks themselves out by mistake.
    let confirmation = match role {
        Some(_) => "confirm_self_demotion",
        None => "confirm_self_lockout",
    };
    let after = access::level(state, call, project_of(state, &id)?);
    if after < before && call.flag(confirmation) != Some(true) {
        let (project, _) = call.project(state)?;
        match old {
            Some(old) => project.sharing.roles.insert(found.id, old),
            None => project.sharing.roles.remove(&found.id),
        };
        let message = format!("{confirmation}: must be true to lower the caller's own role");
        return Err(ApiError::new(412, message));
    }
    let project = project_of(state, &id)?;
    let mut value = member(state, project, &found);
    if let Some(map) = value.as_object_mut() {
        map.remove("grant_source");
        map.insert("project_id".to_owned(), json!(id));
    }
    Ok(Reply::ok(value))
}

fn project_of<'s>(state: &'s State, id: &str) -> Result<&'s Project, ApiError> {
    let found = state.projects.get(id);
    found.ok_or_else(|| ApiError::not_found("project"))
}

pub(super) fn key_sets(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    Ok(Reply::ok(json!({ "jwks": project.sharing.jwks })))
}

pub(super) fn add_key_set(state: &mut State, call: &Call<'_>) -> Answer {
    let now = call.now;
    let (project, source) = call.project(state)?;
    let asked = call.body;
    let branch_id = call.body("/branch_id").as_str();
    if let Some(id) = branch_id {
        project.branch(id)?;
    }
    let url = call.body("/jwks_url");
    let is_same = |set: &Value| {
        set.get("jwks_url") == Some(url)
            && set.get("branch_id").and_then(Value::as_str) == branch_id
    };
    if project.sharing.jwks.iter().any(is_same) {
        return Err(ApiError::conflict("the key set was already added"));
    }
    project.must_be_unlocked(source, now)?;
    let mut set = json!({
        "id": source.ids.uuid(),
        "project_id": project.id,
        "created_at": source.text(now),
        "updated_at": source.text(now),
    });
    let copied = [
        "branch_id",
        "jwks_url",
        "jwt_audience",
        "provider_name",
        "role_names",
    ];
    if let Some(map) = set.as_object_mut() {
        for name in copied {
            if let Some(value) = asked.get(name) {
                map.insert(name.to_owned(), value.clone());
            }
        }
    }
    project.sharing.jwks.push(set.clone());
    let branch_id = branch_id.unwrap_or(&project.default_branch).to_owned();
    let value = json!({ "jwks": set });
    let value = super::databases::applied(value, project, &branch_id, Vec::new(), source, now);
    Ok(Reply::created(value))
}

pub(super) fn delete_key_set(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let id = call.parameter("jwks_id");
    let sets = &mut project.sharing.jwks;
    let is_it = |set: &Value| set.get("id").and_then(Value::as_str) == Some(id);
    let position = sets.iter().position(is_it);
    let position = position.ok_or_else(|| ApiError::not_found("JWKS"))?;
    Ok(Reply::ok(sets.remove(position)))
}

pub(super) fn vpc_endpoints(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let all = project.sharing.vpc_endpoints.iter();
    let all: Value = all
        .map(|(id, label)| json!({ "vpc_endpoint_id": id, "label": label }))
        .collect();
    Ok(Reply::ok(json!({ "endpoints": all })))
}

/// Only what the organization has can be assigned.
pub(super) fn assign_vpc_endpoint(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let (org_id, region_id) = (project.org_id.clone(), project.region_id.clone());
    let id = call.parameter("vpc_endpoint_id").to_owned();
    let organization = state.account.organization(&org_id)?;
    if !organization
        .vpc_endpoints
        .contains_key(&(region_id, id.clone()))
    {
        let message = "the organization has no such VPC endpoint in the project's region";
        return Err(ApiError::refused(message));
    }
    let label = call.body("/label").as_str().unwrap_or_default().to_owned();
    let (project, _) = call.project(state)?;
    project.sharing.vpc_endpoints.insert(id, label);
    Ok(Reply::empty(200))
}

pub(super) fn remove_vpc_endpoint(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let id = call.parameter("vpc_endpoint_id");
    match project.sharing.vpc_endpoints.remove(id) {
        Some(_) => Ok(Reply::empty(200)),
        None => Err(ApiError::not_found("VPC endpoint")),
    }
}
