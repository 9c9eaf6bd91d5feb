//! The operations of a project.

use neon_api_raw::ids::ProjectId;

use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::ListOperations;

/// The operations of a project: what its changes started. [`Started`](crate::Started) waits for
/// those of one change.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let latest = project.operations().list().page_size(1).prefetch(false).try_next().await?;
/// if let Some(operation) = latest {
///     println!("{} is {}", operation.action, operation.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Operations {
    neon: Neon,
    project: ProjectId,
}

impl Operations {
    pub(crate) fn new(neon: Neon, project: ProjectId) -> Self {
        Self { neon, project }
    }

    /// Lists the operations (`listProjectOperations`), the newest first; [`ListOperations`] shows what
    /// they hold.
    pub fn list(&self) -> Pager<ListOperations> {
        Pager::new(self.neon.clone(), ListOperations::new(self.project.clone()))
    }
}
