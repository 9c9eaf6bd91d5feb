//! The list of the members of a project.

use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::{ListProjectMembersQuery, ProjectMember};

use crate::pager::{Page, listing, next_page, page_of};

/// The list of those who have access to a project (`listProjectMembers`), returned by
/// [`ProjectMembers::list`](super::ProjectMembers::list): pages of up to 500.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let mut members = project.members().list();
/// while let Some(member) = members.try_next().await? {
///     println!("{:?} may {:?}", member.email, member.effective_project_permission);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListProjectMembers {
    project: ProjectId,
}

impl ListProjectMembers {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project }
    }
}

listing!(ListProjectMembers => ProjectMember, 500, false, LIST_PROJECT_MEMBERS, |this, neon, after, limit| {
    let query = page_of!(ListProjectMembersQuery::default(), after, limit);
    let response = neon.raw().list_project_members(&this.project, &query).await?.into_inner();
    Ok(Page::new(response.project_members, next_page(response.pagination)))
});
