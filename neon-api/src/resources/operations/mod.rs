//! The operations of a project: listing them, and waiting for one.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let project = neon.project("late-frost-12345678");
//! for operation in project.operations().list().take(10).await? {
//!     println!("{} is {}", operation.action, operation.status);
//!     project.operation(&operation).wait().await?;
//! }
//! # Ok(())
//! # }
//! ```

mod handle;
mod list;

use neon_api_raw::ids::ProjectId;

pub use handle::OperationHandle;
pub use list::ListOperations;

use super::projects::ProjectHandle;
use crate::neon::Neon;
use crate::pager::Pager;

/// The operations of a project: what its changes started. [`Started`](crate::Started) waits for
/// those of one change.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
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

impl ProjectHandle {
    /// The project's operations, which its changes started: listing.
    pub fn operations(&self) -> Operations {
        Operations {
            neon: self.neon.clone(),
            project: self.id.clone(),
        }
    }
}

impl Operations {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// Lists the operations (`listProjectOperations`), the newest first; [`ListOperations`] shows
    /// what they hold.
    #[doc(alias = "listProjectOperations")]
    pub fn list(&self) -> Pager<ListOperations> {
        Pager::new(self.neon.clone(), ListOperations::new(self.project.clone()))
    }
}
