//! Presigned URLs of objects.

use std::time::Duration;

use neon_api_raw::enums::PresignRequestOperation;
use neon_api_raw::types::{PresignRequest, PresignResponse};

use super::{BucketHandle, ObjectHandle};
use crate::call::{Call, call, maybe, request};
use crate::input::{self, Unit};
use crate::neon::Neon;

/// The longest time that a URL can work, in seconds.
const WEEK: u64 = 7 * 24 * 3600;

/// A URL that is to be signed, by which anybody can upload or download an object. Awaiting it sends
/// the request (`presignProjectBranchBucketObject`). In beta.
///
/// The URL and the headers are secrets, and the URL is of another host than the API's: send the
/// request to it with a client of your own, with the method and headers of the response.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let report = branch.bucket("uploads").object("2026/report.pdf");
/// let link = report.presign_download().expires_in(Duration::from_secs(3600)).await?;
/// println!("{} until {}", link.url.expose(), link.expires_at);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the URL is to expire in less than a
/// second or more than 7 days, [`is_not_found`](crate::Error::is_not_found) when there is no such
/// bucket. The operation is a POST, so that it is not retried when its response is lost.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct PresignObject {
    object: ObjectHandle,
    body: PresignRequest,
}

impl PresignObject {
    pub(super) fn new(object: ObjectHandle, operation: PresignRequestOperation) -> Self {
        let body = PresignRequest::new(operation);
        Self { object, body }
    }

    fn neon(&self) -> &Neon {
        self.object.neon()
    }

    /// The media type of the object, such as `image/png`.
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.body.content_type = Some(media_type.into());
        self
    }

    /// How long the URL works, rounded down to whole seconds, 1 second to 7 days; 900 seconds by
    /// default.
    pub fn expires_in(mut self, period: Duration) -> Self {
        match input::whole("expires_in_seconds", period, Unit::Seconds, 1..=WEEK) {
            Ok(seconds) => self.body.expires_in_seconds = Some(seconds),
            Err(fault) => self.object.bucket.branch.neon.refuse_if(Some(fault)),
        }
        self
    }

    fn call(self) -> Call<PresignResponse> {
        call!(
            self,
            |this, neon| {
                let ObjectHandle { bucket, key } = &this.object;
                let BucketHandle { branch, name } = bucket;
                let (project, id) = (&branch.project, &branch.id);
                let raw = neon.raw();
                raw.presign_project_branch_bucket_object(project, id, name, key, &this.body)
                    .await
            },
            |response| *response
        )
    }
}

request!(PresignObject => PresignResponse);

maybe! { PresignObject;
    maybe_content_type = content_type(impl Into<String>);
    maybe_expires_in = expires_in(Duration);
}
