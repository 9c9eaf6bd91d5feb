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
/// let mut list = branch.functions().list();
/// while let Some(item) = list.try_next().await? {
///     println!("{item:?}");
/// }
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

    /// Lists the functions (`listProjectBranchFunctions`).
    pub fn list(&self) -> Pager<ListFunctions> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(self.branch.neon().clone(), ListFunctions::new(project, id))
    }
}
