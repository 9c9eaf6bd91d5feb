//! Creating a database.

use neon_api_raw::types::{Database, DatabaseCreateRequest, DatabaseCreateRequestDatabase};

use super::refuse_names;
use crate::call::{Call, request, started};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// A database that is to be created. Awaiting it sends the request (`createProjectBranchDatabase`).
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let database = branch.databases().create("app", "neondb_owner").ready().await?;
/// println!("{} of {}", database.name, database.owner_name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a database of that name exists,
/// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the branch has as many as it may,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when a name is empty or too long. The
/// request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateDatabase {
    branch: BranchHandle,
    database: DatabaseCreateRequestDatabase,
}

impl CreateDatabase {
    pub(super) fn new(mut branch: BranchHandle, name: String, owner: String) -> Self {
        refuse_names(&mut branch.neon, Some(&name), Some(&owner));
        let database = DatabaseCreateRequestDatabase::new(name, owner);
        Self { branch, database }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Changes the database of the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let create = branch.databases().create("app", "neondb_owner");
    /// create.with(|database| database.owner_name = "app_owner".to_owned()).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut DatabaseCreateRequestDatabase)) -> Self {
        change(&mut self.database);
        self
    }

    fn call(self) -> Call<Started<Database>> {
        started!(
            self,
            |this, neon| {
                let branch = &this.branch;
                let body = DatabaseCreateRequest::new(this.database);
                let raw = neon.raw();
                raw.create_project_branch_database(&branch.project, &branch.id, &body)
                    .await
            },
            |response| response.database
        )
    }
}

request!(CreateDatabase => Started<Database>);
