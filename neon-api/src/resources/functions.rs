//! Functions.

use super::branch::BranchHandle;
use crate::pager::Pager;
use crate::pager::listings::ListFunctions;

/// The functions of a branch. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let slugs = branch.functions().list().map_ok(|function| function.slug);
/// let slugs: Vec<String> = slugs.try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Functions {
    branch: BranchHandle,
}

impl Functions {
    pub(crate) fn new(branch: BranchHandle) -> Self {
        Self { branch }
    }

    /// Lists the functions (`listProjectBranchFunctions`); [`ListFunctions`] shows what they hold.
    pub fn list(&self) -> Pager<ListFunctions> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(self.branch.neon().clone(), ListFunctions::new(project, id))
    }
}
