//! Custom domains.

use super::branch::BranchHandle;
use crate::pager::Pager;
use crate::pager::listings::ListCustomDomains;

/// The custom domains of a branch. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let domains: Vec<_> = branch.custom_domains().list().try_collect().await?;
/// println!("{} domains", domains.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CustomDomains {
    branch: BranchHandle,
}

impl CustomDomains {
    pub(crate) fn new(branch: BranchHandle) -> Self {
        Self { branch }
    }

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
