//! Lists of branches and in branches.

use neon_api_raw::enums::{ListProjectBranchesSortBy, SortOrder};
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    Branch, BucketObject, CustomDomain, ListProjectBranchBucketObjectsQuery,
    ListProjectBranchCustomDomainsQuery, ListProjectBranchFunctionsQuery, ListProjectBranchesQuery,
    NeonFunction, ProjectBranchLogRecord, ProjectBranchLogsQueryRequest,
};

use super::{if_truncated, listing, next_page, page_of};
use crate::pager::{Page, Pager};

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

listing!(ListBranches => Branch, 10_000, false, LIST_PROJECT_BRANCHES, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let answer = neon.raw().list_project_branches(&this.project, &query).await?.into_inner();
    Ok(Page::new(answer.branches, next_page(answer.pagination)))
});

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

/// The list of a branch's functions (`listProjectBranchFunctions`).
#[derive(Debug, Clone)]
pub struct ListFunctions {
    project: ProjectId,
    branch: BranchId,
}

impl ListFunctions {
    pub(crate) fn new(project: ProjectId, branch: BranchId) -> Self {
        Self { project, branch }
    }
}

listing!(ListFunctions => NeonFunction, 1000, false, LIST_PROJECT_BRANCH_FUNCTIONS, |this, neon, after, limit| {
    let query = page_of!(ListProjectBranchFunctionsQuery::default(), after, limit);
    let raw = neon.raw();
    let answer = raw.list_project_branch_functions(&this.project, &this.branch, &query).await?.into_inner();
    Ok(Page::new(answer.functions, next_page(answer.pagination)))
});

/// The list of a branch's custom domains (`listProjectBranchCustomDomains`).
#[derive(Debug, Clone)]
pub struct ListCustomDomains {
    project: ProjectId,
    branch: BranchId,
}

impl ListCustomDomains {
    pub(crate) fn new(project: ProjectId, branch: BranchId) -> Self {
        Self { project, branch }
    }
}

listing!(ListCustomDomains => CustomDomain, 1000, false, LIST_PROJECT_BRANCH_CUSTOM_DOMAINS, |this, neon, after, limit| {
    let query = page_of!(ListProjectBranchCustomDomainsQuery::default(), after, limit);
    let raw = neon.raw();
    let answer = raw.list_project_branch_custom_domains(&this.project, &this.branch, &query).await?.into_inner();
    Ok(Page::new(answer.custom_domains, next_page(answer.pagination)))
});

/// What a bucket holds: objects, and prefixes that objects share up to a delimiter.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BucketEntry {
    /// A prefix, where the list was asked for a delimiter.
    Folder(String),
    /// An object.
    Object(BucketObject),
}

/// The list of what a bucket holds (`listProjectBranchBucketObjects`).
#[derive(Debug, Clone)]
pub struct ListBucketObjects {
    project: ProjectId,
    branch: BranchId,
    bucket: String,
    query: ListProjectBranchBucketObjectsQuery,
}

impl ListBucketObjects {
    pub(crate) fn new(project: ProjectId, branch: BranchId, bucket: String) -> Self {
        Self {
            project,
            branch,
            bucket,
            query: ListProjectBranchBucketObjectsQuery::default(),
        }
    }
}

listing!(ListBucketObjects => BucketEntry, 1000, false, LIST_PROJECT_BRANCH_BUCKET_OBJECTS, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let raw = neon.raw();
    let answer = raw
        .list_project_branch_bucket_objects(&this.project, &this.branch, &this.bucket, &query)
        .await?
        .into_inner();
    let folders = answer.folders.into_iter().map(BucketEntry::Folder);
    let objects = answer.objects.into_iter().map(BucketEntry::Object);
    let items = folders.chain(objects).collect();
    Ok(Page::new(items, if_truncated(answer.is_truncated, answer.next_cursor)))
});

impl Pager<ListBucketObjects> {
    /// Only objects whose key begins with this text.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.listing_mut().query.prefix = Some(prefix.into());
        self
    }

    /// Folds objects whose keys are the same up to this text behind the prefix.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.listing_mut().query.delimiter = Some(delimiter.into());
        self
    }
}

/// A query for a branch's logs (`queryProjectBranchLogs`).
#[derive(Debug, Clone)]
pub struct QueryLogs {
    project: ProjectId,
    branch: BranchId,
    query: ProjectBranchLogsQueryRequest,
}

impl QueryLogs {
    pub(crate) fn new(
        project: ProjectId,
        branch: BranchId,
        query: ProjectBranchLogsQueryRequest,
    ) -> Self {
        Self {
            project,
            branch,
            query,
        }
    }
}

listing!(QueryLogs => ProjectBranchLogRecord, 1000, false, QUERY_PROJECT_BRANCH_LOGS, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let raw = neon.raw();
    let answer = raw.query_project_branch_logs(&this.project, &this.branch, &query).await?.into_inner();
    Ok(Page::new(answer.logs, if_truncated(answer.is_truncated, answer.next_cursor)))
});
