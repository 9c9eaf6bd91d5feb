//! Planning and running a step.

use chrono::{DateTime, Utc};
use neon_api_raw::ids::SnapshotId;
use neon_api_raw::types::Snapshot;

use super::plan::{SnapshotAction, SnapshotFate, SnapshotPlan, keep_newest, newest_first};
use super::report::SnapshotReport;
use super::rule::SnapshotRule;
use crate::Result;
use crate::branches::BranchHandle;
use crate::error::{Error, InvalidInput};
use crate::neon::Neon;
use crate::workflows::{Once, create_once, delete_once, finished, is_refusal};

/// The branch, with calls by this client.
pub(super) fn with(mut branch: BranchHandle, neon: Neon) -> BranchHandle {
    branch.neon = neon;
    branch
}

async fn list(branch: &BranchHandle) -> Result<Vec<Snapshot>> {
    let project = branch.neon.project(&branch.project);
    project.snapshots().list().await
}

/// The plan, and what it was made from.
pub(super) async fn plan(
    branch: &BranchHandle,
    rule: SnapshotRule,
    now: DateTime<Utc>,
) -> Result<(SnapshotPlan, Vec<Snapshot>)> {
    let listed = list(branch).await?;
    let (project, id) = (branch.project.clone(), branch.id.clone());
    let plan = SnapshotPlan::new(project, id, rule, &listed, now)
        .ok_or_else(|| InvalidInput::of_value("time", "it is beyond the calendar"))?;
    Ok((plan, listed))
}

/// Runs a plan that was made earlier.
pub(super) async fn run_kept(
    branch: &BranchHandle,
    mut plan: SnapshotPlan,
    now: DateTime<Utc>,
) -> Result<SnapshotReport> {
    let listed = list(branch).await?;
    let own = newest_first(&plan.rule, &plan.branch, &listed);
    let present = plan.rule.slot(now);
    for action in &mut plan.actions {
        if action.fate != SnapshotFate::Planned {
            continue;
        }
        let is_done = match &action.action {
            SnapshotAction::Take => {
                if Some(action.slot) != present {
                    action.fate = SnapshotFate::Outdated;
                }
                own.iter().any(|(slot, _)| *slot >= action.slot)
            }
            // Renamed ones are another's now.
            SnapshotAction::Delete(id) => !own.iter().any(|(_, one)| one.id == *id),
        };
        if is_done {
            action.fate = SnapshotFate::Already;
        }
    }
    let takes = |fate: &SnapshotFate| matches!(fate, SnapshotFate::Planned | SnapshotFate::Already);
    let is_taken = |one: &super::PlannedSnapshot| {
        one.action != SnapshotAction::Take || takes(&one.fate)
    };
    if !plan.actions.iter().all(is_taken) {
        keep_newest(&mut plan.actions, own.first().map(|(_, newest)| &newest.id));
    }
    drop(own);
    Ok(run(branch, plan, listed).await)
}

/// Runs a plan for the snapshots that were listed.
pub(super) async fn run(
    branch: &BranchHandle,
    mut plan: SnapshotPlan,
    listed: Vec<Snapshot>,
) -> SnapshotReport {
    let own = newest_first(&plan.rule, &plan.branch, &listed);
    let newest: Option<SnapshotId> = own.first().map(|(_, newest)| newest.id.clone());
    let mut error = pass(branch, &mut plan, newest.as_ref()).await.err();
    // Where there was no room, there may be now.
    let has_deleted = plan.actions.iter().any(|one| {
        one.action != SnapshotAction::Take && one.fate == SnapshotFate::Done
    });
    let is_full = |one: &&mut super::PlannedSnapshot| one.fate == SnapshotFate::NoRoom;
    if error.is_none()
        && has_deleted
        && let Some(take) = plan.actions.iter_mut().find(is_full)
    {
        take.fate = SnapshotFate::Planned;
        error = pass(branch, &mut plan, newest.as_ref()).await.err();
    }
    SnapshotReport { plan, error }
}

/// Does what is planned, in order.
async fn pass(
    branch: &BranchHandle,
    plan: &mut SnapshotPlan,
    newest: Option<&SnapshotId>,
) -> Result<()> {
    for at in 0..plan.actions.len() {
        let Some(action) = plan.actions.get(at) else {
            break;
        };
        if action.fate != SnapshotFate::Planned {
            continue;
        }
        let takes = action.action == SnapshotAction::Take;
        let done = match &action.action {
            SnapshotAction::Take => take(branch, &action.name).await,
            SnapshotAction::Delete(id) => delete(branch, id).await,
        };
        let is_taken = matches!(&done, Ok(SnapshotFate::Done | SnapshotFate::Already))
            || matches!(&done, Ok(SnapshotFate::Failed(_)));
        if takes && !is_taken {
            keep_newest(&mut plan.actions, newest);
        }
        let fate = match done {
            Ok(fate) => fate,
            Err(error) if error.is_quota_exceeded() => SnapshotFate::NoRoom,
            Err(error) if is_refusal(&error) => SnapshotFate::Refused(error.to_string()),
            Err(error) => return Err(error),
        };
        tracing::debug!(branch = %plan.branch, %fate, "snapshot step");
        if let Some(action) = plan.actions.get_mut(at) {
            action.fate = fate;
        }
    }
    Ok(())
}

async fn take(branch: &BranchHandle, name: &str) -> Result<SnapshotFate> {
    let neon = &branch.neon;
    let snapshots = neon.project(&branch.project).snapshots();
    let of_branch = branch.snapshots();
    let taken = create_once(
        neon,
        || snapshots.find(name),
        || of_branch.create().name(name).send(),
    )
    .await?;
    match taken {
        Once::Created(started) => settled(finished(neon, started).await.map(|_| ())),
        Once::Appeared { lost: true, .. } => Ok(SnapshotFate::Done),
        Once::Appeared { .. } | Once::Found(_) => Ok(SnapshotFate::Already),
    }
}

async fn delete(branch: &BranchHandle, id: &SnapshotId) -> Result<SnapshotFate> {
    let snapshot = branch.snapshot(id);
    match delete_once(&branch.neon, || snapshot.delete()).await {
        Ok(true) => Ok(SnapshotFate::Done),
        Ok(false) => Ok(SnapshotFate::Already),
        Err(error) => settled(Err(error)),
    }
}

/// Operations that fail do not end the step.
fn settled(ended: Result<()>) -> Result<SnapshotFate> {
    match ended {
        Ok(()) => Ok(SnapshotFate::Done),
        Err(error @ Error::Wait(_)) => Ok(SnapshotFate::Failed(error.to_string())),
        Err(error) => Err(error),
    }
}
