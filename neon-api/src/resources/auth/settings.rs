//! Settings of Neon Auth: localhost, and sign-in with email and password.

use neon_api_raw::types::{
    NeonAuthEmailAndPasswordConfig, NeonAuthEmailAndPasswordConfigUpdate,
    UpdateNeonAuthAllowLocalhostRequest,
};

use super::AuthHandle;
use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// Whether a branch's Neon Auth may redirect to localhost, as development needs it. Nothing is sent
/// until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// if branch.auth().allow_localhost().get().await? {
///     branch.auth().allow_localhost().set(false).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AllowLocalhost {
    branch: BranchHandle,
}

/// Sign-in with email and password at a branch's Neon Auth. Nothing is sent until a call is made on
/// it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let settings = branch.auth().email_and_password().get().await?;
/// println!("verified by {}", settings.email_verification_method);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EmailAndPassword {
    branch: BranchHandle,
}

impl AuthHandle {
    /// Whether Neon Auth may redirect to localhost.
    pub fn allow_localhost(&self) -> AllowLocalhost {
        AllowLocalhost {
            branch: self.branch.clone(),
        }
    }

    /// Sign-in with email and password.
    pub fn email_and_password(&self) -> EmailAndPassword {
        EmailAndPassword {
            branch: self.branch.clone(),
        }
    }
}

impl AllowLocalhost {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Whether localhost is allowed (`getNeonAuthAllowLocalhost`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "getNeonAuthAllowLocalhost")]
    pub fn get(&self) -> Call<bool> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth_allow_localhost(&this.branch.project, &this.branch.id)
                .await,
            |response| response.allow_localhost
        )
    }

    /// Whether localhost is allowed (`getNeonAuthAllowLocalhost`); `None` when Neon Auth is not
    /// enabled.
    pub fn get_opt(&self) -> Call<Option<bool>> {
        self.get().optional()
    }

    /// Allows localhost or not (`updateNeonAuthAllowLocalhost`); returns whether it is allowed now.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthAllowLocalhost")]
    pub fn set(&self, allow: bool) -> Call<bool> {
        let body = UpdateNeonAuthAllowLocalhostRequest::new(allow);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .update_neon_auth_allow_localhost(&this.branch.project, &this.branch.id, &body)
                .await,
            |response| response.allow_localhost
        )
    }
}

impl EmailAndPassword {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The settings (`getNeonAuthEmailAndPasswordConfig`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "getNeonAuthEmailAndPasswordConfig")]
    pub fn get(&self) -> Call<NeonAuthEmailAndPasswordConfig> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth_email_and_password_config(&this.branch.project, &this.branch.id)
                .await,
            |response| *response
        )
    }

    /// The settings (`getNeonAuthEmailAndPasswordConfig`); `None` when Neon Auth is not
    /// enabled.
    pub fn get_opt(&self) -> Call<Option<NeonAuthEmailAndPasswordConfig>> {
        self.get().optional()
    }

    /// Changes the settings (`updateNeonAuthEmailAndPasswordConfig`) and returns them as they are
    /// now. Fields that are `None` stay as they are.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::types::NeonAuthEmailAndPasswordConfigUpdate;
    ///
    /// let change = NeonAuthEmailAndPasswordConfigUpdate::default().with_disable_sign_up(true);
    /// branch.auth().email_and_password().update(change).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthEmailAndPasswordConfig")]
    pub fn update(
        &self,
        change: NeonAuthEmailAndPasswordConfigUpdate,
    ) -> Call<NeonAuthEmailAndPasswordConfig> {
        call!(
            &self,
            |this, neon| {
                let BranchHandle { project, id, .. } = &this.branch;
                let raw = neon.raw();
                raw.update_neon_auth_email_and_password_config(project, id, &change)
                    .await
            },
            |response| *response
        )
    }
}
