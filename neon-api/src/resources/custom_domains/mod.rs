//! Custom domains.

mod list;

pub use list::ListCustomDomains;

use super::branches::BranchHandle;
use crate::pager::Pager;

/// The custom domains of a branch. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let domains: Vec<_> = branch.custom_domains().list().await?;
/// println!("{} domains", domains.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CustomDomains {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's custom domains: listing. In beta.
    pub fn custom_domains(&self) -> CustomDomains {
        CustomDomains {
            branch: self.clone(),
        }
    }
}

impl CustomDomains {
    /// Lists the custom domains (`listProjectBranchCustomDomains`); [`ListCustomDomains`] shows what
    /// they hold.
    pub fn list(&self) -> Pager<ListCustomDomains> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(
            self.branch.neon().clone(),
            ListCustomDomains::new(project, id),
        )
    }
}
