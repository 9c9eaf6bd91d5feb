//! Finding and deleting what was left over.

mod criteria;
mod plan;
mod report;
mod run;
mod subtree;
mod tree;

use std::time::Duration;

use neon_api_raw::ids::ProjectId;

pub use plan::{Fate, KeepReason, PlannedBranch, SweepPlan};
pub use report::SweepReport;
pub(super) use run::delete;
#[cfg(feature = "fleet")]
pub(crate) use run::delete_once;
pub(crate) use run::is_refusal;
pub use subtree::DeleteSubtree;

use crate::call::{Call, maybe, request};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;
use crate::workflows::checkpoint::{Checkpoint, Saver};
use criteria::Criteria;
use plan::VERSION;

/// A sweep: finds branches that were left over, and deletes them, children before their parents.
/// Awaiting it lists the project's branches (`listProjectBranches`) and, if
/// [idleness](Self::idle_for) counts, its endpoints (`listProjectEndpoints`), and runs the plan;
/// [`plan`](Self::plan) only returns it.
///
/// Branches are found by their owner mark ([`owner`](Self::owner)). Without an owner, only those that
/// nobody has marked are found, by name and age, so that a [prefix](Self::name_prefix) and an
/// [age](Self::older_than) are required. All that is set has to be true of a branch. Never deleted are the default branch, protected ones, and
/// those with a child that stays.
///
/// Before each deletion the branch is fetched and checked again. Deletions are made one by one, in the
/// [background lane](crate::Neon::background), and each is waited for. What the API refuses is
/// reported and kept, with its parents.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let day = Duration::from_secs(24 * 3600);
/// let sweep = project.sweep().owner("ci").older_than(day).idle_for(day / 2);
/// println!("{}", sweep.clone().plan().await?);
/// println!("{}", sweep.await?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) if it has neither an owner nor both a name
/// prefix and an age, or an empty prefix or owner; [`Error::Checkpoint`](crate::Error::Checkpoint) if
/// a state cannot be saved; those of the lists. What a deletion fails with is in the
/// [report](SweepReport).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Sweep {
    neon: Neon,
    project: ProjectId,
    criteria: Criteria,
    saver: Saver,
}

/// A plan that is to be run, or to be continued. Awaiting it deletes what the plan says, and checks
/// each branch before (`getProjectBranch`, `deleteProjectBranch`).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle, kept: String) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::serde_json;
/// use neon_api::workflows::SweepPlan;
///
/// let plan: SweepPlan = serde_json::from_str(&kept)?;
/// let report = project.run_sweep(plan).await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for the plan of another project, or one of
/// another version of this crate; [`Error::Checkpoint`](crate::Error::Checkpoint) if a state cannot be
/// saved. What a deletion fails with is in the [report](SweepReport).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RunSweep {
    neon: Neon,
    plan: SweepPlan,
    saver: Saver,
}

impl ProjectHandle {
    /// Finds branches that were left over, and deletes them. [`Sweep`] describes which, and how.
    pub fn sweep(&self) -> Sweep {
        Sweep {
            neon: self.neon.clone(),
            project: self.id.clone(),
            criteria: Criteria::default(),
            saver: Saver::default(),
        }
    }

    /// Runs the plan of a sweep, or continues it where it was. [`RunSweep`] describes how.
    pub fn run_sweep(&self, plan: SweepPlan) -> RunSweep {
        let mut neon = self.neon.clone();
        if plan.version != VERSION {
            neon.refuse("plan", "it was written by another version of this crate");
        }
        if plan.project != self.id {
            neon.refuse("plan", "it is of another project");
        }
        RunSweep {
            neon,
            plan,
            saver: Saver::default(),
        }
    }
}

impl Sweep {
    /// Only branches with this owner mark ([`OWNER`](crate::workflows::OWNER)).
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.criteria.owner = Some(owner.into());
        self
    }

    /// Only branches whose name begins with this.
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.criteria.name_prefix = Some(prefix.into());
        self
    }

    /// Only branches that were created at least this long ago, by this machine's clock.
    pub fn older_than(mut self, age: Duration) -> Self {
        self.criteria.older_than = Some(age);
        self
    }

    /// Only branches whose computes are suspended, and were last active at least this long ago. A
    /// compute that was never used counts from its creation.
    pub fn idle_for(mut self, period: Duration) -> Self {
        self.criteria.idle_for = Some(period);
        self
    }

    /// Saves the plan before and after each deletion: [`run_sweep`](ProjectHandle::run_sweep)
    /// continues it.
    pub fn checkpoint(mut self, sink: impl Checkpoint) -> Self {
        self.saver = Saver::of(sink);
        self
    }

    /// Returns the plan when awaited, and deletes nothing.
    pub fn plan(mut self) -> Call<SweepPlan> {
        self.check();
        Call::of(self.neon.background(), |client| async move {
            run::plan(&client.get(), &self.project, self.criteria).await
        })
    }

    fn check(&mut self) {
        let Criteria {
            owner,
            name_prefix,
            older_than,
            ..
        } = &self.criteria;
        let is_empty = |text: &Option<String>| text.as_deref() == Some("");
        if is_empty(owner) || is_empty(name_prefix) {
            self.neon
                .refuse("sweep", "owner and name prefix must not be empty");
        } else if owner.is_none() && (name_prefix.is_none() || older_than.is_none()) {
            let rule = "an owner, or both a name prefix and an age, is required";
            self.neon.refuse("sweep", rule);
        }
    }

    fn call(mut self) -> Call<SweepReport> {
        self.check();
        planned(&self.neon, self.project, self.criteria, self.saver)
    }
}

/// Plans and runs.
fn planned(neon: &Neon, project: ProjectId, criteria: Criteria, saver: Saver) -> Call<SweepReport> {
    Call::of(neon.background(), |client| async move {
        let neon = client.get();
        let plan = run::plan(&neon, &project, criteria).await?;
        run::run(&neon, plan, &saver).await
    })
}

impl RunSweep {
    /// Saves the plan before and after each deletion.
    pub fn checkpoint(mut self, sink: impl Checkpoint) -> Self {
        self.saver = Saver::of(sink);
        self
    }

    fn call(self) -> Call<SweepReport> {
        Call::of(self.neon.background(), |client| async move {
            run::run(&client.get(), self.plan, &self.saver).await
        })
    }
}

request!(Sweep => SweepReport);
request!(RunSweep => SweepReport);

maybe! { Sweep;
    maybe_owner = owner(impl Into<String>);
    maybe_name_prefix = name_prefix(impl Into<String>);
    maybe_older_than = older_than(Duration);
    maybe_idle_for = idle_for(Duration);
    maybe_checkpoint = checkpoint(impl Checkpoint);
}

maybe! { RunSweep; maybe_checkpoint = checkpoint(impl Checkpoint) }
