//! One member of a project's organization.

use neon_api_raw::enums::ProjectRole;
use neon_api_raw::ids::{MemberId, ProjectId};

use super::{RemoveProjectMemberRole, SetProjectMemberRole};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;

/// One member of a project's organization. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::ProjectRole;
///
/// let member = project.member("3a8b8f6c-0e6e-4b8e-9d0c-6b5f1d2c3e4f");
/// member.set_role(ProjectRole::Viewer).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectMemberHandle {
    pub(super) project: ProjectHandle,
    pub(super) id: MemberId,
}

impl ProjectMemberHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The ID of the membership, as it was given.
    pub fn id(&self) -> &MemberId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.project.id()
    }

    /// Gives the member a role in the project (`setProjectMemberRole`). Requires the personal API
    /// key of an admin of the project or its organization. [`SetProjectMemberRole`] describes what
    /// else can be chosen, and how the call fails.
    #[doc(alias = "setProjectMemberRole")]
    pub fn set_role(&self, role: ProjectRole) -> SetProjectMemberRole {
        SetProjectMemberRole::new(self.clone(), role)
    }

    /// Removes the member's role in the project (`removeProjectMemberRole`); what the role in the
    /// organization permits stays. Requires the personal API key of an admin of the project or its
    /// organization. [`RemoveProjectMemberRole`] describes what else can be chosen, and how the
    /// call fails.
    #[doc(alias = "removeProjectMemberRole")]
    pub fn remove_role(&self) -> RemoveProjectMemberRole {
        RemoveProjectMemberRole::new(self.clone())
    }
}
