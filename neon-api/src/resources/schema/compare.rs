//! Comparing schemas.

use chrono::{DateTime, Utc};
use neon_api_raw::ids::BranchId;
use neon_api_raw::types::GetProjectBranchSchemaComparisonQuery;

use crate::call::{Call, IntoId, call, maybe, request};
use crate::input;
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// A comparison of a database's schema with that in another branch. Awaiting it sends the request
/// (`getProjectBranchSchemaComparison`), which is retried as a read, and returns the difference as
/// a string, empty if there is none.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{TimeDelta, Utc};
///
/// // What has changed in this branch since yesterday.
/// let yesterday = Utc::now() - TimeDelta::days(1);
/// let compare = branch.compare_schema("neondb").base(branch.id()).base_at(yesterday);
/// println!("{}", compare.await?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch or database,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for both a time and a place in the log of
/// one branch.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CompareSchema {
    branch: BranchHandle,
    database: String,
    query: GetProjectBranchSchemaComparisonQuery,
}

impl CompareSchema {
    pub(super) fn new(branch: BranchHandle, database: String) -> Self {
        Self {
            branch,
            database,
            query: GetProjectBranchSchemaComparisonQuery::default(),
        }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The branch to compare with; the parent by default.
    pub fn base(mut self, branch: impl IntoId<BranchId>) -> Self {
        let (neon, id) = self.branch.neon.given_in(&self.branch.project, branch);
        self.branch.neon = neon;
        self.query.base_branch_id = Some(id);
        self
    }

    /// The schema of this branch at that time, which must lie within the project's history.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.query.timestamp = Some(time);
        self
    }

    /// The schema of this branch at that place in its write-ahead log, such as `0/1FE3A28`.
    pub fn at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        self.branch.neon.refuse_if(input::lsn("lsn", &lsn));
        self.query.lsn = Some(lsn);
        self
    }

    /// The schema of the base at that time, which must lie within the project's history.
    pub fn base_at(mut self, time: DateTime<Utc>) -> Self {
        self.query.base_timestamp = Some(time);
        self
    }

    /// The schema of the base at that place in its write-ahead log.
    pub fn base_at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        self.branch.neon.refuse_if(input::lsn("base_lsn", &lsn));
        self.query.base_lsn = Some(lsn);
        self
    }

    fn call(mut self) -> Call<String> {
        let query = &self.query;
        let (lsn, time) = (query.lsn.is_some(), query.timestamp.is_some());
        let own = input::one_of(("lsn", lsn), ("timestamp", time));
        let (lsn, time) = (query.base_lsn.is_some(), query.base_timestamp.is_some());
        let base = input::one_of(("base_lsn", lsn), ("base_timestamp", time));
        self.branch.neon.refuse_if(own.or(base));
        call!(
            self,
            |this, neon| {
                let (branch, raw) = (&this.branch, neon.raw());
                raw.get_project_branch_schema_comparison(
                    &branch.project,
                    &branch.id,
                    &this.database,
                    &this.query,
                )
                .await
            },
            |response| response.diff.unwrap_or_default()
        )
    }
}

request!(CompareSchema => String);

maybe! { CompareSchema;
    maybe_base = base(impl IntoId<BranchId>);
    maybe_at = at(DateTime<Utc>);
    maybe_at_lsn = at_lsn(impl Into<String>);
    maybe_base_at = base_at(DateTime<Utc>);
    maybe_base_at_lsn = base_at_lsn(impl Into<String>);
}
