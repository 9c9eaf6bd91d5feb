//! Who may do what: the three kinds of API keys, and the roles of members.

use super::Call;
use crate::error::ApiError;
use crate::state::State;
use crate::state::keys::Owner;
use crate::state::project::Project;

/// What somebody may do with a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Viewer,
    Editor,
    Admin,
}

impl Level {
    /// As written in responses.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Editor => "EDITOR",
            Self::Admin => "ADMIN",
        }
    }

    /// What a role on one project allows.
    pub(super) fn of_project_role(role: &str) -> Option<Self> {
        match role {
            "viewer" => Some(Self::Viewer),
            "editor" => Some(Self::Editor),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    /// What a role in an organization allows on each of its projects.
    pub(super) fn of_organization_role(role: &str) -> Option<Self> {
        match role {
            "admin" => Some(Self::Admin),
            "member" | "editor" => Some(Self::Editor),
            "viewer" => Some(Self::Viewer),
            _ => None,
        }
    }
}

/// Operations that only administrators of a project may call.
const FOR_PROJECT_ADMINS: [&str; 7] = [
    "deleteProject",
    "recoverProject",
    "createProjectTransferRequest",
    "grantPermissionToProject",
    "revokePermissionFromProject",
    "setProjectMemberRole",
    "removeProjectMemberRole",
];

/// Operations on an organization that only a person's key may call.
const FOR_PERSONAL_KEYS: [&str; 6] = [
    "createOrgApiKey",
    "revokeOrgApiKey",
    "createOrganizationInvitations",
    "updateOrganizationMember",
    "removeOrganizationMember",
    "transferProjectsFromOrgToOrg",
];

/// Operations that read, but what only who may write may know.
const SECRETS: [&str; 2] = ["getConnectionURI", "getProjectBranchRolePassword"];

/// Whether the caller may make this call at all, and sees what its path names.
pub(super) fn check(state: &State, call: &Call<'_>) -> Result<(), ApiError> {
    let path = call.operation.path();
    if path.starts_with("/users/me") || path.starts_with("/api_keys") {
        return personal(call);
    }
    if let Some(id) = call
        .parameters
        .get("org_id")
        .or_else(|| call.parameters.get("source_org_id"))
    {
        return organization(state, call, id);
    }
    // Whoever is offered a project sees it only after having accepted it.
    if call.operation.id() == "acceptProjectTransferRequest" {
        return personal_or_organization(call);
    }
    match call.parameters.get("project_id") {
        Some(id) => check_project(state, call, id),
        None => Ok(()),
    }
}

fn personal(call: &Call<'_>) -> Result<(), ApiError> {
    match call.caller {
        Owner::User(_) => Ok(()),
        Owner::Organization(_) | Owner::Project { .. } => Err(ApiError::forbidden(
            "this endpoint is not allowed for organization API keys",
        )),
    }
}

pub(super) fn personal_or_organization(call: &Call<'_>) -> Result<(), ApiError> {
    match call.caller {
        Owner::User(_) | Owner::Organization(_) => Ok(()),
        Owner::Project { .. } => Err(ApiError::forbidden(
            "this endpoint is not allowed for project-scoped API keys",
        )),
    }
}

fn organization(state: &State, call: &Call<'_>, id: &str) -> Result<(), ApiError> {
    personal_or_organization(call)?;
    must_belong(state, call, id)?;
    if FOR_PERSONAL_KEYS.contains(&call.operation.id()) {
        personal(call)?;
    }
    let reads = call.operation.method() == "GET";
    match call.caller {
        Owner::User(user) if !reads && !call.direct => {
            let membership = state.account.membership(id, user);
            // Whoever is a member may leave.
            let leaves = call.operation.id() == "removeOrganizationMember"
                && membership.is_some_and(|m| m.id == call.parameter("member_id"));
            if leaves || membership.is_some_and(|m| m.role == "admin") {
                Ok(())
            } else {
                let message = "only administrators of the organization may do this";
                Err(ApiError::forbidden(message))
            }
        }
        _ => Ok(()),
    }
}

/// Others' organizations do not exist for the caller.
pub(super) fn must_belong(state: &State, call: &Call<'_>, org_id: &str) -> Result<(), ApiError> {
    state.account.organization(org_id)?;
    let belongs = match call.caller {
        Owner::User(user) => state.account.membership(org_id, user).is_some(),
        Owner::Organization(own) | Owner::Project { org_id: own, .. } => own == org_id,
    };
    if belongs || call.direct {
        Ok(())
    } else {
        Err(ApiError::not_found("organization"))
    }
}

/// Whether the caller may make this call on this project.
pub(super) fn check_project(state: &State, call: &Call<'_>, id: &str) -> Result<(), ApiError> {
    let missing = || ApiError::not_found("project");
    let operation = call.operation.id();
    let project = match state.projects.get(id) {
        Some(project) => project,
        None if operation == "recoverProject" => state
            .projects
            .get_deleted(id, call.now)
            .ok_or_else(missing)?,
        None => return Err(missing()),
    };
    let level = level(state, call, project).ok_or_else(missing)?;
    let needed = if FOR_PROJECT_ADMINS.contains(&operation) {
        Level::Admin
    } else if call.operation.method() == "GET" && !SECRETS.contains(&operation) {
        Level::Viewer
    } else {
        Level::Editor
    };
    if level >= needed {
        return Ok(());
    }
    Err(ApiError::forbidden(match call.caller {
        Owner::Project { .. } => "this endpoint is not allowed for project-scoped API keys",
        _ => "the caller's role on the project does not allow this",
    }))
}

/// What the caller may do with a project; `None` where they do not see it.
pub(super) fn level(state: &State, call: &Call<'_>, project: &Project) -> Option<Level> {
    if call.direct {
        return Some(Level::Admin);
    }
    match call.caller {
        Owner::Organization(id) => (*id == project.org_id).then_some(Level::Admin),
        Owner::Project { project_id, .. } => (*project_id == project.id).then_some(Level::Editor),
        Owner::User(user) => {
            let shared = project
                .sharing
                .is_granted_to(&state.account.user(user).email);
            let shared = shared.then_some(Level::Editor);
            let member = state.account.membership(&project.org_id, user);
            let of_role = member.and_then(|m| Level::of_organization_role(&m.role));
            let explicit = member.and_then(|m| project.sharing.roles.get(&m.id));
            let explicit = explicit.and_then(|role| Level::of_project_role(role));
            // Administrators of the organization stay what they are.
            let own = match of_role {
                Some(Level::Admin) => of_role,
                _ => explicit.or(of_role),
            };
            own.max(shared)
        }
    }
}
