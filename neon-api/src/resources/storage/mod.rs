//! The object storage of a branch. [`buckets`](crate::buckets) has what is in it.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! let storage = branch.storage().get().await?;
//! println!("{} in {}", storage.s3_endpoint, storage.region);
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::BranchStorage;

use super::branches::BranchHandle;
use crate::call::{Call, call};
use crate::neon::Neon;

/// The object storage of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let is_there = branch.storage().get_opt().await?.is_some_and(|storage| storage.enabled);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Storage {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's object storage. In beta.
    pub fn storage(&self) -> Storage {
        Storage {
            branch: self.clone(),
        }
    }
}

impl Storage {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// How the storage is reached (`getProjectBranchStorage`): its S3 endpoint, region and
    /// addressing. Retried as a read. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none; the response has the
    /// reason: `org_not_entitled`, `region_unavailable`, `branch_directory_missing` or
    /// `branch_not_found`.
    #[doc(alias = "getProjectBranchStorage")]
    pub fn get(&self) -> Call<BranchStorage> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_project_branch_storage(&branch.project, &branch.id)
                .await,
            |response| *response
        )
    }

    /// How the storage is reached (`getProjectBranchStorage`); `None` if it, or what contains it,
    /// does not exist. In beta.
    pub fn get_opt(&self) -> Call<Option<BranchStorage>> {
        self.get().optional()
    }
}
