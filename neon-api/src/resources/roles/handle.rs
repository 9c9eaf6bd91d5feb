//! One role.

use neon_api_raw::Secret;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Role;

use crate::call::{Call, call, deleted, started};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// One role of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let role = branch.role("neondb_owner");
/// println!("{}", role.get().await?.created_at);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RoleHandle {
    pub(super) branch: BranchHandle,
    pub(super) name: String,
}

impl RoleHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The role's name.
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

    /// The role as it is now (`getProjectBranchRole`), without its password. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none.
    #[doc(alias = "getProjectBranchRole")]
    pub fn get(&self) -> Call<Role> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_branch_role(&this.branch.project, &this.branch.id, &this.name)
                .await,
            |response| response.role
        )
    }

    /// The role as it is now (`getProjectBranchRole`); `None` if it, or what contains it, does not
    /// exist.
    pub fn get_opt(&self) -> Call<Option<Role>> {
        self.get().optional()
    }

    /// Deletes the role for good (`deleteProjectBranchRole`). Succeeds when it was gone already,
    /// where the API says so (204).
    ///
    /// # Errors
    ///
    /// Those of the API, which refuses for a role that owns a database. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchRole")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, operations, |this, neon| neon
            .raw()
            .delete_project_branch_role(&this.branch.project, &this.branch.id, &this.name)
            .await)
    }

    /// The role's password (`getProjectBranchRolePassword`), a secret. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such role; the status 412 when
    /// the project does not store passwords.
    #[doc(alias = "getProjectBranchRolePassword")]
    pub fn password(&self) -> Call<Secret> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_branch_role_password(&this.branch.project, &this.branch.id, &this.name)
                .await,
            |response| response.password
        )
    }

    /// Gives the role a new generated password (`resetProjectBranchRolePassword`), which
    /// the response has. Connections stay; new ones need the new password as soon as the operations
    /// have finished.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such role. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "resetProjectBranchRolePassword")]
    pub fn reset_password(&self) -> Call<Started<Role>> {
        started!(
            &self,
            |this, neon| neon
                .raw()
                .reset_project_branch_role_password(
                    &this.branch.project,
                    &this.branch.id,
                    &this.name
                )
                .await,
            |response| response.role
        )
    }
}
