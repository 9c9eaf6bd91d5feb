//! What a branch is restored to.

use chrono::{DateTime, Utc};
use neon_api_raw::ids::SnapshotId;
use serde::{Deserialize, Serialize};

/// What a branch is restored to ([`RestoreTo`](super::RestoreTo)).
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{TimeDelta, Utc};
/// use neon_api::workflows::RestorePoint;
///
/// let hour_ago = Utc::now() - TimeDelta::hours(1);
/// branch.restore_to(RestorePoint::Time(hour_ago)).await?;
/// branch.restore_to(RestorePoint::Parent).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RestorePoint {
    /// Its own state at that time, which must lie within the project's history.
    Time(DateTime<Utc>),
    /// Its own state at that place in its write-ahead log, such as `0/1FE3A28`.
    Lsn(String),
    /// A snapshot. The branch with its data is a new one, with a new ID, which takes over name and
    /// endpoints.
    Snapshot(SnapshotId),
    /// The present state of its parent.
    Parent,
}

/// What is done with the branch that keeps the state from before a restore.
///
/// The API neither deletes a branch with children nor lets it expire. After a restore to a branch's
/// own past that one is its parent, and it takes over the children that the branch had: then it stays,
/// and the result says so ([`BackupEnd::Refused`](super::BackupEnd::Refused)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Backup {
    /// It stays.
    #[default]
    Keep,
    /// The API deletes it after this time, counted from the restore by this machine's clock.
    ExpireIn(std::time::Duration),
    /// It is deleted when the restore has succeeded.
    Remove,
}
