//! What a step has done.

use std::fmt;

use super::plan::{PlannedSnapshot, SnapshotAction, SnapshotFate, SnapshotPlan};
use crate::Result;
use crate::error::Error;

/// What a step has done with each snapshot of its plan.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle, rule: neon_api::fleet::snapshots::SnapshotRule) -> Result<(), neon_api::Error> {
/// let report = branch.snapshot_step(rule).await?;
/// for missed in report.not_done() {
///     println!("{missed}");
/// }
/// let plan = report.check()?;
/// println!("{} actions", plan.actions().len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the step may have ended early: `.check()` returns why"]
pub struct SnapshotReport {
    pub(super) plan: SnapshotPlan,
    pub(super) error: Option<Error>,
}

impl SnapshotReport {
    /// The plan with what was done.
    pub fn plan(&self) -> &SnapshotPlan {
        &self.plan
    }

    /// The snapshot of the present period, if this step took it.
    pub fn taken(&self) -> Option<&PlannedSnapshot> {
        let mut actions = self.plan.actions.iter();
        actions.find(|one| one.action == SnapshotAction::Take && one.fate == SnapshotFate::Done)
    }

    /// The snapshots that this step deleted.
    pub fn deleted(&self) -> impl Iterator<Item = &PlannedSnapshot> {
        let is_deletion = |one: &&PlannedSnapshot| matches!(one.action, SnapshotAction::Delete(_));
        let actions = self.plan.actions.iter().filter(is_deletion);
        actions.filter(|one| one.fate == SnapshotFate::Done)
    }

    /// What was not done, and why: it was refused, it failed, there was no room, or the step ended
    /// before.
    pub fn not_done(&self) -> impl Iterator<Item = &PlannedSnapshot> {
        let actions = self.plan.actions.iter();
        actions.filter(|one| !matches!(one.fate, SnapshotFate::Done | SnapshotFate::Already))
    }

    /// Why the step ended before it had tried everything, if it did: the key lacks permission, a guard
    /// rail blocks changes, or the API could not be reached.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The plan with what was done, if the step tried everything. What was refused is not an error:
    /// [`not_done`](Self::not_done).
    ///
    /// # Errors
    ///
    /// That [error](Self::error).
    pub fn check(self) -> Result<SnapshotPlan> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.plan),
        }
    }
}

impl fmt::Display for SnapshotReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.plan)?;
        if let Some(error) = &self.error {
            write!(f, "\nended early: {error}")?;
        }
        Ok(())
    }
}
