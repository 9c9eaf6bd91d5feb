//! Snapshots on a schedule of one's own, for plans on which the API takes none by itself: the one step
//! that a cron job calls.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! use std::time::Duration;
//! use neon_api::fleet::snapshots::SnapshotRule;
//!
//! let day = Duration::from_secs(24 * 3600);
//! let nightly = SnapshotRule::new("nightly", day).offset(day / 8).keep_for(14 * day);
//! let report = branch.snapshot_step(nightly).await?;
//! println!("{report}");
//! report.check()?;
//! # Ok(())
//! # }
//! ```

mod plan;
mod report;
mod rule;
mod run;

use chrono::{DateTime, Utc};

pub use plan::{PlannedSnapshot, SnapshotAction, SnapshotFate, SnapshotPlan};
pub use report::SnapshotReport;
pub use rule::SnapshotRule;

use crate::Result;
use crate::branches::BranchHandle;
use crate::call::{Call, maybe, request};
use crate::neon::Neon;
use plan::VERSION;

/// One step of a scheduler: takes the snapshot that is due and deletes those that have expired,
/// returned by [`BranchHandle::snapshot_step`]. Awaiting it lists the project's snapshots
/// (`listSnapshots`), takes one at most (`createSnapshot`) and deletes expired ones
/// (`deleteSnapshot`); [`plan`](Self::plan) only lists.
///
/// A cron job calls it as often as it likes, at least once in each period: where nothing is due it
/// sends one request. A period that was missed is not made up for. It is safe to call it from several
/// machines at once, as the snapshot of a period has a name of its own, which the API keeps unique:
/// one takes it, the others find it. If two should exist nevertheless, the next step deletes the
/// younger one. A clock that is ahead takes the snapshot of the next period early, and the others
/// find it.
///
/// Snapshots are taken before others are deleted, unless the project has as many as it
/// [may have](SnapshotRule::project_limit). Where the next one is not taken, or its
/// operations fail, the newest one stays. Changes are made in the [background
/// lane](Neon::background), one by one, and each is waited for. If the process ends in between, the
/// next step does the rest.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle, rule: neon_api::fleet::snapshots::SnapshotRule) -> Result<(), neon_api::Error> {
/// let step = branch.snapshot_step(rule);
/// println!("{}", step.clone().plan().await?);
/// println!("{}", step.await?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for a rule that is not valid, before anything
/// is sent; those of the list. What an action fails with is in the [report](SnapshotReport).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct SnapshotStep {
    branch: BranchHandle,
    rule: SnapshotRule,
    now: Option<DateTime<Utc>>,
}

/// A plan that is to be run. Awaiting it lists the snapshots again (`listSnapshots`) and does what
/// the plan says as far as it is not done already (`createSnapshot`, `deleteSnapshot`). A snapshot of
/// an earlier period than the present one is not taken.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle, kept: String) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::fleet::snapshots::SnapshotPlan;
/// use neon_api::serde_json;
///
/// let plan: SnapshotPlan = serde_json::from_str(&kept)?;
/// println!("{}", branch.run_snapshot_plan(plan).await?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for the plan of another branch, or one of
/// another version of this crate; those of the list. What an action fails with is in the
/// [report](SnapshotReport).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RunSnapshotPlan {
    branch: BranchHandle,
    plan: SnapshotPlan,
    now: Option<DateTime<Utc>>,
}

impl BranchHandle {
    /// Takes the snapshot that is due by a rule, and deletes those that have expired. [`SnapshotStep`]
    /// describes how.
    pub fn snapshot_step(&self, rule: SnapshotRule) -> SnapshotStep {
        let mut branch = self.clone();
        refuse(&mut branch.neon, &rule);
        SnapshotStep {
            branch,
            rule,
            now: None,
        }
    }

    /// Runs the plan of a step. [`RunSnapshotPlan`] describes how.
    pub fn run_snapshot_plan(&self, plan: SnapshotPlan) -> RunSnapshotPlan {
        let mut branch = self.clone();
        refuse(&mut branch.neon, &plan.rule);
        if plan.version != VERSION {
            let rule = "it was written by another version of this crate";
            branch.neon.refuse("plan", rule);
        }
        if plan.project != branch.project || plan.branch != branch.id {
            branch.neon.refuse("plan", "it is of another branch");
        }
        RunSnapshotPlan {
            branch,
            plan,
            now: None,
        }
    }
}

fn refuse(neon: &mut Neon, rule: &SnapshotRule) {
    if let Some(fault) = rule.fault() {
        neon.refuse("rule", fault);
    }
}

impl SnapshotStep {
    /// The time that counts as now, in place of this machine's clock: for tests.
    pub fn as_of(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }

    /// Returns the plan when awaited, and changes nothing.
    pub fn plan(self) -> Call<SnapshotPlan> {
        let rule = self.rule;
        in_background(self.branch, self.now, async move |branch, now| {
            let (plan, _) = run::plan(&branch, rule, now).await?;
            Ok(plan)
        })
    }

    fn call(self) -> Call<SnapshotReport> {
        let rule = self.rule;
        in_background(self.branch, self.now, async move |branch, now| {
            let (plan, listed) = run::plan(&branch, rule, now).await?;
            Ok(run::run(&branch, plan, listed).await)
        })
    }
}

impl RunSnapshotPlan {
    /// The time that counts as now, in place of this machine's clock: for tests.
    pub fn as_of(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }

    fn call(self) -> Call<SnapshotReport> {
        let plan = self.plan;
        in_background(self.branch, self.now, async move |branch, now| {
            run::run_kept(&branch, plan, now).await
        })
    }
}

/// A call in the background lane, with the branch's handle and the time that counts as now.
fn in_background<T, R>(
    branch: BranchHandle,
    now: Option<DateTime<Utc>>,
    run: impl FnOnce(BranchHandle, DateTime<Utc>) -> R + Send + 'static,
) -> Call<T>
where
    T: 'static,
    R: Future<Output = Result<T>> + Send + 'static,
{
    Call::of(branch.neon.background(), |client| async move {
        let branch = run::with(branch, client.get());
        run(branch, now.unwrap_or_else(Utc::now)).await
    })
}

request!(SnapshotStep => SnapshotReport);
request!(RunSnapshotPlan => SnapshotReport);

maybe! { SnapshotStep; maybe_as_of = as_of(DateTime<Utc>) }
maybe! { RunSnapshotPlan; maybe_as_of = as_of(DateTime<Utc>) }
