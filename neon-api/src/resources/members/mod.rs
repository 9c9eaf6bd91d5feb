//! The members of a project.

mod list;

use neon_api_raw::ids::ProjectId;

pub use list::ListProjectMembers;

use super::projects::ProjectHandle;
use crate::neon::Neon;
use crate::pager::Pager;

/// Those who have access to a project.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for member in project.members().list().await? {
///     println!("{:?}", member.email);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectMembers {
    neon: Neon,
    project: ProjectId,
}

impl ProjectHandle {
    /// Those who have access to the project: listing.
    pub fn members(&self) -> ProjectMembers {
        ProjectMembers {
            neon: self.neon.clone(),
            project: self.id.clone(),
        }
    }
}

impl ProjectMembers {
    /// Lists them (`listProjectMembers`); [`ListProjectMembers`] shows what they hold.
    pub fn list(&self) -> Pager<ListProjectMembers> {
        let listing = ListProjectMembers::new(self.project.clone());
        Pager::new(self.neon.clone(), listing)
    }
}
