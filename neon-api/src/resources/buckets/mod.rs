//! Buckets of a branch, and the objects in them.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::Write;
//!
//! use futures::TryStreamExt;
//!
//! branch.buckets().create("uploads").await?;
//! let report = branch.bucket("uploads").object("2026/report.pdf");
//! let upload = report.presign_upload().content_type("application/pdf").await?;
//! println!("{} {}", upload.method, upload.url.expose());
//!
//! let mut file = std::fs::File::create("report.pdf")?;
//! let mut pieces = report.download().await?;
//! while let Some(piece) = pieces.try_next().await? {
//!     file.write_all(&piece)?;
//! }
//! # Ok(())
//! # }
//! ```

mod create;
mod handle;
mod list;
mod object;
mod presign;

use neon_api_raw::types::Bucket;

pub use create::CreateBucket;
pub use handle::{BucketHandle, BucketObjects};
pub use list::{BucketEntry, ListBucketObjects};
pub use object::ObjectHandle;
pub use presign::PresignObject;

use super::branches::BranchHandle;
use crate::call::Call;
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The buckets of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for bucket in branch.buckets().list().await? {
///     println!("{} is {}", bucket.name, bucket.access_level);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Buckets {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's buckets: creating, finding and listing. In beta.
    pub fn buckets(&self) -> Buckets {
        Buckets {
            branch: self.clone(),
        }
    }

    /// One bucket of the branch, by its name, 1 to 255 characters. Nothing is sent until a call is
    /// made on it. In beta.
    pub fn bucket(&self, name: impl Into<String>) -> BucketHandle {
        BucketHandle {
            branch: self.clone(),
            name: name.into(),
        }
    }
}

impl Buckets {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Creates a bucket with a name of 1 to 255 characters (`createProjectBranchBucket`), which is
    /// private by default. In beta. [`CreateBucket`] describes what else can be chosen, and how the
    /// call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let bucket = branch.buckets().create("uploads").await?;
    /// println!("{}", bucket.created_at);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectBranchBucket")]
    pub fn create(&self, name: impl Into<String>) -> CreateBucket {
        CreateBucket::new(self.branch.clone(), name.into())
    }

    /// Lists the buckets (`listProjectBranchBuckets`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "listProjectBranchBuckets")]
    pub fn list(&self) -> Pager<Plain<Bucket>> {
        list!(
            self.branch,
            LIST_PROJECT_BRANCH_BUCKETS,
            |branch, neon| neon
                .raw()
                .list_project_branch_buckets(&branch.project, &branch.id)
                .await,
            |response| response.buckets
        )
    }

    /// The bucket with exactly this name (`listProjectBranchBuckets`); `None` if there is none. In
    /// beta.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Bucket>> {
        let name = name.into();
        self.list().find_where(move |bucket| bucket.name == name)
    }
}
