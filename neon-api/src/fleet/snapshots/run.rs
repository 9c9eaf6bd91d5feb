//! Planning and running a step.

use chrono::{DateTime, Utc};
use neon_api_raw::ids::SnapshotId;
use neon_api_raw::types::Snapshot;

use super::plan::{
    PlannedSnapshot, SnapshotAction, SnapshotFate, SnapshotPlan, keep_newest, newest_first,
};
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
    let is_missed = |one: &PlannedSnapshot| {
        let is_taken = matches!(one.fate, SnapshotFate::Planned | SnapshotFate::Already);
        one.action == SnapshotAction::Take && !is_taken
    };
    if plan.actions.iter().any(is_missed) {
        keep_newest(&mut plan.actions, own.first().map(|(_, newest)| &newest.id));
    }
    drop(own);
    Ok(run(branch, plan, listed).await)
}

/// Runs a plan for the snapshots that were listed.
pub(super) async fn run(
    branch: &BranchHandle,
    plan: SnapshotPlan,
    listed: Vec<Snapshot>,
) -> SnapshotReport {
    let own = newest_first(&plan.rule, &plan.branch, &listed);
    let mut run = Run {
        newest: own.first().map(|(_, newest)| newest.id.clone()),
        taken: listed
            .iter()
            .filter(|one| one.manual != Some(false))
            .count(),
        branch,
        plan,
    };
    let mut error = run.pass().await.err();
    // Where there was no room, there may be now.
    if error.is_none() && run.retries_take() {
        error = run.pass().await.err();
    }
    let plan = run.plan;
    SnapshotReport { plan, error }
}

struct Run<'a> {
    branch: &'a BranchHandle,
    plan: SnapshotPlan,
    /// The rule's newest snapshot of the branch when they were listed.
    newest: Option<SnapshotId>,
    /// How many the project had.
    taken: usize,
}

impl Run<'_> {
    /// Does what is planned, in order.
    async fn pass(&mut self) -> Result<()> {
        for at in 0..self.plan.actions.len() {
            let action = self.plan.actions.get(at);
            let Some(action) = action.filter(|one| one.fate == SnapshotFate::Planned) else {
                continue;
            };
            let takes = action.action == SnapshotAction::Take;
            let done = match &action.action {
                SnapshotAction::Take if !self.has_room() => Ok(SnapshotFate::NoRoom),
                SnapshotAction::Take => take(self.branch, &action.name).await,
                SnapshotAction::Delete(id) => delete(self.branch, id).await,
            };
            let fate = match done {
                Ok(fate) => fate,
                Err(error) if error.is_quota_exceeded() => SnapshotFate::NoRoom,
                Err(error) if is_refusal(&error) => SnapshotFate::Refused(error.to_string()),
                Err(error) => return Err(error),
            };
            let (branch, name) = (&self.plan.branch, &action.name);
            tracing::debug!(%branch, name, %fate, "snapshot step");
            if takes && !matches!(fate, SnapshotFate::Done | SnapshotFate::Already) {
                keep_newest(&mut self.plan.actions, self.newest.as_ref());
            }
            if let Some(action) = self.plan.actions.get_mut(at) {
                action.fate = fate;
            }
        }
        Ok(())
    }

    /// Whether the project may have one more, as far as the rule says.
    fn has_room(&self) -> bool {
        let limit = self.plan.rule.project_limit;
        limit.is_none_or(|limit| self.taken.saturating_sub(self.gone()) < limit)
    }

    /// How many were deleted since they were listed.
    fn gone(&self) -> usize {
        let is_gone = |one: &&PlannedSnapshot| {
            one.action != SnapshotAction::Take && one.fate == SnapshotFate::Done
        };
        self.plan.actions.iter().filter(is_gone).count()
    }

    /// Plans what there was no room for once more, if anything was deleted since.
    fn retries_take(&mut self) -> bool {
        let has_deleted = self.gone() > 0;
        let is_full = |one: &&mut PlannedSnapshot| one.fate == SnapshotFate::NoRoom;
        let full = self.plan.actions.iter_mut().find(is_full);
        let Some(take) = full.filter(|_| has_deleted) else {
            return false;
        };
        take.fate = SnapshotFate::Planned;
        true
    }
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
