//! Functions of a branch: deploying, listing, renaming and deleting them.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
//! let archive = std::fs::read("function.zip")?;
//! let function = branch.function("resize");
//! let deployment = function.deploy(archive).runtime("nodejs24").await?;
//! println!("deployment {} is {}", deployment.id, deployment.status);
//!
//! // Later: `completed` or `failed`.
//! let status = function.get().await?.current_deployment.map(|deployment| deployment.status);
//! # Ok(())
//! # }
//! ```

mod bundle;
mod deploy;
mod handle;
mod list;
mod update;

use neon_api_raw::types::NeonFunction;

pub use bundle::FunctionBundle;
pub use deploy::DeployFunction;
pub use handle::FunctionHandle;
pub use list::ListFunctions;
pub use update::UpdateFunction;

use super::branches::BranchHandle;
use crate::call::Call;
use crate::neon::Neon;
use crate::pager::Pager;

/// The functions of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for function in branch.functions().list().await? {
///     println!("{}", function.slug);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Functions {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's functions: finding and listing. A function is created by its first
    /// [deployment](FunctionHandle::deploy). In beta.
    pub fn functions(&self) -> Functions {
        Functions {
            branch: self.clone(),
        }
    }

    /// One function of the branch, by its slug, 1 to 20 lowercase letters and digits. Nothing is
    /// sent until a call is made on it. In beta.
    pub fn function(&self, slug: impl Into<String>) -> FunctionHandle {
        FunctionHandle {
            branch: self.clone(),
            slug: slug.into(),
        }
    }
}

impl Functions {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Lists the functions (`listProjectBranchFunctions`); [`ListFunctions`] shows what they hold.
    /// In beta.
    #[doc(alias = "listProjectBranchFunctions")]
    pub fn list(&self) -> Pager<ListFunctions> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(self.branch.neon().clone(), ListFunctions::new(project, id))
    }

    /// The function with exactly this display name (`listProjectBranchFunctions`); `None` if there
    /// is none. Of several, the first that the API lists. In beta.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<NeonFunction>> {
        let name = name.into();
        self.list()
            .find_where(move |function| function.name == name)
    }
}
