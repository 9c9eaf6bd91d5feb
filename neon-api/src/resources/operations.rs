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
/// let mut list = project.operations().list();
/// while let Some(item) = list.try_next().await? {
///     println!("{item:?}");
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

    /// Lists the operations (`listProjectOperations`), the newest first.
    pub fn list(&self) -> Pager<ListOperations> {
        Pager::new(self.neon.clone(), ListOperations::new(self.project.clone()))
    }
}
