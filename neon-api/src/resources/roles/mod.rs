//! Roles of Postgres: creating, listing and deleting them, and their passwords.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! let created = branch.roles().create("reporter").ready().await?;
//! let role = branch.role(&created.name);
//! println!("{}", role.password().await?.expose());
//! role.reset_password().ready().await?;
//! role.delete().ready().await?;
//! # Ok(())
//! # }
//! ```

mod create;
mod handle;

use neon_api_raw::types::Role;

pub use create::CreateRole;
pub use handle::RoleHandle;

use super::branches::BranchHandle;
use crate::call::Call;
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The roles of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for role in branch.roles().list().await? {
///     println!("{}", role.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Roles {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's roles: creating and listing.
    pub fn roles(&self) -> Roles {
        Roles {
            branch: self.clone(),
        }
    }

    /// One role of the branch, by its name. Nothing is sent until a call is made on it.
    pub fn role(&self, name: impl Into<String>) -> RoleHandle {
        RoleHandle {
            branch: self.clone(),
            name: name.into(),
        }
    }
}

impl Roles {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    #[cfg(feature = "workflows")]
    pub(crate) fn branch(&self) -> &BranchHandle {
        &self.branch
    }

    /// Creates a role (`createProjectBranchRole`) with a generated password, which the response
    /// has. The branch's connections end, since its compute endpoints are restarted. Names have up
    /// to 63 bytes in UTF-8. [`CreateRole`] describes what else can be chosen, and how the call
    /// fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let role = branch.roles().create("reporter").ready().await?;
    /// println!("{:?}", role.password.as_ref().map(|password| password.expose()));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectBranchRole")]
    pub fn create(&self, name: impl Into<String>) -> CreateRole {
        CreateRole::new(self.branch.clone(), name.into())
    }

    /// Lists the roles (`listProjectBranchRoles`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "listProjectBranchRoles")]
    pub fn list(&self) -> Pager<Plain<Role>> {
        list!(
            self.branch,
            LIST_PROJECT_BRANCH_ROLES,
            |branch, neon| neon
                .raw()
                .list_project_branch_roles(&branch.project, &branch.id)
                .await,
            |response| response.roles
        )
    }

    /// The role with exactly this name (`listProjectBranchRoles`); `None` if there is none.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Role>> {
        let name = name.into();
        self.list().find_where(move |role| role.name == name)
    }
}
