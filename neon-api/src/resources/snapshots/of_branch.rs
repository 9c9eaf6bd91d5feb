//! The snapshots of a branch.

use neon_api_raw::ids::SnapshotId;
use neon_api_raw::types::Snapshot;

use super::{CreateSnapshot, SnapshotHandle};
use crate::call::{Call, IntoId};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::resources::branches::BranchHandle;

/// The snapshots of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let snapshots = branch.snapshots();
/// snapshots.create().name("nightly").ready().await?;
/// println!("{} snapshots", snapshots.list().await?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BranchSnapshots {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's snapshots: taking, listing and finding.
    pub fn snapshots(&self) -> BranchSnapshots {
        BranchSnapshots {
            branch: self.clone(),
        }
    }

    /// One snapshot of the branch's project, by its ID or by a value that has one. Nothing is sent
    /// until a call is made on it.
    pub fn snapshot(&self, id: impl IntoId<SnapshotId>) -> SnapshotHandle {
        let (neon, id) = self.neon.given_in(&self.project, id);
        SnapshotHandle {
            neon,
            project: self.project.clone(),
            id,
        }
    }
}

impl BranchSnapshots {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Takes a snapshot of the branch (`createSnapshot`), of its present state unless an earlier
    /// one is chosen. [`CreateSnapshot`] describes what can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let taken = branch.snapshots().create().name("before-2.0").ready().await?;
    /// println!("{}", taken.id);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createSnapshot")]
    pub fn create(&self) -> CreateSnapshot {
        CreateSnapshot::new(self.branch.clone())
    }

    /// Lists the snapshots that were taken of this branch (`listSnapshots`): the API lists those of
    /// the project, and the others are left out.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "listSnapshots")]
    pub fn list(&self) -> Pager<Plain<Snapshot>> {
        list!(
            self.branch,
            LIST_SNAPSHOTS,
            |branch, neon| neon.raw().list_snapshots(&branch.project).await,
            |response| {
                let mut snapshots = response.snapshots;
                snapshots.retain(|snapshot| snapshot.source_branch_id.as_ref() == Some(&branch.id));
                snapshots
            }
        )
    }

    /// The snapshot of this branch with exactly this name (`listSnapshots`); `None` if there is
    /// none.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Snapshot>> {
        let name = name.into();
        self.list()
            .find_where(move |snapshot| snapshot.name == name)
    }
}
