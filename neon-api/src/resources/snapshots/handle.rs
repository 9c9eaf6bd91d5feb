//! One snapshot.

use neon_api_raw::ids::{ProjectId, SnapshotId};

use super::{RestoreSnapshot, UpdateSnapshot};
use crate::call::{Call, deleted};
use crate::neon::Neon;
use crate::waits::Started;

/// One snapshot. Nothing is sent until a call is made on it; clones are cheap. The API has no call
/// for one snapshot: [`Snapshots::list`](super::Snapshots::list) has them all.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// if let Some(old) = project.snapshots().find("before-1.0").await? {
///     project.snapshot(&old).delete().ready().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SnapshotHandle {
    pub(super) neon: Neon,
    pub(super) project: ProjectId,
    pub(super) id: SnapshotId,
}

impl SnapshotHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The snapshot's ID, as it was given. Calls of a handle that was made of a string which cannot
    /// be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &SnapshotId {
        &self.id
    }

    /// The ID of the snapshot's project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// Changes the snapshot's name or expiry (`updateSnapshot`). [`UpdateSnapshot`] describes how
    /// the call fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// project.snapshot("snap-soft-sun-12345678").update().never_expires().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "updateSnapshot")]
    pub fn update(&self) -> UpdateSnapshot {
        UpdateSnapshot::new(self.clone())
    }

    /// Deletes the snapshot with its data (`deleteSnapshot`), which cannot be undone. It is gone
    /// when the operations have finished.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "deleteSnapshot")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, operations, |this, neon| neon
            .raw()
            .delete_snapshot(&this.project, &this.id)
            .await)
    }

    /// Restores the snapshot to a branch (`restoreSnapshot`): a new one, or one that takes the
    /// place of [another](RestoreSnapshot::target), whose connections end when the restore is
    /// [finalized](RestoreSnapshot::finalize). In beta. [`RestoreSnapshot`] describes what can be
    /// chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let snapshot = project.snapshot("snap-soft-sun-12345678");
    /// let restored = snapshot.restore().name("as-before-2.0").ready().await?;
    /// println!("{}", restored.branch.id);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "restoreSnapshot")]
    pub fn restore(&self) -> RestoreSnapshot {
        RestoreSnapshot::new(self.clone())
    }
}
