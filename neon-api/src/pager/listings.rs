//! The lists of the API.

use neon_api_raw::enums::{ListProjectBranchesSortBy, SortOrder};
use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::types::{
    Branch, CursorPagination, ListProjectBranchesQuery, ListProjectOperationsQuery,
    ListProjectsQuery, Operation, Pagination, ProjectListItem,
};
use neon_api_raw::{BoxFuture, operations};

use super::{Cursor, Listing, Page, Pager};
use crate::Result;
use crate::neon::Neon;

/// The cursor of lists that mark the last item (`pagination.cursor`).
fn after_last_item(pagination: Option<Pagination>) -> Option<Cursor> {
    filled(pagination?.cursor)
}

/// The cursor of lists that name the next page (`pagination.next`).
fn next_page(pagination: Option<CursorPagination>) -> Option<Cursor> {
    filled(pagination?.next?)
}

fn filled(text: String) -> Option<Cursor> {
    (!text.is_empty()).then(|| Cursor::new(text))
}

/// The list of projects (`listProjects`).
#[derive(Debug, Clone, Default)]
pub struct ListProjects {
    pub(crate) query: ListProjectsQuery,
}

impl Listing for ListProjects {
    type Item = ProjectListItem;
    const LARGEST_PAGE: u32 = 400;

    fn operation() -> &'static neon_api_raw::Operation {
        &operations::LIST_PROJECTS
    }

    fn fetch(
        &self,
        neon: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, Result<Page<ProjectListItem>>> {
        let mut query = self.query.clone();
        query.cursor = after.map(|c| c.0);
        query.limit = Some(limit.into());
        Box::pin(async move {
            let answer = neon.raw().list_projects(&query).await?.into_inner();
            Ok(Page {
                items: answer.projects,
                next: after_last_item(answer.pagination),
            })
        })
    }
}

impl Pager<ListProjects> {
    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// Only projects of this organization.
    pub fn org(mut self, org: impl Into<OrgId>) -> Self {
        self.listing_mut().query.org_id = Some(org.into());
        self
    }
}

/// The list of a project's branches (`listProjectBranches`).
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

impl Listing for ListBranches {
    type Item = Branch;
    const LARGEST_PAGE: u32 = 10_000;

    fn operation() -> &'static neon_api_raw::Operation {
        &operations::LIST_PROJECT_BRANCHES
    }

    fn fetch(
        &self,
        neon: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, Result<Page<Branch>>> {
        let project = self.project.clone();
        let mut query = self.query.clone();
        query.cursor = after.map(|c| c.0);
        query.limit = Some(limit.into());
        Box::pin(async move {
            let answer = neon.raw().list_project_branches(&project, &query).await?;
            let answer = answer.into_inner();
            Ok(Page {
                items: answer.branches,
                next: next_page(answer.pagination),
            })
        })
    }
}

impl Pager<ListBranches> {
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

    /// Deleted branches as well, as long as they can be recovered.
    pub fn include_deleted(mut self) -> Self {
        self.listing_mut().query.include_deleted = Some(true);
        self
    }
}

/// The list of a project's operations (`listProjectOperations`).
#[derive(Debug, Clone)]
pub struct ListOperations {
    project: ProjectId,
}

impl ListOperations {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project }
    }
}

impl Listing for ListOperations {
    type Item = Operation;
    const LARGEST_PAGE: u32 = 1000;

    fn operation() -> &'static neon_api_raw::Operation {
        &operations::LIST_PROJECT_OPERATIONS
    }

    fn fetch(
        &self,
        neon: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, Result<Page<Operation>>> {
        let project = self.project.clone();
        let query = ListProjectOperationsQuery {
            cursor: after.map(|c| c.0),
            limit: Some(limit.into()),
        };
        Box::pin(async move {
            let answer = neon.raw().list_project_operations(&project, &query).await?;
            let answer = answer.into_inner();
            Ok(Page {
                items: answer.operations,
                next: after_last_item(answer.pagination),
            })
        })
    }
}
