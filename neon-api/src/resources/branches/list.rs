//! The list of branches.

use neon_api_raw::enums::{ListProjectBranchesSortBy, SortOrder};
use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::ListProjectBranchesQuery;

use super::AnnotatedBranch;
use crate::call::{Call, maybe};
use crate::pager::{Page, Pager, listing, next_page, page_of};

/// The list of a project's branches (`listProjectBranches`), made by
/// [`Branches::list`](super::Branches::list): pages of up to 10,000 according to the spec; the API
/// may give fewer.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::{ListProjectBranchesSortBy, SortOrder};
///
/// let list = project.branches().list().search("preview/");
/// let mut oldest_first = list.sort(ListProjectBranchesSortBy::CreatedAt, SortOrder::Asc);
/// while let Some(branch) = oldest_first.try_next().await? {
///     println!("{} of {}", branch.name, branch.created_at);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListBranches {
    project: ProjectId,
    query: ListProjectBranchesQuery,
}

impl ListBranches {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self {
            project,
            query: ListProjectBranchesQuery::default(),
        }
    }
}

listing!(ListBranches => AnnotatedBranch, 10_000, false, LIST_PROJECT_BRANCHES, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let response = neon.raw().list_project_branches(&this.project, &query).await?.into_inner();
    let mut annotations = response.annotations;
    let branches = response.branches.into_iter().map(|branch| AnnotatedBranch {
        annotation: annotations.remove(branch.id.as_str()),
        branch,
    });
    Ok(Page::new(branches.collect(), next_page(response.pagination)))
});

/// Filters and order of [`Branches::list`](super::Branches::list).
impl Pager<ListBranches> {
    /// The branch with exactly this name; `None` if there is none among those that the other filters
    /// leave.
    pub fn find(self, name: impl Into<String>) -> Call<Option<AnnotatedBranch>> {
        let name = name.into();
        let list = self.search(name.clone());
        list.find_where(move |branch| branch.name == name)
    }

    /// Only branches whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// In this order; by default the branch changed last comes first.
    pub fn sort(mut self, by: ListProjectBranchesSortBy, order: SortOrder) -> Self {
        let query = &mut self.listing_mut().query;
        query.sort_by = Some(by);
        query.sort_order = Some(order);
        self
    }

    /// Whether to list deleted branches as well, as long as they can be recovered.
    pub fn include_deleted(mut self, include: bool) -> Self {
        self.listing_mut().query.include_deleted = Some(include);
        self
    }
}

maybe! { Pager<ListBranches>;
    maybe_search = search(impl Into<String>);
    maybe_sort = sort(ListProjectBranchesSortBy, SortOrder);
    maybe_include_deleted = include_deleted(bool);
}
