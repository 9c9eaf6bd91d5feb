//! Requests to transfer a project to another account.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon, receiver: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use std::time::Duration;
//!
//! let project = neon.project("late-frost-12345678");
//! let hour = Duration::from_secs(3600);
//! let request = project.transfer_requests().create().valid_for(hour).await?;
//!
//! // By a client of the account that receives the project.
//! let project = receiver.project(&request.project_id);
//! project.transfer_request(&request).accept().org("org-ocean-art-12345678").await?;
//! # Ok(())
//! # }
//! ```

mod accept;
mod create;

use neon_api_raw::ids::{ProjectId, TransferRequestId};
use neon_api_raw::types::ProjectTransferRequestResponse;

pub use accept::AcceptTransferRequest;
pub use create::CreateTransferRequest;

use super::projects::ProjectHandle;
use crate::call::{IntoId, from_values};
use crate::neon::Neon;

/// The requests to transfer a project. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let request = project.transfer_requests().create().await?;
/// println!("to be accepted until {}", request.expires_at);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TransferRequests {
    project: ProjectHandle,
}

/// One request to transfer a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// Whoever knows its ID can accept it: treat it as a secret.
///
/// ```no_run
/// # async fn run(
/// #     project: neon_api::projects::ProjectHandle,
/// #     id: neon_api::ids::TransferRequestId,
/// # ) -> Result<(), neon_api::Error> {
/// project.transfer_request(id).accept().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TransferRequestHandle {
    project: ProjectHandle,
    id: TransferRequestId,
}

impl ProjectHandle {
    /// The requests to transfer the project: creating.
    pub fn transfer_requests(&self) -> TransferRequests {
        TransferRequests {
            project: self.clone(),
        }
    }

    /// One request to transfer the project, by its ID or by a value that has one. Nothing is sent
    /// until a call is made on it.
    pub fn transfer_request(&self, id: impl IntoId<TransferRequestId>) -> TransferRequestHandle {
        let (project, id) = self.given(id);
        TransferRequestHandle { project, id }
    }
}

impl TransferRequests {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Creates a request to transfer the project (`createProjectTransferRequest`). Whoever gets to
    /// know the ID in the response can accept it and own the project, until it expires.
    /// [`CreateTransferRequest`] describes what can be chosen, and how the call fails.
    #[doc(alias = "createProjectTransferRequest")]
    pub fn create(&self) -> CreateTransferRequest {
        CreateTransferRequest::new(self.project.clone())
    }
}

impl TransferRequestHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The request's ID, as it was given.
    pub fn id(&self) -> &TransferRequestId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.project.id()
    }

    /// Accepts the request (`acceptProjectTransferRequest`) for the account of the client's key, or
    /// for an organization, which owns the project from then on; only its new owner can transfer it
    /// back. [`AcceptTransferRequest`] describes what can be chosen, and how the call fails.
    #[doc(alias = "acceptProjectTransferRequest")]
    pub fn accept(&self) -> AcceptTransferRequest {
        AcceptTransferRequest::new(self.clone())
    }
}

from_values! {
    ProjectTransferRequestResponse => TransferRequestId, |request| request.id, in request.project_id;
}
