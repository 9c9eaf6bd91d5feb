//! Changing a database.

use neon_api_raw::types::{Database, DatabaseUpdateRequest, DatabaseUpdateRequestDatabase};

use super::{DatabaseHandle, refuse_names};
use crate::call::{Call, maybe, request, started};
use crate::neon::Neon;
use crate::waits::Started;

/// A change of a database. Awaiting it sends the request (`updateProjectBranchDatabase`); what is
/// not set stays as it is.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let database = branch.database("app");
/// let renamed = database.update().name("shop").owner("shop_owner").ready().await?;
/// println!("{} of {}", renamed.name, renamed.owner_name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such database,
/// [`is_conflict`](crate::Error::is_conflict) when another one has the name,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when a name is empty or longer than 63
/// bytes. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateDatabase {
    database: DatabaseHandle,
    change: DatabaseUpdateRequestDatabase,
}

impl UpdateDatabase {
    pub(super) fn new(database: DatabaseHandle) -> Self {
        let change = DatabaseUpdateRequestDatabase::default();
        Self { database, change }
    }

    fn neon(&self) -> &Neon {
        self.database.neon()
    }

    /// The new name, 1 to 63 bytes of UTF-8. Connection strings name the database.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        refuse_names(&mut self.database.branch.neon, Some(&name), None);
        self.change.name = Some(name);
        self
    }

    /// The role that is to own the database, 1 to 63 bytes of UTF-8.
    pub fn owner(mut self, role: impl Into<String>) -> Self {
        let role = role.into();
        refuse_names(&mut self.database.branch.neon, None, Some(&role));
        self.change.owner_name = Some(role);
        self
    }

    /// Changes the database of the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let update = branch.database("app").update();
    /// update.with(|database| database.name = Some("shop".to_owned())).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut DatabaseUpdateRequestDatabase)) -> Self {
        change(&mut self.change);
        self
    }

    fn call(self) -> Call<Started<Database>> {
        started!(
            self,
            |this, neon| {
                let DatabaseHandle { branch, name } = &this.database;
                let body = DatabaseUpdateRequest::new(this.change);
                let raw = neon.raw();
                raw.update_project_branch_database(&branch.project, &branch.id, name, &body)
                    .await
            },
            |response| response.database
        )
    }
}

request!(UpdateDatabase => Started<Database>);

maybe! { UpdateDatabase;
    maybe_name = name(impl Into<String>);
    maybe_owner = owner(impl Into<String>);
}
