//! Calls of the Neon Auth of projects that have options.

#![allow(
    deprecated,
    reason = "what calls deprecated operations is deprecated itself"
)]

use neon_api_raw::enums::NeonAuthSupportedAuthProvider;
use neon_api_raw::ids::{AuthUserId, BranchId};
use neon_api_raw::types::{
    DeleteNeonAuthIntegrationRequest, NeonAuthCreateIntegrationRequest,
    NeonAuthCreateIntegrationResponse, NeonAuthCreateNewUserRequest,
};

use crate::call::{Call, IntoId, call, deleted, maybe, request};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;
use crate::waits::Started;

/// An integration that is to be created. Awaiting it sends the request
/// (`createNeonAuthIntegration`).
///
/// ```no_run
/// # #![allow(deprecated)]
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let auth = project.legacy_auth();
/// auth.create_integration("stack", "br-noisy-breeze-a5e59rrb").database("app").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when the project has the integration. The request is
/// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
/// reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateLegacyIntegration {
    project: ProjectHandle,
    body: NeonAuthCreateIntegrationRequest,
}

impl CreateLegacyIntegration {
    pub(super) fn new(
        mut project: ProjectHandle,
        provider: NeonAuthSupportedAuthProvider,
        branch: impl IntoId<BranchId>,
    ) -> Self {
        let (neon, branch) = project.neon.given_in(&project.id, branch);
        project.neon = neon;
        let body = NeonAuthCreateIntegrationRequest::new(provider, branch, project.id.clone());
        Self { project, body }
    }

    fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The database that Neon Auth keeps its data in; the API chooses one by default.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.body.database_name = Some(name.into());
        self
    }

    /// The role that owns the data.
    #[deprecated(note = "leave it out: the API deprecates the field and chooses the role itself")]
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.body.role_name = Some(name.into());
        self
    }

    fn call(self) -> Call<NeonAuthCreateIntegrationResponse> {
        call!(
            self,
            |this, neon| neon.raw().create_neon_auth_integration(&this.body).await,
            |response| *response
        )
    }
}

request!(CreateLegacyIntegration => NeonAuthCreateIntegrationResponse);

maybe! { CreateLegacyIntegration;
    maybe_database = database(impl Into<String>);
    maybe_role = role(impl Into<String>);
}

/// The deletion of an integration. Awaiting it sends the request (`deleteNeonAuthIntegration`).
///
/// ```no_run
/// # #![allow(deprecated)]
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// project.legacy_auth().delete_integration("stack").delete_data(true).ready().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when the project has no such integration. The
/// request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DeleteLegacyIntegration {
    project: ProjectHandle,
    provider: NeonAuthSupportedAuthProvider,
    body: DeleteNeonAuthIntegrationRequest,
}

impl DeleteLegacyIntegration {
    pub(super) fn new(project: ProjectHandle, provider: NeonAuthSupportedAuthProvider) -> Self {
        let body = DeleteNeonAuthIntegrationRequest::default();
        Self {
            project,
            provider,
            body,
        }
    }

    fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Whether to delete the data of Neon Auth for good, users included; by default it stays.
    pub fn delete_data(mut self, delete: bool) -> Self {
        self.body.delete_data = Some(delete);
        self
    }

    fn call(self) -> Call<Started<()>> {
        deleted!(self, |this, neon| neon
            .raw()
            .delete_neon_auth_integration(&this.project.id, &this.provider, &this.body)
            .await)
    }
}

request!(DeleteLegacyIntegration => Started<()>);

maybe! { DeleteLegacyIntegration; maybe_delete_data = delete_data(bool) }

/// A user that is to be created. Awaiting it sends the request (`createNeonAuthNewUser`).
///
/// ```no_run
/// # #![allow(deprecated)]
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// project.legacy_auth().create_user("stack", "ada@example.com").name("Ada").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a user has the address. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateLegacyUser {
    project: ProjectHandle,
    body: NeonAuthCreateNewUserRequest,
}

impl CreateLegacyUser {
    pub(super) fn new(
        project: ProjectHandle,
        provider: NeonAuthSupportedAuthProvider,
        email: String,
    ) -> Self {
        let body = NeonAuthCreateNewUserRequest::new(provider, email, project.id.clone());
        Self { project, body }
    }

    fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The user's name, 1 to 255 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.body.name = Some(name.into());
        self
    }

    fn call(self) -> Call<AuthUserId> {
        call!(
            self,
            |this, neon| neon.raw().create_neon_auth_new_user(&this.body).await,
            |response| response.id
        )
    }
}

request!(CreateLegacyUser => AuthUserId);

maybe! { CreateLegacyUser; maybe_name = name(impl Into<String>) }
