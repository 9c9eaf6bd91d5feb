//! Members of a project's organization, and what each may do in the project.
//!
//! All calls require the personal API key of an admin of the project or its organization.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! use neon_api::enums::ProjectRole;
//!
//! for member in project.members().list().await? {
//!     if member.email.as_deref() == Some("ada@example.com") {
//!         project.member(&member).set_role(ProjectRole::Editor).await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod handle;
mod list;
mod roles;

use neon_api_raw::ids::MemberId;
use neon_api_raw::types::ProjectMember;

pub use handle::ProjectMemberHandle;
pub use list::ListProjectMembers;
pub use roles::{RemoveProjectMemberRole, SetProjectMemberRole};

use super::projects::ProjectHandle;
use crate::call::{Call, IntoId, from_values};
use crate::neon::Neon;
use crate::pager::Pager;

/// The members of a project's organization, and what each may do in the project. Nothing is sent
/// until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for member in project.members().list().await? {
///     println!("{:?} may {:?}", member.email, member.effective_project_permission);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectMembers {
    project: ProjectHandle,
}

impl ProjectHandle {
    /// Those who have access to the project: listing.
    pub fn members(&self) -> ProjectMembers {
        ProjectMembers {
            project: self.clone(),
        }
    }

    /// One member of the project's organization, by the ID of the membership (not of the user), or
    /// by a value that has one. Nothing is sent until a call is made on it.
    pub fn member(&self, id: impl IntoId<MemberId>) -> ProjectMemberHandle {
        let (project, id) = self.given(id);
        ProjectMemberHandle { project, id }
    }
}

impl ProjectMembers {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Lists the members (`listProjectMembers`); [`ListProjectMembers`] shows what the items hold.
    /// Requires the personal API key of an admin of the project or its organization. Retried as a
    /// read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "listProjectMembers")]
    pub fn list(&self) -> Pager<ListProjectMembers> {
        let listing = ListProjectMembers::new(self.project.id.clone());
        Pager::new(self.project.neon.clone(), listing)
    }

    /// The member with exactly this email address (`listProjectMembers`); `None` if there is none.
    /// Requires the personal API key of an admin of the project or its organization.
    pub fn find(&self, email: impl Into<String>) -> Call<Option<ProjectMember>> {
        let email = email.into();
        self.list()
            .find_where(move |it| it.email.as_ref() == Some(&email))
    }
}

from_values! {
    ProjectMember => MemberId, |member| member.member_id;
}
