//! JWKS URLs of a project: where the public keys are that tokens of its users are verified with.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! let url = "https://auth.example.com/.well-known/jwks.json";
//! let jwks = project.jwks().add(url, "example").audience("my-app").ready().await?;
//! for jwks in project.jwks().list().await? {
//!     println!("{} {} of {}", jwks.id, jwks.jwks_url, jwks.provider_name);
//! }
//! project.jwks_key(&jwks).delete().ready().await?;
//! # Ok(())
//! # }
//! ```

mod add;

use neon_api_raw::ids::{JwksId, ProjectId};
use neon_api_raw::types::Jwks;

pub use add::AddJwks;

use super::projects::ProjectHandle;
use crate::call::{Call, IntoId, deleted, from_values};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::waits::Started;

/// The JWKS URLs of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for jwks in project.jwks().list().await? {
///     println!("{} {}", jwks.provider_name, jwks.jwks_url);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectJwks {
    project: ProjectHandle,
}

/// One JWKS URL of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for jwks in project.jwks().list().await? {
///     project.jwks_key(&jwks).delete().ready().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct JwksKeyHandle {
    project: ProjectHandle,
    id: JwksId,
}

impl ProjectHandle {
    /// The project's JWKS URLs: adding and listing.
    pub fn jwks(&self) -> ProjectJwks {
        ProjectJwks {
            project: self.clone(),
        }
    }

    /// One JWKS URL of the project, by its ID or by a value that has one. Nothing is sent until a
    /// call is made on it.
    pub fn jwks_key(&self, id: impl IntoId<JwksId>) -> JwksKeyHandle {
        let (project, id) = self.given(id);
        JwksKeyHandle { project, id }
    }
}

impl ProjectJwks {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Lists the JWKS URLs of the project and its branches (`getProjectJWKS`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "getProjectJWKS")]
    pub fn list(&self) -> Pager<Plain<Jwks>> {
        list!(
            self.project,
            GET_PROJECT_JWKS,
            |project, neon| neon.raw().get_project_jwks(&project.id).await,
            |response| response.jwks
        )
    }

    /// Adds a JWKS URL (`addProjectJWKS`) of an authentication provider, such as `Auth0`: tokens
    /// that its keys have signed are accepted. [`AddJwks`] describes what else can be chosen, and
    /// how the call fails.
    #[doc(alias = "addProjectJWKS")]
    pub fn add(&self, url: impl Into<String>, provider: impl Into<String>) -> AddJwks {
        AddJwks::new(self.project.clone(), url.into(), provider.into())
    }
}

impl JwksKeyHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The ID, as it was given.
    pub fn id(&self) -> &JwksId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.project.id()
    }

    /// Deletes the JWKS URL (`deleteProjectJWKS`): tokens that its keys have signed are no longer
    /// accepted. There are no operations to wait for.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and deleting again does no harm.
    #[doc(alias = "deleteProjectJWKS")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project_jwks(&this.project.id, &this.id)
            .await)
    }
}

from_values! {
    Jwks => JwksId, |jwks| jwks.id, in jwks.project_id;
}
