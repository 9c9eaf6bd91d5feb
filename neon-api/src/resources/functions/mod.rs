//! Functions.

mod list;

pub use list::ListFunctions;

use super::branches::BranchHandle;
use crate::pager::Pager;

/// The functions of a branch. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for function in branch.functions().list().await? {
///     println!("{}", function.slug);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Functions {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's functions: listing. In beta.
    pub fn functions(&self) -> Functions {
        Functions {
            branch: self.clone(),
        }
    }
}

impl Functions {
    /// Lists the functions (`listProjectBranchFunctions`); [`ListFunctions`] shows what they hold.
    pub fn list(&self) -> Pager<ListFunctions> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(self.branch.neon().clone(), ListFunctions::new(project, id))
    }
}
