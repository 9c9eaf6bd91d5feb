//! The Neon Auth of projects, which that of branches ([`auth`](crate::auth)) replaces.
//!
//! Most of it is deprecated: the API announced its end for 2026-03-01. Each method names what to
//! use instead.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! let keys = project.legacy_auth().create_sdk_keys("stack").await?;
//! println!("{}", keys.jwks_url);
//! # Ok(())
//! # }
//! ```

mod deprecated;
mod integration;

pub use integration::{CreateLegacyIntegration, CreateLegacyUser, DeleteLegacyIntegration};

use neon_api_raw::Secret;
use neon_api_raw::enums::NeonAuthSupportedAuthProvider;
use neon_api_raw::types::{
    NeonAuthCreateAuthProviderSdkKeysRequest, NeonAuthCreateIntegrationResponse,
    NeonAuthTransferAuthProviderProjectRequest,
};

use super::projects::ProjectHandle;
use crate::call::{Call, call};
use crate::neon::Neon;

/// The Neon Auth of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// All its calls are methods of this type, so that each deprecated one names its successor.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let url = project.legacy_auth().transfer_ownership("stack").await?;
/// println!("{}", url.expose());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LegacyAuth {
    project: ProjectHandle,
}

impl ProjectHandle {
    /// The Neon Auth of the project, which that of its branches
    /// ([`BranchHandle::auth`](crate::branches::BranchHandle::auth)) replaces.
    pub fn legacy_auth(&self) -> LegacyAuth {
        LegacyAuth {
            project: self.clone(),
        }
    }
}

impl LegacyAuth {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Creates SDK keys for the auth provider of the project (`createNeonAuthProviderSDKKeys`), one
    /// of them a secret.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when the project has no such integration. The
    /// request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "createNeonAuthProviderSDKKeys")]
    pub fn create_sdk_keys(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
    ) -> Call<NeonAuthCreateIntegrationResponse> {
        let project = self.project.id.clone();
        let body = NeonAuthCreateAuthProviderSdkKeysRequest::new(provider.into(), project);
        call!(
            &self.project,
            |_this, neon| neon.raw().create_neon_auth_provider_sdk_keys(&body).await,
            |response| *response
        )
    }

    /// Hands the project at the auth provider over to another owner
    /// (`transferNeonAuthProviderProject`); returns the URL at which the transfer goes on, a secret:
    /// whoever has it can take the project over.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when the project has no such integration. The
    /// request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "transferNeonAuthProviderProject")]
    pub fn transfer_ownership(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
    ) -> Call<Secret> {
        let project = self.project.id.clone();
        let body = NeonAuthTransferAuthProviderProjectRequest::new(provider.into(), project);
        call!(
            &self.project,
            |_this, neon| neon.raw().transfer_neon_auth_provider_project(&body).await,
            |response| response.url
        )
    }
}
