//! Logs.

use neon_api_raw::types::ProjectBranchLogsQueryRequest;

use super::branch::BranchHandle;
use crate::pager::Pager;
use crate::pager::listings::QueryLogs;

/// The logs of a branch. In beta.
#[derive(Debug, Clone)]
pub struct Logs {
    branch: BranchHandle,
}

impl Logs {
    pub(crate) fn new(branch: BranchHandle) -> Self {
        Self { branch }
    }

    /// Lists the log records that a query finds (`queryProjectBranchLogs`). The pager sets the query's
    /// cursor and limit.
    pub fn query(&self, query: ProjectBranchLogsQueryRequest) -> Pager<QueryLogs> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(
            self.branch.neon().clone(),
            QueryLogs::new(project, id, query),
        )
    }
}
