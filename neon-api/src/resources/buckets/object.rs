//! One object of a bucket.

use neon_api_raw::ByteStream;
use neon_api_raw::enums::PresignRequestOperation;
use neon_api_raw::ids::{BranchId, ProjectId};

use super::{BucketHandle, PresignObject};
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::waits::Started;

/// One object of a bucket. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// branch.bucket("uploads").object("2025/report.pdf").delete().ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ObjectHandle {
    pub(super) bucket: BucketHandle,
    pub(super) key: String,
}

impl ObjectHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.bucket.neon()
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name of the bucket that it belongs to.
    pub fn bucket_name(&self) -> &str {
        self.bucket.name()
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.bucket.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.bucket.branch_id()
    }

    /// Downloads the object (`getProjectBranchBucketObject`), piece by piece: nothing but the piece
    /// at hand is in memory. Retried as a read until the response has begun; a failure after that
    /// is an item of the stream, which ends with it. In beta.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use futures::TryStreamExt;
    ///
    /// let mut pieces = branch.bucket("uploads").object("2026/report.pdf").download().await?;
    /// let mut bytes = 0;
    /// while let Some(piece) = pieces.try_next().await? {
    ///     bytes += piece.len();
    /// }
    /// println!("{bytes} bytes");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none.
    #[doc(alias = "getProjectBranchBucketObject")]
    pub fn download(&self) -> Call<ByteStream> {
        call!(
            &self,
            |this, neon| {
                let BucketHandle { branch, name } = &this.bucket;
                let raw = neon.raw();
                raw.get_project_branch_bucket_object(&branch.project, &branch.id, name, &this.key)
                    .await
            },
            |response| *response
        )
    }

    /// Deletes the object for good (`deleteProjectBranchBucketObject`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchBucketObject")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| {
            let BucketHandle { branch, name } = &this.bucket;
            let raw = neon.raw();
            raw.delete_project_branch_bucket_object(&branch.project, &branch.id, name, &this.key)
                .await
        })
    }

    /// Makes a URL by which anybody can upload the object (`presignProjectBranchBucketObject`), for
    /// 900 seconds by default. In beta. [`PresignObject`] describes what else can be chosen, and
    /// how the call fails.
    #[doc(alias = "presignProjectBranchBucketObject")]
    pub fn presign_upload(&self) -> PresignObject {
        PresignObject::new(self.clone(), PresignRequestOperation::Upload)
    }

    /// Makes a URL by which anybody can download the object (`presignProjectBranchBucketObject`),
    /// for 900 seconds by default. In beta. [`PresignObject`] describes what else can be chosen,
    /// and how the call fails.
    #[doc(alias = "presignProjectBranchBucketObject")]
    pub fn presign_download(&self) -> PresignObject {
        PresignObject::new(self.clone(), PresignRequestOperation::Download)
    }
}
