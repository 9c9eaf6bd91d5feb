//! The list of what a bucket holds.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{BucketObject, ListProjectBranchBucketObjectsQuery};
use serde::{Deserialize, Serialize};

use crate::call::maybe;
use crate::pager::{Page, Pager, if_truncated, listing, page_of};

/// What a bucket holds: objects, and prefixes that objects share up to a delimiter. As JSON it is an
/// object: `{"folder": …}` or `{"object": …}`.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::buckets::BucketEntry;
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BucketEntry {
    /// A prefix, where the list was asked for a delimiter.
    Folder(String),
    /// An object.
    Object(BucketObject),
}

/// The list of what a bucket holds (`listProjectBranchBucketObjects`), made by
/// [`BucketObjects::list`](super::BucketObjects::list): pages of up to 1,000 entries, in each the
/// folders before the objects. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::buckets::BucketEntry;
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

/// Filters of [`BucketObjects::list`](super::BucketObjects::list).
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

maybe! { Pager<ListBucketObjects>;
    maybe_prefix = prefix(impl Into<String>);
    maybe_delimiter = delimiter(impl Into<String>);
}
