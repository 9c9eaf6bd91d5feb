//! One bucket, and its objects as a whole.

use super::{ListBucketObjects, ObjectHandle};
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::pager::Pager;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;
use neon_api_raw::ids::{BranchId, ProjectId};

/// One bucket of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let bucket = branch.bucket("uploads");
/// bucket.objects().delete_prefix("2025/").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BucketHandle {
    pub(super) branch: BranchHandle,
    pub(super) name: String,
}

impl BucketHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// Deletes the bucket for good (`deleteProjectBranchBucket`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchBucket")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project_branch_bucket(&this.branch.project, &this.branch.id, &this.name)
            .await)
    }

    /// The bucket's objects: listing them, and deleting all with a prefix.
    pub fn objects(&self) -> BucketObjects {
        BucketObjects {
            bucket: self.clone(),
        }
    }

    /// One object of the bucket, by its key of 1 to 1024 characters, such as `2026/report.pdf`.
    /// Nothing is sent until a call is made on it.
    pub fn object(&self, key: impl Into<String>) -> ObjectHandle {
        ObjectHandle {
            bucket: self.clone(),
            key: key.into(),
        }
    }
}

/// The objects of a bucket. Nothing is sent until a call is made on it; clones are cheap. In beta.
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
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.bucket.neon()
    }

    /// Lists the objects (`listProjectBranchBucketObjects`). [`ListBucketObjects`] shows its
    /// filters. In beta.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the bucket's name is empty, `.` or
    /// `..`, [`is_not_found`](crate::Error::is_not_found) when there is no such bucket.
    #[doc(alias = "listProjectBranchBucketObjects")]
    pub fn list(&self) -> Pager<ListBucketObjects> {
        let BucketHandle { branch, name } = &self.bucket;
        let (project, id) = (branch.project_id().clone(), branch.id().clone());
        let listing = ListBucketObjects::new(project, id, name.clone());
        Pager::new(branch.neon().clone(), listing)
    }

    /// Deletes for good all objects whose keys begin with a prefix of 1 to 1024 characters
    /// (`deleteProjectBranchBucketObjectsByPrefix`), and returns how many they were. In beta.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when the prefix is empty,
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such bucket. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it, and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchBucketObjectsByPrefix")]
    pub fn delete_prefix(&self, prefix: impl Into<String>) -> Call<u64> {
        let prefix = prefix.into();
        let mut bucket = self.bucket.clone();
        if prefix.is_empty() {
            let rule = "expected at least one character";
            bucket.branch.neon.refuse("prefix", rule);
        }
        call!(
            &bucket,
            |bucket, neon| {
                let BranchHandle { project, id, .. } = &bucket.branch;
                let raw = neon.raw();
                raw.delete_project_branch_bucket_objects_by_prefix(
                    project,
                    id,
                    &bucket.name,
                    &prefix,
                )
                .await
            },
            |response| response.deleted.unsigned_abs()
        )
    }
}
