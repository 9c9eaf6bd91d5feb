//! Creating a request to transfer a project.

use std::time::Duration;

use neon_api_raw::types::{CreateProjectTransferRequestRequest, ProjectTransferRequestResponse};

use crate::call::{Call, call, maybe, request};
use crate::input::{self, MOST, Unit};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;

/// A request to transfer a project that is to be created. Awaiting it sends the request
/// (`createProjectTransferRequest`).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let hour = Duration::from_secs(3600);
/// let request = project.transfer_requests().create().valid_for(hour).await?;
/// println!("to be accepted until {}", request.expires_at);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the time is less than a second or more
/// than the API can represent. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateTransferRequest {
    project: ProjectHandle,
    body: CreateProjectTransferRequestRequest,
}

impl CreateTransferRequest {
    pub(super) fn new(project: ProjectHandle) -> Self {
        Self {
            project,
            body: CreateProjectTransferRequestRequest::default(),
        }
    }

    /// How long the request can be accepted, rounded down to whole seconds, 1 or more; a day by
    /// default.
    pub fn valid_for(mut self, time: Duration) -> Self {
        match input::whole("ttl_seconds", time, Unit::Seconds, 1..=MOST) {
            Ok(seconds) => self.body.ttl_seconds = Some(seconds),
            Err(fault) => self.project.neon.refuse_if(Some(fault)),
        }
        self
    }

    fn neon(&self) -> &Neon {
        self.project.neon()
    }

    fn call(self) -> Call<ProjectTransferRequestResponse> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .create_project_transfer_request(&this.project.id, &this.body)
                .await,
            |response| *response
        )
    }
}

request!(CreateTransferRequest => ProjectTransferRequestResponse);

maybe! { CreateTransferRequest; maybe_valid_for = valid_for(Duration) }
