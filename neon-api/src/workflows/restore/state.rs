//! How far a restore has come.

use chrono::{DateTime, Utc};
use neon_api_raw::ids::{BranchId, ProjectId};
use serde::{Deserialize, Serialize};

use super::point::{Backup, RestorePoint};

/// The form of states that this version writes and reads.
pub(super) const VERSION: u32 = 1;

/// How far a restore has come: what its [checkpoint](super::RestoreTo::checkpoint) saves, and
/// [`resume_restore`](crate::projects::ProjectHandle::resume_restore) continues. It contains IDs and
/// names, and no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RestoreState {
    pub(super) version: u32,
    pub(super) project: ProjectId,
    pub(super) branch: BranchId,
    pub(super) point: RestorePoint,
    pub(super) backup: Backup,
    /// No other branch has these names, so that they show what was done.
    pub(super) backup_name: String,
    pub(super) preview_name: String,
    pub(super) is_checked: bool,
    pub(super) step: Step,
}

/// What is to be done next, and may have been begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// The names are checked. Nothing has been done.
    Begin,
    /// The preview is created.
    CreatePreview,
    /// The caller's check runs.
    Check(Preview),
    /// The preview is deleted, and nothing is restored.
    Undo(Preview),
    /// The preview is deleted, so that the restore finds the branch as it was.
    DeletePreview(Preview),
    /// The branch is restored; with the preview of a snapshot, that takes its place.
    Restore(Option<Preview>),
    /// What is to be done with the backup is done.
    CleanUp {
        branch: BranchId,
        previous: BranchId,
        expires_at: Option<DateTime<Utc>>,
    },
    Done(Restored),
}

/// A branch with the state that is to be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub(super) struct Preview {
    pub(super) id: BranchId,
    /// The place in the parent's log that it begins at.
    pub(super) lsn: Option<String>,
}

impl RestoreState {
    /// The branch that is restored, as it was named at the beginning.
    pub fn branch_id(&self) -> &BranchId {
        &self.branch
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self.step, Step::Done(_))
    }
}

/// What a restore has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Restored {
    /// Whether it was restored: `false` if the check of the preview said no, and all is as before.
    pub is_committed: bool,
    /// The branch with the restored data, under the name of the branch that was to be restored. After
    /// the restore of a snapshot it is another branch.
    pub branch: BranchId,
    /// The branch with the state from before the restore, if there is one.
    pub previous: Option<BranchId>,
    /// What was done with that.
    pub backup: BackupEnd,
}

/// What was done with the branch that keeps the state from before a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BackupEnd {
    /// There is none, since nothing was restored.
    None,
    /// It stays, as asked for.
    Kept,
    /// It expires at this time.
    Expires(DateTime<Utc>),
    /// It was deleted.
    Removed,
    /// It stays, since the API refused to delete it or to let it expire, with this error: it has
    /// children, for example.
    Refused(String),
}
