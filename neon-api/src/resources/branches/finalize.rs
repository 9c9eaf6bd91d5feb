//! Finalizing the restore of a snapshot.

use neon_api_raw::types::FinalizeRestoreBranchRequest;

use super::BranchHandle;
use crate::call::{Call, maybe, request, started};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::waits::Started;

/// The end of the preview of a restored snapshot. Awaiting it sends the request
/// (`finalizeRestoreBranch`). The connections of the branch whose place is taken move to the new
/// one. In beta.
///
/// ```no_run
/// # async fn run(preview: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// preview.finalize_restore().keep_as("before-the-restore").ready().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for a name that is empty or too long; the
/// API refuses for a branch that is no such preview. The request is not retried when its response
/// is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct FinalizeRestore {
    branch: BranchHandle,
    body: FinalizeRestoreBranchRequest,
}

impl FinalizeRestore {
    pub(super) fn new(branch: BranchHandle) -> Self {
        let body = FinalizeRestoreBranchRequest::default();
        Self { branch, body }
    }

    fn neon(&self) -> &Neon {
        &self.branch.neon
    }

    /// The name under which the branch whose place is taken is kept, 1 to 256 characters; the API
    /// makes one by default.
    pub fn keep_as(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("name", &name, Longest::BRANCH);
        self.branch.neon.refuse_if(fault);
        self.body.name = Some(name);
        self
    }

    fn call(self) -> Call<Started<()>> {
        started!(
            self,
            |this, neon| neon
                .raw()
                .finalize_restore_branch(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |_| ()
        )
    }
}

request!(FinalizeRestore => Started<()>);

maybe! { FinalizeRestore; maybe_keep_as = keep_as(impl Into<String>) }
