//! Giving members a role in a project, and taking it away.

use neon_api_raw::enums::ProjectRole;
use neon_api_raw::types::{
    ProjectMemberRoleResponse, RemoveProjectMemberRoleQuery, SetProjectMemberRoleQuery,
    SetProjectMemberRoleRequest,
};

use super::ProjectMemberHandle;
use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;

/// A role that a member is to have in a project. Awaiting it sends the request
/// (`setProjectMemberRole`), and returns the member's role and permissions as they are then.
/// Requires the personal API key of an admin of the project or its organization.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::ProjectRole;
///
/// let me = project.member("3a8b8f6c-0e6e-4b8e-9d0c-6b5f1d2c3e4f");
/// let is = me.set_role(ProjectRole::Editor).confirm_self_demotion(true).await?;
/// println!("{:?}", is.effective_project_permission);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project or member. The API
/// refuses to lower the caller's own role unless that is
/// [confirmed](Self::confirm_self_demotion). The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct SetProjectMemberRole {
    member: ProjectMemberHandle,
    role: ProjectRole,
    query: SetProjectMemberRoleQuery,
}

impl SetProjectMemberRole {
    pub(super) fn new(member: ProjectMemberHandle, role: ProjectRole) -> Self {
        Self {
            member,
            role,
            query: SetProjectMemberRoleQuery::default(),
        }
    }

    /// Whether the caller confirms that the call may lower the caller's own role.
    pub fn confirm_self_demotion(mut self, confirmed: bool) -> Self {
        self.query.confirm_self_demotion = Some(confirmed);
        self
    }

    fn neon(&self) -> &Neon {
        self.member.neon()
    }

    fn call(self) -> Call<ProjectMemberRoleResponse> {
        call!(
            self,
            |this, neon| {
                let (project, member) = (&this.member.project.id, &this.member.id);
                let body = SetProjectMemberRoleRequest::new(this.role);
                let raw = neon.raw();
                raw.set_project_member_role(project, member, &this.query, &body)
                    .await
            },
            |response| *response
        )
    }
}

request!(SetProjectMemberRole => ProjectMemberRoleResponse);

maybe! { SetProjectMemberRole; maybe_confirm_self_demotion = confirm_self_demotion(bool) }

/// A role in a project that a member is to lose. Awaiting it sends the request
/// (`removeProjectMemberRole`), and returns the member's role and permissions as they are then.
/// Requires the personal API key of an admin of the project or its organization.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let member = project.member("3a8b8f6c-0e6e-4b8e-9d0c-6b5f1d2c3e4f");
/// let is = member.remove_role().await?;
/// println!("{:?}", is.effective_project_permission);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project or member. The API
/// refuses to take the caller's own access away unless that is
/// [confirmed](Self::confirm_self_lockout). The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RemoveProjectMemberRole {
    member: ProjectMemberHandle,
    query: RemoveProjectMemberRoleQuery,
}

impl RemoveProjectMemberRole {
    pub(super) fn new(member: ProjectMemberHandle) -> Self {
        Self {
            member,
            query: RemoveProjectMemberRoleQuery::default(),
        }
    }

    /// Whether the caller confirms that the call may take the caller's own access to the project
    /// away.
    pub fn confirm_self_lockout(mut self, confirmed: bool) -> Self {
        self.query.confirm_self_lockout = Some(confirmed);
        self
    }

    fn neon(&self) -> &Neon {
        self.member.neon()
    }

    fn call(self) -> Call<ProjectMemberRoleResponse> {
        call!(
            self,
            |this, neon| {
                let (project, member) = (&this.member.project.id, &this.member.id);
                let raw = neon.raw();
                raw.remove_project_member_role(project, member, &this.query)
                    .await
            },
            |response| *response
        )
    }
}

request!(RemoveProjectMemberRole => ProjectMemberRoleResponse);

maybe! { RemoveProjectMemberRole; maybe_confirm_self_lockout = confirm_self_lockout(bool) }
