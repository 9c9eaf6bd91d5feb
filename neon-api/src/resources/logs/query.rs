//! Queries for logs.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{ProjectBranchLogRecord, ProjectBranchLogsQueryRequest};

use crate::pager::{Page, if_truncated, listing, page_of};

/// A query for a branch's logs (`queryProjectBranchLogs`), made by
/// [`Logs::query`](super::Logs::query): pages of up to 1,000 records. In beta.
///
/// The operation is a POST: after a reset or a timeout its page is not requested again within the
/// call, but by the next poll of the list.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::types::ProjectBranchLogsQueryRequest;
///
/// // A few records, and no more pages than they need.
/// let query = ProjectBranchLogsQueryRequest::default().with_since("15m".to_owned().into());
/// let mut latest = branch.logs().query(query).page_size(20).prefetch(false);
/// if let Some(record) = latest.try_next().await? {
///     println!("{} {}", record.timestamp, record.message);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct QueryLogs {
    project: ProjectId,
    branch: BranchId,
    query: ProjectBranchLogsQueryRequest,
}

impl QueryLogs {
    pub(crate) fn new(
        project: ProjectId,
        branch: BranchId,
        query: ProjectBranchLogsQueryRequest,
    ) -> Self {
        Self {
            project,
            branch,
            query,
        }
    }
}

listing!(QueryLogs => ProjectBranchLogRecord, 1000, false, QUERY_PROJECT_BRANCH_LOGS, endless, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let raw = neon.raw();
    let answer = raw.query_project_branch_logs(&this.project, &this.branch, &query).await?.into_inner();
    Ok(Page::new(answer.logs, if_truncated(answer.is_truncated, answer.next_cursor)))
});
