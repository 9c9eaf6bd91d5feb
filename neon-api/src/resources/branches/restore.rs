//! Restoring a branch.

use chrono::{DateTime, Utc};
use neon_api_raw::ids::BranchId;
use neon_api_raw::types::{Branch, BranchRestoreRequest};

use super::BranchHandle;
use crate::call::{Call, IntoId, maybe, request, started};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::waits::Started;

/// The restoring of a branch to the state of another one, or to an earlier state of its own.
/// Awaiting it sends the request (`restoreProjectBranch`). Connections to the branch end.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// // To the state of its parent.
/// if let Some(parent) = branch.get().await?.parent_id.clone() {
///     branch.restore(&parent).ready().await?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for both a time and a place in the log, and
/// for a name that is empty or too long; the API refuses for a protected branch, for a time outside
/// the project's history, and where a branch with children is not [kept](Self::keep_as). The
/// request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RestoreBranch {
    branch: BranchHandle,
    body: BranchRestoreRequest,
}

impl RestoreBranch {
    pub(super) fn new(mut branch: BranchHandle, source: impl IntoId<BranchId>) -> Self {
        let (neon, source) = branch.neon.given_in(&branch.project, source);
        branch.neon = neon;
        Self {
            branch,
            body: BranchRestoreRequest::new(source),
        }
    }

    fn neon(&self) -> &Neon {
        &self.branch.neon
    }

    /// The state of the source at that time, which must lie within the project's history.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.body.source_timestamp = Some(time);
        self
    }

    /// The state of the source at that place in its write-ahead log, such as `0/1FE3A28`.
    pub fn at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        let fault = input::lsn("source_lsn", &lsn);
        self.branch.neon.refuse_if(fault);
        self.body.source_lsn = Some(lsn);
        self
    }

    /// Keeps the present state as a branch of this name, 1 to 256 characters, which takes over the
    /// children. Required where the source is an earlier state of the branch itself.
    pub fn keep_as(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("preserve_under_name", &name, Longest::BRANCH);
        self.branch.neon.refuse_if(fault);
        self.body.preserve_under_name = Some(name);
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let restore = branch.restore("br-noisy-breeze-a5e59rrb");
    /// restore.with(|body| body.preserve_under_name = None).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut BranchRestoreRequest)) -> Self {
        change(&mut self.body);
        self
    }

    fn call(mut self) -> Call<Started<Branch>> {
        let (lsn, time) = (&self.body.source_lsn, &self.body.source_timestamp);
        let lsn = ("source_lsn", lsn.is_some());
        let fault = input::one_of(lsn, ("source_timestamp", time.is_some()));
        self.branch.neon.refuse_if(fault);
        started!(
            self,
            |this, neon| neon
                .raw()
                .restore_project_branch(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |response| response.branch
        )
    }
}

request!(RestoreBranch => Started<Branch>);

maybe! { RestoreBranch;
    maybe_at = at(DateTime<Utc>);
    maybe_at_lsn = at_lsn(impl Into<String>);
    maybe_keep_as = keep_as(impl Into<String>);
}
