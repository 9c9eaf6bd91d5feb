//! Responses that contain the operations that their call started.

use neon_api_raw::ResponseValue;
use neon_api_raw::types::{
    BranchOperations, CreateProjectBranchAnonymizedResponse, CreateProjectBranchResponse,
    CreateProjectResponse, CreateSnapshotResponse, DatabaseOperations, EndpointOperations,
    JwksCreationOperation, Operation, OperationsResponse, RestoreSnapshotResponse, RoleOperations,
    UpdateProjectResponse,
};

use super::Started;
use crate::neon::Neon;

/// A response that contains the operations that its call started. [`Neon::started`] waits for those
/// of raw calls.
pub trait NamesOperations {
    /// The operations.
    fn named_operations(&self) -> &[Operation];

    /// Takes the operations out of the response.
    fn take_operations(&mut self) -> Vec<Operation>;
}

macro_rules! names_operations {
    ($($response:ident)*) => {$(
        impl NamesOperations for $response {
            fn named_operations(&self) -> &[Operation] {
                &self.operations
            }

            fn take_operations(&mut self) -> Vec<Operation> {
                std::mem::take(&mut self.operations)
            }
        }
    )*};
}

names_operations! {
    BranchOperations CreateProjectBranchAnonymizedResponse CreateProjectBranchResponse
    CreateProjectResponse CreateSnapshotResponse DatabaseOperations EndpointOperations
    JwksCreationOperation OperationsResponse RestoreSnapshotResponse RoleOperations
    UpdateProjectResponse
}

/// For the deletion of a resource that was already gone.
impl<T: NamesOperations> NamesOperations for Option<T> {
    fn named_operations(&self) -> &[Operation] {
        self.as_ref().map(T::named_operations).unwrap_or_default()
    }

    fn take_operations(&mut self) -> Vec<Operation> {
        self.as_mut().map(T::take_operations).unwrap_or_default()
    }
}

impl Neon {
    /// Wraps the response of a raw call, to wait for the operations that it started.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// use neon_api::types::{ProjectUpdateRequest, ProjectUpdateRequestProject};
    ///
    /// let change = ProjectUpdateRequestProject::default().with_name("renamed");
    /// let response = neon.raw().update_project(&id, &ProjectUpdateRequest::new(change)).await?;
    /// let renamed = neon.started(response).ready().await?;
    /// println!("{}", renamed.project.name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn started<T: NamesOperations>(&self, response: ResponseValue<T>) -> Started<T> {
        let value = response.into_inner();
        let operations = value.named_operations().to_vec();
        Started::new(self, value, operations)
    }
}
