//! One function.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::NeonFunction;

use super::{DeployFunction, FunctionBundle, UpdateFunction};
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// One function of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let function = branch.function("resize").get().await?;
/// println!("{} is called at {}", function.name, function.invocation_url);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FunctionHandle {
    pub(super) branch: BranchHandle,
    pub(super) slug: String,
}

impl FunctionHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The function's slug.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// The function as it is now (`getProjectBranchFunction`). The `status` of its
    /// `current_deployment` shows how far that has come. Retried as a read. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none.
    #[doc(alias = "getProjectBranchFunction")]
    pub fn get(&self) -> Call<NeonFunction> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_branch_function(&this.branch.project, &this.branch.id, &this.slug)
                .await,
            |response| response.function
        )
    }

    /// The function as it is now (`getProjectBranchFunction`); `None` if it, or what contains it,
    /// does not exist. In beta.
    pub fn get_opt(&self) -> Call<Option<NeonFunction>> {
        self.get().optional()
    }

    /// Changes the function's display name (`updateProjectBranchFunction`). The slug stays. In
    /// beta. [`UpdateFunction`] describes what can be changed, and how the call fails.
    #[doc(alias = "updateProjectBranchFunction")]
    pub fn update(&self) -> UpdateFunction {
        UpdateFunction::new(self.clone())
    }

    /// Deletes the function for good (`deleteProjectBranchFunction`): its URL no longer serves. In
    /// beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchFunction")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project_branch_function(&this.branch.project, &this.branch.id, &this.slug)
            .await)
    }

    /// Deploys code (`createProjectBranchFunctionDeployment`), a zip archive in memory or as a
    /// stream of its pieces ([`FunctionBundle`]). The first deployment creates the function. In
    /// beta. [`DeployFunction`] describes what else can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// let archive = std::fs::read("function.zip")?;
    /// branch.function("resize").deploy(archive).environment([("LEVEL", "info")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectBranchFunctionDeployment")]
    pub fn deploy(&self, bundle: impl Into<FunctionBundle>) -> DeployFunction {
        DeployFunction::new(self.clone(), Some(bundle.into()))
    }

    /// Deploys the code that the function has (`createProjectBranchFunctionDeployment`) with
    /// another environment or on another runtime, at least one of which must be set. In beta.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// branch.function("resize").redeploy().environment([("LEVEL", "debug")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectBranchFunctionDeployment")]
    pub fn redeploy(&self) -> DeployFunction {
        DeployFunction::new(self.clone(), None)
    }
}
