//! The list of operations.

use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::{ListProjectOperationsQuery, Operation};

use crate::pager::{Page, after_last_item, listing, page_of};

/// The list of a project's operations (`listProjectOperations`), made by
/// [`Operations::list`](super::Operations::list): the newest first, pages of up to 1,000.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::OperationStatus;
///
/// let mut operations = project.operations().list();
/// while let Some(operation) = operations.try_next().await? {
///     if operation.status == OperationStatus::Failed {
///         println!("{} at {}: {:?}", operation.action, operation.updated_at, operation.error);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListOperations {
    project: ProjectId,
}

impl ListOperations {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project }
    }
}

listing!(ListOperations => Operation, 1000, true, LIST_PROJECT_OPERATIONS, endless, |this, neon, after, limit| {
    let query = page_of!(ListProjectOperationsQuery::default(), after, limit);
    let answer = neon.raw().list_project_operations(&this.project, &query).await?.into_inner();
    Ok(Page::new(answer.operations, after_last_item(answer.pagination)))
});
