//! Buckets and what they hold.

mod list;

pub use list::{BucketEntry, ListBucketObjects};

use super::branches::BranchHandle;
use crate::pager::Pager;

/// One bucket of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let bucket = branch.bucket("uploads");
/// assert_eq!(bucket.name(), "uploads");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BucketHandle {
    branch: BranchHandle,
    name: String,
}

impl BranchHandle {
    /// One bucket of the branch, by its name, 1 to 255 characters. In beta.
    pub fn bucket(&self, name: impl Into<String>) -> BucketHandle {
        BucketHandle {
            branch: self.clone(),
            name: name.into(),
        }
    }
}

impl BucketHandle {
    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the bucket holds: listing.
    pub fn objects(&self) -> BucketObjects {
        BucketObjects {
            bucket: self.clone(),
        }
    }
}

/// The objects of a bucket. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let objects = branch.bucket("uploads").objects();
/// let is_empty = objects.list().page_size(1).try_next().await?.is_none();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BucketObjects {
    bucket: BucketHandle,
}

impl BucketObjects {
    /// Lists the objects (`listProjectBranchBucketObjects`). [`ListBucketObjects`] shows its filters. A
    /// bucket's name that is empty, `.` or `..` is told by the list, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn list(&self) -> Pager<ListBucketObjects> {
        let BucketHandle { branch, name } = &self.bucket;
        let (project, id) = (branch.project_id().clone(), branch.id().clone());
        let listing = ListBucketObjects::new(project, id, name.clone());
        Pager::new(branch.neon().clone(), listing)
    }
}
