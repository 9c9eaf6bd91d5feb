//! One branch.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Branch;

use super::{AnnotatedBranch, FinalizeRestore, RestoreBranch, UpdateBranch};
use crate::call::{Call, IntoId, call, deleted, started};
use crate::engine::Protected;
use crate::neon::Neon;
use crate::waits::Started;

/// One branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let branch = branch.get().await?;
/// println!("{} of {}", branch.name, branch.project_id);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BranchHandle {
    pub(crate) neon: Neon,
    pub(crate) project: ProjectId,
    pub(crate) id: BranchId,
}

impl BranchHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The branch's ID, as it was given. Calls of a handle that was made of a string which cannot
    /// be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &BranchId {
        &self.id
    }

    /// The ID of the branch's project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// The branch as it is now (`getProjectBranch`), with its annotations. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it.
    #[doc(alias = "getProjectBranch")]
    pub fn get(&self) -> Call<AnnotatedBranch> {
        call!(
            &self,
            |this, neon| neon.raw().get_project_branch(&this.project, &this.id).await,
            |response| AnnotatedBranch {
                branch: response.branch,
                annotation: Some(response.annotation),
            }
        )
    }

    /// The branch as it is now (`getProjectBranch`); `None` if it, or what contains it, does not
    /// exist, or the key may not see it.
    pub fn get_opt(&self) -> Call<Option<AnnotatedBranch>> {
        self.get().optional()
    }

    /// Changes the branch (`updateProjectBranch`): its name, protection and expiry.
    /// [`UpdateBranch`] describes what can be changed, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// branch.update().name("staging").never_expires().ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "updateProjectBranch")]
    pub fn update(&self) -> UpdateBranch {
        UpdateBranch::new(self.clone())
    }

    /// Deletes the branch (`deleteProjectBranch`) with its data. Its compute endpoints are deleted
    /// as well, and their connections end. Succeeds when the branch was gone already, where the API
    /// says so (204).
    ///
    /// # Errors
    ///
    /// Those of the API, which refuses for a project's root branch and its default one, for a
    /// protected branch and for one with children. The request is not retried when its response is
    /// lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and deleting again does
    /// no harm.
    #[doc(alias = "deleteProjectBranch")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, operations, |this, neon| neon
            .raw()
            .delete_project_branch(&this.project, &this.id)
            .await)
    }

    /// Restores the branch to the state of another one, or to an earlier state of its own
    /// (`restoreProjectBranch`). Connections to it end, and what was written since is lost unless
    /// the present state is [kept under another name](RestoreBranch::keep_as). [`RestoreBranch`]
    /// holds what can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::chrono::{TimeDelta, Utc};
    ///
    /// let earlier = Utc::now() - TimeDelta::hours(1);
    /// branch.restore(branch.id()).at(earlier).keep_as("before-the-restore").ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "restoreProjectBranch")]
    pub fn restore(&self, source: impl IntoId<BranchId>) -> RestoreBranch {
        RestoreBranch::new(self.clone(), source)
    }

    /// Makes the branch the project's default one (`setDefaultProjectBranch`), whose computes keep
    /// running where plans suspend others, and from which branches are created by default.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "setDefaultProjectBranch")]
    pub fn set_default(&self) -> Call<Started<Branch>> {
        started!(
            &self,
            |this, neon| neon
                .raw()
                .set_default_project_branch(&this.project, &this.id)
                .await,
            |response| response.branch
        )
    }

    /// Ends the preview of a snapshot that was restored to this branch (`finalizeRestoreBranch`):
    /// it takes the place of the branch that the snapshot is of, whose connections move to it. That
    /// branch is kept. In beta. [`FinalizeRestore`] describes what can be chosen, and how the call
    /// fails.
    #[doc(alias = "finalizeRestoreBranch")]
    pub fn finalize_restore(&self) -> FinalizeRestore {
        FinalizeRestore::new(self.clone())
    }
}

impl From<&BranchHandle> for Protected {
    fn from(branch: &BranchHandle) -> Self {
        Self::from(branch.id())
            .in_project(branch.project_id())
            .with_fault(branch.neon.fault())
    }
}
