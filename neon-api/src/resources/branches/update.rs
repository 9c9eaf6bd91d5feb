//! Changing a branch.

use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api_raw::types::{Branch, BranchUpdateRequest, BranchUpdateRequestBranch};
use neon_api_raw::{Patch, routes};

use super::{BranchHandle, changes, expiry};
use crate::call::{Call, maybe, request};
use crate::input::{self, Longest};
use crate::waits::Started;

/// A change of a branch. Awaiting it sends the request (`updateProjectBranch`); what is not set
/// stays as it is.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let branch = branch.update().protected(true).never_expires().ready().await?;
/// println!("{} is protected: {}", branch.name, branch.protected);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch,
/// [`is_conflict`](crate::Error::is_conflict) when another one has the name,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for a name that is empty or too long, and
/// for both protection and an expiry; the API refuses an expiry of a branch that is protected
/// already. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateBranch {
    branch: BranchHandle,
    change: BranchUpdateRequestBranch,
    expires_in: Option<Duration>,
}

impl UpdateBranch {
    pub(super) fn new(branch: BranchHandle) -> Self {
        Self {
            branch,
            change: BranchUpdateRequestBranch::default(),
            expires_in: None,
        }
    }

    /// The name, 1 to 256 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.name", &name, Longest::BRANCH);
        self.branch.neon.refuse_if(fault);
        self.change.name = Some(name);
        self
    }

    /// Whether the branch is protected against deletion and reset.
    pub fn protected(mut self, protected: bool) -> Self {
        self.change.protected = Some(protected);
        self
    }

    /// Deletes the branch at this time, which must lie ahead.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expires_in = None;
        self.change.expires_at = Patch::Set(time);
        self
    }

    /// Deletes the branch after this time, counted from the sending of the request, by this
    /// machine's clock.
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.change.expires_at = Patch::Keep;
        self.expires_in = Some(period);
        self
    }

    /// Removes the expiry, so that it is not deleted. An action, which takes no value.
    pub fn never_expires(mut self) -> Self {
        self.expires_in = None;
        self.change.expires_at = Patch::Clear;
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// branch.update().with(|branch| branch.protected = Some(false)).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut BranchUpdateRequestBranch)) -> Self {
        if changes(&mut self.change, |it| &it.expires_at, change) {
            self.expires_in = None;
        }
        self
    }

    fn call(mut self) -> Call<Started<Branch>> {
        let is_time = matches!(self.change.expires_at, Patch::Set(_));
        let expires = is_time || self.expires_in.is_some();
        let protected = self.change.protected == Some(true);
        let fault = input::one_of(("expires_at", expires), ("protected", protected));
        self.branch.neon.refuse_if(fault);
        let Self {
            branch,
            mut change,
            expires_in,
        } = self;
        Call::of(branch.neon.clone(), |client| async move {
            let neon = client.get();
            if let Some(period) = expires_in {
                change.expires_at = Patch::Set(expiry(&routes::UPDATE_PROJECT_BRANCH, period)?);
            }
            let body = BranchUpdateRequest::new(change);
            let response = neon
                .raw()
                .update_project_branch(&branch.project, &branch.id, &body)
                .await?
                .into_inner();
            Ok(Started::new(&neon, response.branch, response.operations))
        })
    }
}

request!(UpdateBranch => Started<Branch>);

maybe! { UpdateBranch;
    maybe_name = name(impl Into<String>);
    maybe_protected = protected(bool);
    maybe_expires_at = expires_at(DateTime<Utc>);
    maybe_expires_in = expires_in(Duration);
}
