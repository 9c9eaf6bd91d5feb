//! Adding a JWKS URL.

use neon_api_raw::ids::BranchId;
use neon_api_raw::types::{AddProjectJwksRequest, Jwks};

use crate::call::{Call, IntoId, maybe, request, started};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;
use crate::waits::Started;

/// A JWKS URL that is to be added. Awaiting it sends the request (`addProjectJWKS`).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let url = "https://auth.example.com/.well-known/jwks.json";
/// let jwks = project.jwks().add(url, "example").audience("my-app").ready().await?;
/// println!("{}", jwks.id);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project or branch. The
/// request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct AddJwks {
    project: ProjectHandle,
    jwks: AddProjectJwksRequest,
}

impl AddJwks {
    pub(super) fn new(project: ProjectHandle, url: String, provider: String) -> Self {
        Self {
            project,
            jwks: AddProjectJwksRequest::new(url, provider),
        }
    }

    /// Only for this branch; without this, for all branches of the project.
    pub fn branch(mut self, branch: impl IntoId<BranchId>) -> Self {
        let (project, branch) = self.project.given(branch);
        self.project = project;
        self.jwks.branch_id = Some(branch);
        self
    }

    /// The audience that tokens must be for; without this, any.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.jwks.jwt_audience = Some(audience.into());
        self
    }

    /// Whether the API creates no roles of Postgres for the tokens' users; by default it does.
    pub fn skip_role_creation(mut self, skip: bool) -> Self {
        self.jwks.skip_role_creation = Some(skip);
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let url = "https://auth.example.com/.well-known/jwks.json";
    /// let add = project.jwks().add(url, "example");
    /// add.with(|jwks| jwks.jwt_audience = Some("my-app".to_owned())).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut AddProjectJwksRequest)) -> Self {
        change(&mut self.jwks);
        self
    }

    fn neon(&self) -> &Neon {
        self.project.neon()
    }

    fn call(self) -> Call<Started<Jwks>> {
        started!(
            self,
            |this, neon| neon
                .raw()
                .add_project_jwks(&this.project.id, &this.jwks)
                .await,
            |response| response.jwks
        )
    }
}

request!(AddJwks => Started<Jwks>);

maybe! { AddJwks;
    maybe_branch = branch(impl IntoId<BranchId>);
    maybe_audience = audience(impl Into<String>);
    maybe_skip_role_creation = skip_role_creation(bool);
}
