//! Counting branches.

use neon_api_raw::types::CountProjectBranchesQuery;

use super::Branches;
use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;

/// The counting of a project's branches. Awaiting it sends the request (`countProjectBranches`).
/// Retried as a read.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// println!("{} branches", project.branches().count().await?);
/// println!("{} previews", project.branches().count().search("preview/").await?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CountBranches {
    branches: Branches,
    query: CountProjectBranchesQuery,
}

impl CountBranches {
    pub(super) fn new(branches: Branches) -> Self {
        let query = CountProjectBranchesQuery::default();
        Self { branches, query }
    }

    fn neon(&self) -> &Neon {
        self.branches.neon()
    }

    /// Only branches whose name or ID contains this string.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.query.search = Some(text.into());
        self
    }

    fn call(self) -> Call<u64> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .count_project_branches(&this.branches.project, &this.query)
                .await,
            |response| response.count.unsigned_abs()
        )
    }
}

request!(CountBranches => u64);

maybe! { CountBranches; maybe_search = search(impl Into<String>) }
