//! Snapshots: taking them of a branch, listing, changing and restoring them, and their schedule.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use std::time::Duration;
//!
//! let project = neon.project("late-frost-12345678");
//! let branch = project.branch("br-noisy-breeze-a5e59rrb");
//! let week = Duration::from_secs(7 * 24 * 3600);
//! let taken = branch.snapshots().create().name("before-2.0").expires_in(week).ready().await?;
//!
//! let restored = project.snapshot(&taken).restore().name("as-before-2.0").ready().await?;
//! println!("{}", restored.branch.id);
//! # Ok(())
//! # }
//! ```

mod create;
mod handle;
mod of_branch;
mod restore;
mod schedule;
mod update;

use neon_api_raw::ids::SnapshotId;
use neon_api_raw::types::Snapshot;

pub use create::CreateSnapshot;
pub use handle::SnapshotHandle;
pub use of_branch::BranchSnapshots;
pub use restore::{RestoreSnapshot, RestoredSnapshot};
pub use schedule::SnapshotSchedule;
pub use update::UpdateSnapshot;

use super::projects::ProjectHandle;
use crate::call::{Call, IntoId};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The snapshots of a project. They are taken of a branch:
/// [`BranchHandle::snapshots`](crate::branches::BranchHandle::snapshots). Nothing is sent until a
/// call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for snapshot in project.snapshots().list().await? {
///     println!("{} of {}", snapshot.name, snapshot.created_at);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Snapshots {
    project: ProjectHandle,
}

impl ProjectHandle {
    /// The project's snapshots: listing and finding.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots {
            project: self.clone(),
        }
    }

    /// One snapshot of the project, by its ID or by a value that has one. Nothing is sent until a
    /// call is made on it.
    pub fn snapshot(&self, id: impl IntoId<SnapshotId>) -> SnapshotHandle {
        let (neon, id) = self.neon.given_in(&self.id, id);
        SnapshotHandle {
            neon,
            project: self.id.clone(),
            id,
        }
    }
}

impl Snapshots {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.project.neon
    }

    /// Lists the snapshots of all branches (`listSnapshots`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "listSnapshots")]
    pub fn list(&self) -> Pager<Plain<Snapshot>> {
        list!(
            self,
            LIST_SNAPSHOTS,
            |this, neon| neon.raw().list_snapshots(&this.project.id).await,
            |response| response.snapshots
        )
    }

    /// The snapshot with exactly this name (`listSnapshots`); `None` if there is none.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Snapshot>> {
        let name = name.into();
        self.list()
            .find_where(move |snapshot| snapshot.name == name)
    }
}
