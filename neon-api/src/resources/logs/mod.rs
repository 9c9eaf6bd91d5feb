//! Logs of a branch: searching them, and the fields that their records have.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! use neon_api::types::ProjectBranchLogsQueryRequest;
//!
//! let services = branch.logs().field("service_name").values().await?;
//! println!("{:?}", services.values);
//!
//! let query = ProjectBranchLogsQueryRequest::default().with_body_contains("timeout");
//! let mut records = branch.logs().query(query);
//! while let Some(record) = records.try_next().await? {
//!     println!("{} {}", record.timestamp, record.message);
//! }
//! # Ok(())
//! # }
//! ```

mod fields;
mod query;

use neon_api_raw::types::ProjectBranchLogsQueryRequest;

pub use fields::{LogFieldHandle, LogFieldValues, LogFields};
pub use query::QueryLogs;

use super::branches::BranchHandle;
use crate::neon::Neon;
use crate::pager::Pager;

/// The logs of a branch: those of its functions, its object storage and its compute endpoints, as
/// far as the API keeps them. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::{ProjectBranchLogSeverity, ProjectBranchLogSource};
/// use neon_api::types::ProjectBranchLogsQueryRequest;
///
/// let query = ProjectBranchLogsQueryRequest::default()
///     .with_since("6h".to_owned().into())
///     .with_source(ProjectBranchLogSource::Function)
///     .with_minimum_severity(ProjectBranchLogSeverity::Error);
/// let mut records = branch.logs().query(query);
/// while let Some(record) = records.try_next().await? {
///     println!("{} {:?} {}", record.timestamp, record.service_name, record.message);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Logs {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's logs: searching, and the fields of their records. In beta.
    pub fn logs(&self) -> Logs {
        Logs {
            branch: self.clone(),
        }
    }
}

impl Logs {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Lists the log records that a query finds (`queryProjectBranchLogs`), the latest first unless
    /// the query says otherwise. Without a time it looks back for an hour; the API takes a span of
    /// up to seven days. The pager sets the query's cursor and limit, by
    /// [`start_after`](Pager::start_after) and [`page_size`](Pager::page_size).
    ///
    /// # Errors
    ///
    /// The status 400 for a query that the API does not take, and
    /// [`is_not_found`](crate::Error::is_not_found) for a branch that is not there or keeps no
    /// logs; [`reason`](crate::Error::reason) says which.
    #[doc(alias = "queryProjectBranchLogs")]
    pub fn query(&self, query: ProjectBranchLogsQueryRequest) -> Pager<QueryLogs> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(
            self.branch.neon().clone(),
            QueryLogs::new(project, id, query),
        )
    }
}
