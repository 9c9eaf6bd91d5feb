//! Deleting a branch with all below it.

use super::criteria::Criteria;
use super::{SweepPlan, SweepReport, planned, run};
use crate::call::{Call, maybe, request};
use crate::resources::branches::BranchHandle;
use crate::workflows::checkpoint::{Checkpoint, Saver};

/// The deletion of a branch with its children, and theirs. Awaiting it lists the project's branches
/// (`listProjectBranches`) and deletes them one by one, children before their parents, as a
/// [`Sweep`](super::Sweep) does; [`plan`](Self::plan) only returns the plan.
///
/// If one of them is the default branch or protected, none is deleted: the [report](SweepReport) says
/// which one it is.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// println!("{}", branch.delete_subtree().plan().await?);
/// let report = branch.delete_subtree().await?;
/// println!("{} branches deleted", report.deleted().count());
/// report.check()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the list, and [`Error::Checkpoint`](crate::Error::Checkpoint) if a state cannot be saved.
/// What a deletion fails with is in the [report](SweepReport).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DeleteSubtree {
    branch: BranchHandle,
    saver: Saver,
}

impl BranchHandle {
    /// Deletes the branch with all branches below it, and all their data. [`DeleteSubtree`] describes
    /// how, and when nothing is deleted.
    pub fn delete_subtree(&self) -> DeleteSubtree {
        DeleteSubtree {
            branch: self.clone(),
            saver: Saver::default(),
        }
    }
}

impl DeleteSubtree {
    /// Saves the plan before and after each deletion:
    /// [`run_sweep`](crate::projects::ProjectHandle::run_sweep) continues it.
    pub fn checkpoint(mut self, sink: impl Checkpoint) -> Self {
        self.saver = Saver::of(sink);
        self
    }

    /// Returns the plan when awaited, and deletes nothing.
    pub fn plan(self) -> Call<SweepPlan> {
        let criteria = self.criteria();
        Call::of(self.branch.neon.background(), |client| async move {
            run::plan(&client.get(), &self.branch.project, criteria).await
        })
    }

    fn criteria(&self) -> Criteria {
        Criteria {
            subtree: Some(self.branch.id.clone()),
            ..Criteria::default()
        }
    }

    fn call(self) -> Call<SweepReport> {
        let criteria = self.criteria();
        let BranchHandle { neon, project, .. } = self.branch;
        planned(&neon, project, criteria, self.saver)
    }
}

request!(DeleteSubtree => SweepReport);

maybe! { DeleteSubtree; maybe_checkpoint = checkpoint(impl Checkpoint) }
