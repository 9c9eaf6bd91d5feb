//! What a sweep has done.

use std::fmt;

use super::plan::{Fate, KeepReason, PlannedBranch, SweepPlan};
use crate::Result;
use crate::error::Error;

/// What a sweep has done with each branch, and why.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let report = project.sweep().owner("ci").await?;
/// for (branch, reason) in report.kept() {
///     println!("{} stays: {reason}", branch.name);
/// }
/// println!("{} deleted", report.deleted().count());
/// report.check()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the sweep may have ended early: `.check()` returns why"]
pub struct SweepReport {
    pub(super) plan: SweepPlan,
    pub(super) error: Option<Error>,
}

impl SweepReport {
    /// The plan with what was done.
    pub fn plan(&self) -> &SweepPlan {
        &self.plan
    }

    /// Takes out the plan, which continues where it ended if it is
    /// [run](crate::projects::ProjectHandle::run_sweep) again.
    pub fn into_plan(self) -> SweepPlan {
        self.plan
    }

    /// The branches that were deleted.
    pub fn deleted(&self) -> impl Iterator<Item = &PlannedBranch> {
        let branches = self.plan.branches.iter();
        branches.filter(|branch| branch.fate == Fate::Deleted)
    }

    /// The branches that stay, each with its reason.
    pub fn kept(&self) -> impl Iterator<Item = (&PlannedBranch, &KeepReason)> {
        let branches = self.plan.branches.iter();
        branches.filter_map(|branch| match &branch.fate {
            Fate::Kept(reason) => Some((branch, reason)),
            _ => None,
        })
    }

    /// Why the sweep ended before it had tried all branches, if it did: the key lacks permission, a
    /// guard rail blocks deletions, or the API could not be reached.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Fails if the sweep ended before it had tried all branches.
    ///
    /// # Errors
    ///
    /// That [error](Self::error).
    pub fn check(self) -> Result<SweepPlan> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.plan),
        }
    }
}

impl fmt::Display for SweepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.plan)?;
        if let Some(error) = &self.error {
            write!(f, "\nended early: {error}")?;
        }
        Ok(())
    }
}
