//! Databases: creating, listing, changing and deleting them.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! branch.databases().create("app", "neondb_owner").ready().await?;
//! let database = branch.database("app");
//! database.update().owner("reporter").ready().await?;
//! database.delete().ready().await?;
//! # Ok(())
//! # }
//! ```

mod create;
mod handle;
mod update;

use neon_api_raw::types::Database;

pub use create::CreateDatabase;
pub use handle::DatabaseHandle;
pub use update::UpdateDatabase;

use super::branches::BranchHandle;
use crate::call::Call;
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The databases of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for database in branch.databases().list().await? {
///     println!("{} of {}", database.name, database.owner_name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Databases {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's databases: creating and listing.
    pub fn databases(&self) -> Databases {
        Databases {
            branch: self.clone(),
        }
    }

    /// One database of the branch, by its name. Nothing is sent until a call is made on it.
    pub fn database(&self, name: impl Into<String>) -> DatabaseHandle {
        DatabaseHandle {
            branch: self.clone(),
            name: name.into(),
        }
    }
}

impl Databases {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    #[cfg(feature = "workflows")]
    pub(crate) fn branch(&self) -> &BranchHandle {
        &self.branch
    }

    /// Creates a database that a role of the branch owns (`createProjectBranchDatabase`). Both
    /// names have 1 to 63 bytes of UTF-8. [`CreateDatabase`] describes how the call fails.
    #[doc(alias = "createProjectBranchDatabase")]
    pub fn create(&self, name: impl Into<String>, owner: impl Into<String>) -> CreateDatabase {
        CreateDatabase::new(self.branch.clone(), name.into(), owner.into())
    }

    /// Lists the databases (`listProjectBranchDatabases`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "listProjectBranchDatabases")]
    pub fn list(&self) -> Pager<Plain<Database>> {
        list!(
            self.branch,
            LIST_PROJECT_BRANCH_DATABASES,
            |branch, neon| neon
                .raw()
                .list_project_branch_databases(&branch.project, &branch.id)
                .await,
            |response| response.databases
        )
    }

    /// The database with exactly this name (`listProjectBranchDatabases`); `None` if there is none.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Database>> {
        let name = name.into();
        self.list()
            .find_where(move |database| database.name == name)
    }
}

fn refuse_names(neon: &mut Neon, name: Option<&str>, owner: Option<&str>) {
    let name = name.and_then(|name| input::name("database.name", name, Longest::POSTGRES));
    neon.refuse_if(name);
    let owner = owner.and_then(|name| input::name("database.owner_name", name, Longest::POSTGRES));
    neon.refuse_if(owner);
}
