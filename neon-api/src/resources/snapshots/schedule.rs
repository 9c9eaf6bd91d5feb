//! When snapshots of a branch are taken by themselves.

use neon_api_raw::types::{BackupSchedule, BackupScheduleItem};

use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// The schedule by which snapshots of a branch are taken. Nothing is sent until a call is made on
/// it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::types::BackupScheduleItem;
///
/// let nightly = BackupScheduleItem::new("daily")
///     .with_hour(3)
///     .with_retention_seconds(14 * 24 * 3600);
/// branch.snapshot_schedule().set([nightly]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SnapshotSchedule {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The schedule by which snapshots of the branch are taken.
    pub fn snapshot_schedule(&self) -> SnapshotSchedule {
        SnapshotSchedule {
            branch: self.clone(),
        }
    }
}

impl SnapshotSchedule {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The entries of the schedule (`getSnapshotSchedule`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "getSnapshotSchedule")]
    pub fn get(&self) -> Call<Vec<BackupScheduleItem>> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_snapshot_schedule(&branch.project, &branch.id)
                .await,
            |response| response.schedule
        )
    }

    /// Replaces the schedule by these entries (`setSnapshotSchedule`); without any, no snapshots
    /// are taken by themselves. An entry has its frequency, and the hour, day and month that the
    /// frequency asks for; its snapshots are kept for 1 hour to 35 days, by default the longest.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch; the API refuses
    /// entries without the hour or the day that their frequency asks for. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it, and setting it again does no harm.
    #[doc(alias = "setSnapshotSchedule")]
    pub fn set(&self, entries: impl IntoIterator<Item = BackupScheduleItem>) -> Call<()> {
        let schedule = BackupSchedule::new(Vec::from_iter(entries));
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .set_snapshot_schedule(&branch.project, &branch.id, &schedule)
                .await,
            |_| ()
        )
    }
}
