//! Users of Neon Auth.

use neon_api_raw::ids::{AuthUserId, BranchId, ProjectId};
use neon_api_raw::types::{CreateBranchNeonAuthNewUserRequest, UpdateNeonAuthUserRoleRequest};

use super::AuthHandle;
use crate::call::{Call, IntoId, call, deleted, maybe, request};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// The users of a branch's Neon Auth. The API cannot list them: they are rows of the branch's
/// database. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let id = branch.auth().users().create("ada@example.com").await?;
/// println!("{id}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthUsers {
    branch: BranchHandle,
}

/// One user of a branch's Neon Auth. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let user = branch.auth().user("4f1d1c5a-2f66-4a52-9b0e-3a4f4f6f3a11");
/// user.set_roles(["editor"]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthUserHandle {
    branch: BranchHandle,
    id: AuthUserId,
}

impl AuthHandle {
    /// The users: creating.
    pub fn users(&self) -> AuthUsers {
        AuthUsers {
            branch: self.branch.clone(),
        }
    }

    /// One user, by its ID. Nothing is sent until a call is made on it.
    pub fn user(&self, id: impl IntoId<AuthUserId>) -> AuthUserHandle {
        let mut branch = self.branch.clone();
        let id = branch.neon.take_id(id);
        AuthUserHandle { branch, id }
    }
}

impl AuthUsers {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Creates a user with an email address of 1 to 256 characters (`createBranchNeonAuthNewUser`)
    /// and returns the ID. In beta. [`CreateAuthUser`] describes what else can be chosen, and how
    /// the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let id = branch.auth().users().create("ada@example.com").name("Ada").await?;
    /// branch.auth().user(id).set_roles(["admin"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createBranchNeonAuthNewUser")]
    pub fn create(&self, email: impl Into<String>) -> CreateAuthUser {
        CreateAuthUser {
            branch: self.branch.clone(),
            body: CreateBranchNeonAuthNewUserRequest::new(email),
        }
    }
}

/// A user that is to be created. Awaiting it sends the request (`createBranchNeonAuthNewUser`). In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let create = branch.auth().users().create("ada@example.com").name("Ada");
/// println!("{}", create.await?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a user has the address,
/// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateAuthUser {
    branch: BranchHandle,
    body: CreateBranchNeonAuthNewUserRequest,
}

impl CreateAuthUser {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The user's name, 1 to 255 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.body.name = Some(name.into());
        self
    }

    fn call(self) -> Call<AuthUserId> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .create_branch_neon_auth_new_user(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |response| response.id
        )
    }
}

request!(CreateAuthUser => AuthUserId);

maybe! { CreateAuthUser; maybe_name = name(impl Into<String>) }

impl AuthUserHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The user's ID, as it was given. Calls of a handle that was made of a string which cannot be
    /// an ID fail, and this is then its beginning.
    pub fn id(&self) -> &AuthUserId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// Deletes the user for good (`deleteBranchNeonAuthUser`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such user. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "deleteBranchNeonAuthUser")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_branch_neon_auth_user(&this.branch.project, &this.branch.id, &this.id)
            .await)
    }

    /// Gives the user these roles in place of those that it has (`updateNeonAuthUserRole`), at
    /// least one, and returns the user's ID.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when there are no roles,
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such user. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthUserRole")]
    pub fn set_roles<R: Into<String>>(
        &self,
        roles: impl IntoIterator<Item = R>,
    ) -> Call<AuthUserId> {
        let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
        let mut this = self.clone();
        if roles.is_empty() {
            this.branch
                .neon
                .refuse("roles", "expected at least one role");
        }
        let body = UpdateNeonAuthUserRoleRequest::new(roles);
        call!(
            &this,
            |this, neon| neon
                .raw()
                .update_neon_auth_user_role(&this.branch.project, &this.branch.id, &this.id, &body)
                .await,
            |response| response.id
        )
    }
}
