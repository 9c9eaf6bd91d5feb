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

/// The list of a project's branches (`listProjectBranches`), made by
/// [`Branches::list`](crate::Branches::list): pages of up to 10,000 by the interface; the API may
/// give fewer.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
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

listing!(ListBranches => Branch, 10_000, false, LIST_PROJECT_BRANCHES, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let answer = neon.raw().list_project_branches(&this.project, &query).await?.into_inner();
    Ok(Page::new(answer.branches, next_page(answer.pagination)))
});

/// Filters and order of [`Branches::list`](crate::Branches::list).
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

/// The list of a branch's functions (`listProjectBranchFunctions`), made by
/// [`Functions::list`](crate::Functions::list): pages of up to 1,000. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut functions = branch.functions().list();
/// while let Some(function) = functions.try_next().await? {
///     println!("{} is called at {}", function.slug, function.invocation_url);
/// }
/// # Ok(())
/// # }
/// ```
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

/// The list of a branch's custom domains (`listProjectBranchCustomDomains`), made by
/// [`CustomDomains::list`](crate::CustomDomains::list): pages of up to 1,000. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut domains = branch.custom_domains().list();
/// while let Some(domain) = domains.try_next().await? {
///     println!("{} must point to {}: {:?}", domain.domain, domain.cname_target, domain.dns_status);
/// }
/// # Ok(())
/// # }
/// ```
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
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
/// use neon_api::BucketEntry;
///
/// let mut entries = branch.bucket("uploads").objects().list().delimiter("/");
/// while let Some(entry) = entries.try_next().await? {
///     match entry {
///         BucketEntry::Folder(prefix) => println!("{prefix}"),
///         BucketEntry::Object(object) => println!("{} has {} bytes", object.key, object.size),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BucketEntry {
    /// A prefix, where the list was asked for a delimiter.
    Folder(String),
    /// An object.
    Object(BucketObject),
}

/// The list of what a bucket holds (`listProjectBranchBucketObjects`), made by
/// [`BucketObjects::list`](crate::BucketObjects::list): pages of up to 1,000 entries, in each the
/// folders before the objects. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
/// use neon_api::BucketEntry;
///
/// let mut entries = branch.bucket("uploads").objects().list().prefix("2026/");
/// let mut bytes = 0;
/// while let Some(entry) = entries.try_next().await? {
///     if let BucketEntry::Object(object) = entry {
///         bytes += object.size;
///     }
/// }
/// println!("{bytes} bytes in 2026");
/// # Ok(())
/// # }
/// ```
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

/// Filters of [`BucketObjects::list`](crate::BucketObjects::list).
impl Pager<ListBucketObjects> {
    /// Only objects whose key begins with this text.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.listing_mut().query.prefix = Some(prefix.into());
        self
    }

    /// Folds objects whose keys are the same up to this text behind the prefix into one
    /// [`BucketEntry::Folder`].
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.listing_mut().query.delimiter = Some(delimiter.into());
        self
    }
}

/// A query for a branch's logs (`queryProjectBranchLogs`), made by
/// [`Logs::query`](crate::Logs::query): pages of up to 1,000 records. In beta.
///
/// The operation is a POST: after a reset or a time-out its page is not asked for again within the
/// call, but by the next poll of the list.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
/// use neon_api::types::ProjectBranchLogsQueryRequest;
///
/// // A few records, and no more pages than they need.
/// let query = ProjectBranchLogsQueryRequest::default().with_since("15m".to_owned().into());
/// let mut latest = branch.logs().query(query).page_size(20).prefetch(false);
/// if let Some(record) = latest.try_next().await? {
///     println!("{} {}", record.timestamp, record.message);
/// }
/// # Ok(())
/// # }
/// ```
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
