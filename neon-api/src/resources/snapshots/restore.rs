//! Restoring a snapshot.

use neon_api_raw::ids::BranchId;
use neon_api_raw::types::{Branch, Endpoint, RestoreSnapshotQuery, RestoreSnapshotRequest};
use serde::{Deserialize, Serialize};

use super::SnapshotHandle;
use crate::call::{self, Call, IntoId, maybe, request, started};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::waits::Started;

/// The restoring of a snapshot. Awaiting it sends the request (`restoreSnapshot`), which creates a
/// branch. In beta.
///
/// With a [target](Self::target) that branch takes the target's place: immediately with
/// [`finalize`](Self::finalize), which ends the target's connections; otherwise it can be previewed
/// until [`BranchHandle::finalize_restore`](crate::branches::BranchHandle::finalize_restore) ends the
/// restore.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let snapshot = branch.snapshot("snap-soft-sun-12345678");
/// snapshot.restore().target(branch.id()).finalize(true).ready().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such snapshot or target,
/// [`is_conflict`](crate::Error::is_conflict) when a branch of that name exists. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it. While operations lock the project (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RestoreSnapshot {
    snapshot: SnapshotHandle,
    query: RestoreSnapshotQuery,
    body: RestoreSnapshotRequest,
}

impl RestoreSnapshot {
    pub(super) fn new(snapshot: SnapshotHandle) -> Self {
        Self {
            snapshot,
            query: RestoreSnapshotQuery::default(),
            body: RestoreSnapshotRequest::default(),
        }
    }

    fn neon(&self) -> &Neon {
        &self.snapshot.neon
    }

    /// The name of the branch that is created, 1 to 256 characters; the API makes one by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("name", &name, Longest::BRANCH);
        self.snapshot.neon.refuse_if(fault);
        self.body.name = Some(name);
        self
    }

    /// The name of the branch that is created, sent in the query.
    #[deprecated(note = "use `name`, which is sent in the body")]
    pub fn query_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("name", &name, Longest::BRANCH);
        self.snapshot.neon.refuse_if(fault);
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.query.name = Some(name);
        }
        self
    }

    /// The branch whose place the new one is to take.
    pub fn target(mut self, branch: impl IntoId<BranchId>) -> Self {
        let snapshot = &mut self.snapshot;
        let (neon, id) = snapshot.neon.given_in(&snapshot.project, branch);
        snapshot.neon = neon;
        self.body.target_branch_id = Some(id);
        self
    }

    /// Whether to end the restore in the same call; by default it is not.
    pub fn finalize(mut self, finalize: bool) -> Self {
        self.body.finalize_restore = Some(finalize);
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let restore = branch.snapshot("snap-soft-sun-12345678").restore();
    /// restore.with(|body| body.name = Some("restored".to_owned())).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut RestoreSnapshotRequest)) -> Self {
        change(&mut self.body);
        self
    }

    fn call(self) -> Call<Started<RestoredSnapshot>> {
        started!(
            self,
            |this, neon| {
                let snapshot = &this.snapshot;
                neon.raw()
                    .restore_snapshot(&snapshot.project, &snapshot.id, &this.query, &this.body)
                    .await
            },
            |response| RestoredSnapshot {
                branch: response.branch,
                endpoints: response.endpoints.unwrap_or_default(),
            }
        )
    }
}

request!(RestoreSnapshot => Started<RestoredSnapshot>);

maybe! { RestoreSnapshot;
    maybe_name = name(impl Into<String>);
    maybe_target = target(impl IntoId<BranchId>);
    maybe_finalize = finalize(bool);
    maybe_query_name = query_name(impl Into<String>);
}

/// What the restoring of a snapshot returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RestoredSnapshot {
    /// The branch with the snapshot's data.
    pub branch: Branch,
    /// Its compute endpoints, if any.
    pub endpoints: Vec<Endpoint>,
}

call::from_values! {
    RestoredSnapshot => BranchId, |restored| restored.branch.id, in restored.branch.project_id;
}
