//! The list of functions.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{ListProjectBranchFunctionsQuery, NeonFunction};

use crate::pager::{Page, listing, next_page, page_of};

/// The list of a branch's functions (`listProjectBranchFunctions`), made by
/// [`Functions::list`](super::Functions::list): pages of up to 1,000. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let mut functions = branch.functions().list();
/// while let Some(function) = functions.try_next().await? {
///     println!("{} is called at {}", function.slug, function.invocation_url);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListFunctions {
    project: ProjectId,
    branch: BranchId,
}

impl ListFunctions {
    pub(crate) fn new(project: ProjectId, branch: BranchId) -> Self {
        Self { project, branch }
    }
}

listing!(ListFunctions => NeonFunction, 1000, false, LIST_PROJECT_BRANCH_FUNCTIONS, |this, neon, after, limit| {
    let query = page_of!(ListProjectBranchFunctionsQuery::default(), after, limit);
    let raw = neon.raw();
    let answer = raw.list_project_branch_functions(&this.project, &this.branch, &query).await?.into_inner();
    Ok(Page::new(answer.functions, next_page(answer.pagination)))
});
