//! Branches: creating, finding, changing, restoring and deleting them.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use std::time::Duration;
//!
//! let branches = neon.project("late-frost-12345678").branches();
//! let day = Duration::from_secs(24 * 3600);
//! let preview = branches.create("preview/pr-42").with_compute().expires_in(day).ready().await?;
//! println!("{}", preview.connection_uri()?.expose());
//!
//! if let Some(old) = branches.find("preview/pr-41").await? {
//!     neon.project(&old.project_id).branch(&old).delete().ready().await?;
//! }
//! # Ok(())
//! # }
//! ```

mod annotated;
mod count;
mod create;
mod created;
mod endpoint_options;
mod expiry;
mod finalize;
mod handle;
mod list;
mod restore;
mod update;

use neon_api_raw::ids::{BranchId, ProjectId};

pub use annotated::AnnotatedBranch;
pub use count::CountBranches;
pub use create::CreateBranch;
pub use created::CreatedBranch;
pub use endpoint_options::EndpointOptions;
pub(crate) use expiry::{changes, expiry};
pub use finalize::FinalizeRestore;
pub use handle::BranchHandle;
pub use list::ListBranches;
pub use restore::RestoreBranch;
pub use update::UpdateBranch;

use super::projects::ProjectHandle;
use crate::call::{self, Call, IntoId};
use crate::neon::Neon;
use crate::pager::Pager;

/// The branches of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for branch in project.branches().list().await? {
///     println!("{} is {}", branch.name, branch.current_state);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Branches {
    neon: Neon,
    project: ProjectId,
}

impl ProjectHandle {
    /// The project's branches: creating, finding and listing.
    pub fn branches(&self) -> Branches {
        Branches {
            neon: self.neon.clone(),
            project: self.id.clone(),
        }
    }

    /// One branch of the project, by its ID or by a value that has one. Nothing is sent until a
    /// call is made on it.
    pub fn branch(&self, id: impl IntoId<BranchId>) -> BranchHandle {
        let (neon, id) = self.neon.given_in(&self.id, id);
        BranchHandle {
            neon,
            project: self.id.clone(),
            id,
        }
    }
}

impl Branches {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The ID of the project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// Creates a branch (`createProjectBranch`). The API takes names of 1 to 256 characters.
    /// [`CreateBranch`] describes what else can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let preview = project.branches().create("preview/pr-42").with_compute().ready().await?;
    /// println!("{}", preview.connection_uri()?.expose());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectBranch")]
    pub fn create(&self, name: impl Into<String>) -> CreateBranch {
        CreateBranch::new(self.neon.clone(), self.project.clone(), name.into())
    }

    /// Lists the branches (`listProjectBranches`), those that changed last first. [`ListBranches`]
    /// shows its filters and order.
    #[doc(alias = "listProjectBranches")]
    pub fn list(&self) -> Pager<ListBranches> {
        Pager::new(self.neon.clone(), ListBranches::new(self.project.clone()))
    }

    /// The branch with exactly this name (`listProjectBranches`); `None` if there is none.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<AnnotatedBranch>> {
        self.list().find(name)
    }

    /// Counts the branches of the project (`countProjectBranches`). [`CountBranches`] shows its
    /// filter, and how the call fails.
    #[doc(alias = "countProjectBranches")]
    pub fn count(&self) -> CountBranches {
        CountBranches::new(self.clone())
    }
}

call::from_values! {
    CreatedBranch => BranchId, |created| created.branch.id, in created.branch.project_id;
    AnnotatedBranch => BranchId, |annotated| annotated.branch.id, in annotated.branch.project_id;
    BranchHandle => BranchId, |branch| branch.id, in branch.project, unless branch.neon.fault();
}
