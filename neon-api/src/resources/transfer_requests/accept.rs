//! Accepting a request to transfer a project.

use neon_api_raw::ids::OrgId;
use neon_api_raw::types::AcceptProjectTransferRequestRequest;

use super::TransferRequestHandle;
use crate::call::{Call, IntoId, call, maybe, request};
use crate::neon::Neon;

/// A request to transfer a project that is to be accepted. Awaiting it sends the request
/// (`acceptProjectTransferRequest`): the account of the client's key, or an organization, then owns
/// the project, and only its new owner can transfer it back.
///
/// ```no_run
/// # async fn run(
/// #     project: neon_api::projects::ProjectHandle,
/// #     id: neon_api::ids::TransferRequestId,
/// # ) -> Result<(), neon_api::Error> {
/// project.transfer_request(id).accept().org("org-ocean-art-12345678").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such request, or it has expired;
/// the status 406 when the plan of the receiver does not allow it, and the error's body says why.
/// The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct AcceptTransferRequest {
    request: TransferRequestHandle,
    body: AcceptProjectTransferRequestRequest,
}

impl AcceptTransferRequest {
    pub(super) fn new(request: TransferRequestHandle) -> Self {
        Self {
            request,
            body: AcceptProjectTransferRequestRequest::default(),
        }
    }

    /// The organization that is to own the project; without this, the account of the client's key.
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        self.body.org_id = Some(self.request.project.neon.take_id(org));
        self
    }

    fn neon(&self) -> &Neon {
        self.request.neon()
    }

    fn call(self) -> Call<()> {
        call!(
            self,
            |this, neon| {
                let (project, request) = (&this.request.project.id, &this.request.id);
                let raw = neon.raw();
                raw.accept_project_transfer_request(project, request, &this.body)
                    .await
            },
            |_| ()
        )
    }
}

request!(AcceptTransferRequest => ());

maybe! { AcceptTransferRequest; maybe_org = org(impl IntoId<OrgId>) }
