//! Who belongs to a project or an organization.

use neon_api_raw::ids::{OrgId, ProjectId};

use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::{ListOrgMembers, ListProjectMembers};

/// Those who have access to a project.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let emails = project.members().list().map_ok(|member| member.email);
/// let emails: Vec<Option<String>> = emails.try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectMembers {
    neon: Neon,
    project: ProjectId,
}

impl ProjectMembers {
    pub(crate) fn new(neon: Neon, project: ProjectId) -> Self {
        Self { neon, project }
    }

    /// Lists them (`listProjectMembers`); [`ListProjectMembers`] shows what they hold.
    pub fn list(&self) -> Pager<ListProjectMembers> {
        let listing = ListProjectMembers::new(self.project.clone());
        Pager::new(self.neon.clone(), listing)
    }
}

/// The members of an organization.
///
/// ```no_run
/// # async fn run(org: neon_api::OrgHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let emails = org.members().list().map_ok(|entry| entry.user.email);
/// let emails: Vec<String> = emails.try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgMembers {
    neon: Neon,
    org: OrgId,
}

impl OrgMembers {
    pub(crate) fn new(neon: Neon, org: OrgId) -> Self {
        Self { neon, org }
    }

    /// Lists them (`getOrganizationMembers`), those who joined last first; [`ListOrgMembers`] shows
    /// what they hold and how to order them.
    pub fn list(&self) -> Pager<ListOrgMembers> {
        Pager::new(self.neon.clone(), ListOrgMembers::new(self.org.clone()))
    }
}
