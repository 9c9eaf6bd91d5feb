//! Neon Auth of a branch as a whole.

use neon_api_raw::enums::NeonAuthSupportedAuthProvider;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    DisableNeonAuthRequest, EnableNeonAuthIntegrationRequest, NeonAuthConfigUpdate,
    NeonAuthCreateIntegrationResponse, NeonAuthIntegration,
};

use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// Neon Auth of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// match branch.auth().get_opt().await? {
///     Some(auth) => println!("enabled with {}", auth.auth_provider),
///     None => println!("not enabled"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthHandle {
    pub(super) branch: BranchHandle,
}

impl BranchHandle {
    /// Neon Auth of the branch. Nothing is sent until a call is made on it.
    pub fn auth(&self) -> AuthHandle {
        AuthHandle {
            branch: self.clone(),
        }
    }
}

impl AuthHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// The Neon Auth integration of the branch (`getNeonAuth`). Retried as a read. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled, or there is no
    /// such branch.
    #[doc(alias = "getNeonAuth")]
    pub fn get(&self) -> Call<NeonAuthIntegration> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth(&this.branch.project, &this.branch.id)
                .await,
            |response| *response
        )
    }

    /// The Neon Auth integration of the branch (`getNeonAuth`); `None` when Neon Auth is not
    /// enabled, or there is no such branch. In beta.
    pub fn get_opt(&self) -> Call<Option<NeonAuthIntegration>> {
        self.get().optional()
    }

    /// Enables Neon Auth on the branch (`createNeonAuth`) with a provider: `better_auth`, `stack`
    /// or `mock`, as a string or a [`NeonAuthSupportedAuthProvider`]. The response has the keys,
    /// one of them a secret. In beta. [`EnableAuth`] describes what else can be chosen, and how the
    /// call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let enabled = branch.auth().enable("better_auth").await?;
    /// println!("{:?} at {}", enabled.base_url, enabled.jwks_url);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createNeonAuth")]
    pub fn enable(&self, provider: impl Into<NeonAuthSupportedAuthProvider>) -> EnableAuth {
        EnableAuth {
            branch: self.branch.clone(),
            body: EnableNeonAuthIntegrationRequest::new(provider.into()),
        }
    }

    /// Disables Neon Auth on the branch (`disableNeonAuth`): users can no longer sign in. Its data
    /// stays unless [`delete_data`](DisableAuth::delete_data) is set, which cannot be undone. In
    /// beta.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// branch.auth().disable().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "disableNeonAuth")]
    pub fn disable(&self) -> DisableAuth {
        DisableAuth {
            branch: self.branch.clone(),
            body: DisableNeonAuthRequest::default(),
        }
    }

    /// Renames the Neon Auth integration (`updateNeonAuthConfig`) and returns the name as it is
    /// now. Names have 1 to 256 characters.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthConfig")]
    pub fn update(&self, name: impl Into<String>) -> Call<String> {
        let body = NeonAuthConfigUpdate::new(name);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .update_neon_auth_config(&this.branch.project, &this.branch.id, &body)
                .await,
            |response| response.name
        )
    }
}

/// The enabling of Neon Auth on a branch. Awaiting it sends the request (`createNeonAuth`). In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let enabled = branch.auth().enable("better_auth").database("app").await?;
/// println!("{}.{}", enabled.schema_name, enabled.table_name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when it is enabled already,
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnableAuth {
    branch: BranchHandle,
    body: EnableNeonAuthIntegrationRequest,
}

impl EnableAuth {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The database that Neon Auth keeps its data in; the API chooses one by default.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.body.database_name = Some(name.into());
        self
    }

    fn call(self) -> Call<NeonAuthCreateIntegrationResponse> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .create_neon_auth(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |response| *response
        )
    }
}

request!(EnableAuth => NeonAuthCreateIntegrationResponse);

maybe! { EnableAuth; maybe_database = database(impl Into<String>) }

/// The disabling of Neon Auth on a branch. Awaiting it sends the request (`disableNeonAuth`). In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// // The users and their sessions are deleted as well.
/// branch.auth().disable().delete_data(true).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DisableAuth {
    branch: BranchHandle,
    body: DisableNeonAuthRequest,
}

impl DisableAuth {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Whether to delete the data of Neon Auth for good, users included; by default it stays.
    pub fn delete_data(mut self, delete: bool) -> Self {
        self.body.delete_data = Some(delete);
        self
    }

    fn call(self) -> Call<()> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .disable_neon_auth(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |_| ()
        )
    }
}

request!(DisableAuth => ());

maybe! { DisableAuth; maybe_delete_data = delete_data(bool) }
