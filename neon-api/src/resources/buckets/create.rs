//! Creating a bucket.

use neon_api_raw::enums::BucketCreateRequestAccessLevel;
use neon_api_raw::types::{Bucket, BucketCreateRequest};

use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// A bucket that is to be created. Awaiting it sends the request (`createProjectBranchBucket`). In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let bucket = branch.buckets().create("assets").access_level("public_read").await?;
/// println!("{}", bucket.access_level);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a bucket of that name exists; the status 410 as
/// the API's description has it. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateBucket {
    branch: BranchHandle,
    body: BucketCreateRequest,
}

impl CreateBucket {
    pub(super) fn new(branch: BranchHandle, name: String) -> Self {
        let body = BucketCreateRequest::new(name);
        Self { branch, body }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Who may read the objects: `private`, which is the default, or `public_read`, as a string or
    /// a [`BucketCreateRequestAccessLevel`].
    pub fn access_level(mut self, level: impl Into<BucketCreateRequestAccessLevel>) -> Self {
        self.body.access_level = Some(level.into());
        self
    }

    fn call(self) -> Call<Bucket> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .create_project_branch_bucket(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |response| response.bucket
        )
    }
}

request!(CreateBucket => Bucket);

maybe! { CreateBucket;
    maybe_access_level = access_level(impl Into<BucketCreateRequestAccessLevel>);
}
