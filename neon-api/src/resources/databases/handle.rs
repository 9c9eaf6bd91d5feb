//! One database.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Database;

use super::UpdateDatabase;
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// One database of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let database = branch.database("neondb");
/// println!("{}", database.get().await?.owner_name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DatabaseHandle {
    pub(crate) branch: BranchHandle,
    pub(crate) name: String,
}

impl DatabaseHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// The database as it is now (`getProjectBranchDatabase`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none.
    #[doc(alias = "getProjectBranchDatabase")]
    pub fn get(&self) -> Call<Database> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_branch_database(&this.branch.project, &this.branch.id, &this.name)
                .await,
            |response| response.database
        )
    }

    /// The database as it is now (`getProjectBranchDatabase`); `None` if it, or what contains it,
    /// does not exist.
    pub fn get_opt(&self) -> Call<Option<Database>> {
        self.get().optional()
    }

    /// Changes the database's name or owner (`updateProjectBranchDatabase`). [`UpdateDatabase`]
    /// holds how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// branch.database("app").update().owner("reporter").ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "updateProjectBranchDatabase")]
    pub fn update(&self) -> UpdateDatabase {
        UpdateDatabase::new(self.clone())
    }

    /// Deletes the database with its data (`deleteProjectBranchDatabase`). Its connections end, and
    /// it cannot be undone, other than by restoring the branch to an earlier state. Succeeds when
    /// it was gone already, where the API says so (204).
    ///
    /// # Errors
    ///
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and deleting again does no
    /// harm.
    #[doc(alias = "deleteProjectBranchDatabase")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, operations, |this, neon| neon
            .raw()
            .delete_project_branch_database(&this.branch.project, &this.branch.id, &this.name)
            .await)
    }
}
