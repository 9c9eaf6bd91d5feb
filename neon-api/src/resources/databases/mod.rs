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

mod handle;
mod update;

use neon_api_raw::types::{Database, DatabaseCreateRequest, DatabaseCreateRequestDatabase};

pub use handle::DatabaseHandle;
pub use update::UpdateDatabase;

use super::branches::BranchHandle;
use crate::call::{Call, started};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::waits::Started;

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

    /// Creates a database that a role of the branch owns (`createProjectBranchDatabase`). Both names
    /// have 1 to 63 bytes of UTF-8.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](crate::Error::is_conflict) when a database of that name exists,
    /// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the branch has as many as it may,
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when a name is empty or too long. The
    /// request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
    /// (423) it waits for them, and is sent again.
    #[doc(alias = "createProjectBranchDatabase")]
    pub fn create(
        &self,
        name: impl Into<String>,
        owner: impl Into<String>,
    ) -> Call<Started<Database>> {
        let (name, owner) = (name.into(), owner.into());
        let mut branch = self.branch.clone();
        refuse_names(&mut branch.neon, Some(&name), Some(&owner));
        started!(
            branch,
            |branch, neon| {
                let database = DatabaseCreateRequestDatabase::new(name, owner);
                let body = DatabaseCreateRequest::new(database);
                let raw = neon.raw();
                raw.create_project_branch_database(&branch.project, &branch.id, &body)
                    .await
            },
            |response| response.database
        )
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
