//! Waiting: for operations that run, whoever started them, and for time to pass.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Operation;
use tokio::time::Instant;

use crate::Result;
use crate::clock;
use crate::neon::Neon;
use crate::waits::{Phase, Ready, Started, WaitToken, phase};

/// For how long after its creation, by this machine's clock, something may still be under way.
const RECENT: TimeDelta = TimeDelta::minutes(10);

/// How many of the newest operations are listed: those that run are among them.
const NEWEST: usize = 100;

/// Whether operations of a creation at that time may still be running.
pub(super) fn is_recent(created_at: DateTime<Utc>) -> bool {
    Utc::now().signed_duration_since(created_at) < RECENT
}

/// The operations that run on a project.
pub(crate) async fn on_project(neon: &Neon, project: &ProjectId) -> Result<Vec<Operation>> {
    let mut newest = neon
        .project(project)
        .operations()
        .list()
        .take(NEWEST)
        .await?;
    newest.retain(|operation| phase(operation) == Phase::Running);
    Ok(newest)
}

/// The operations that run on a branch.
pub(super) async fn on_branch(
    neon: &Neon,
    project: &ProjectId,
    branch: &BranchId,
) -> Result<Vec<Operation>> {
    let mut running = on_project(neon, project).await?;
    running.retain(|operation| operation.branch_id.as_ref() == Some(branch));
    Ok(running)
}

/// Waits for the operations that run on a branch.
pub(super) async fn settled(neon: &Neon, project: &ProjectId, branch: &BranchId) -> Result<()> {
    let running = on_branch(neon, project, branch).await?;
    Ok(in_time(neon, neon.wait(WaitToken::of(&running))).await?)
}

/// Waits for the operations of a call.
pub(crate) async fn finished<T: Send + Sync + 'static>(
    neon: &Neon,
    started: Started<T>,
) -> Result<T> {
    Ok(in_time(neon, started.ready()).await?)
}

/// A wait that ends when the calls of this client have to.
pub(super) fn in_time<T>(neon: &Neon, ready: Ready<T>) -> Ready<T> {
    match neon.engine().deadline() {
        Some(deadline) => {
            let left = deadline.saturating_duration_since(Instant::now());
            ready.timeout(left.min(neon.wait_timeout()))
        }
        None => ready,
    }
}

/// Lets time pass, but not beyond the time when the calls of this client have to end.
pub(crate) async fn pause(neon: &Neon, time: Duration) {
    let end = clock::after(Instant::now(), time);
    let deadline = neon.engine().deadline();
    tokio::time::sleep_until(deadline.map_or(end, |deadline| deadline.min(end))).await;
}
