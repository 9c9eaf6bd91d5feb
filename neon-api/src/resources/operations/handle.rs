//! One operation.

use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::types::Operation;

use crate::call::{Call, IntoId, call};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;
use crate::waits::{Ready, WaitToken};

/// One operation of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let operation = project.operation("a07f8772-1877-4da9-a939-3a3ae62d1d8d");
/// operation.wait().await?;
/// println!("{:?} ms", operation.get().await?.total_duration_ms);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OperationHandle {
    neon: Neon,
    project: ProjectId,
    id: OperationId,
}

impl ProjectHandle {
    /// One operation of the project, by its ID or by a value that has one. Nothing is sent until a
    /// call is made on it.
    pub fn operation(&self, id: impl IntoId<OperationId>) -> OperationHandle {
        let (neon, id) = self.neon.given_in(&self.id, id);
        OperationHandle {
            neon,
            project: self.id.clone(),
            id,
        }
    }
}

impl OperationHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The operation's ID, as it was given. Calls of a handle that was made of a string which
    /// cannot be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &OperationId {
        &self.id
    }

    /// The ID of the operation's project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// The operation as it is now (`getProjectOperation`): its action, its status and, where it
    /// failed, its error. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, which may be so for a
    /// moment after a response has named it.
    #[doc(alias = "getProjectOperation")]
    pub fn get(&self) -> Call<Operation> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_operation(&this.project, &this.id)
                .await,
            |response| response.operation
        )
    }

    /// The operation as it is now (`getProjectOperation`); `None` if it, or what contains it, does
    /// not exist, which may be so for a moment after a response has named it.
    pub fn get_opt(&self) -> Call<Option<Operation>> {
        self.get().optional()
    }

    /// Waits until the operation has finished, as [`Neon::wait`] does. [`Ready`] describes how it
    /// is polled, for how long, and how the wait fails.
    pub fn wait(&self) -> Ready<()> {
        let token = WaitToken::new(&self.project, [self.id.clone()]);
        self.neon.wait(token)
    }
}
