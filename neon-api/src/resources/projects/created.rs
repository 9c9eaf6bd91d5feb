//! What the creation of a project returns.

use neon_api_raw::Secret;
use neon_api_raw::types::{
    Branch, ConnectionDetails, CreateProjectResponse, Database, Endpoint, Project, Role,
};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::connection_string::ConnectionString;
use crate::neon::Neon;
use crate::resources::connection_details::{first_connection_string, first_connection_uri};
use crate::waits::Started;

/// A project that was created, with all that was created in it, as the response has it.
///
/// It can be kept as JSON. The secrets in it are masked there, unless it is serialised
/// [with them](crate::ExposeSecrets::with_secrets).
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let app = neon.projects().create("my-app").ready().await?;
/// println!("{} with the branch {}", app.project.id, app.branch.name);
/// println!("{}", app.connection_uri()?.expose());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CreatedProject {
    /// The project.
    pub project: Project,
    /// Its first branch, the default one.
    pub branch: Branch,
    /// The branch's compute endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The branch's roles.
    pub roles: Vec<Role>,
    /// The branch's databases.
    pub databases: Vec<Database>,
    /// The connection strings, passwords included.
    pub connection_uris: Vec<ConnectionDetails>,
}

impl CreatedProject {
    pub(super) fn started(neon: &Neon, response: CreateProjectResponse) -> Started<Self> {
        let CreateProjectResponse {
            project,
            branch,
            endpoints,
            roles,
            databases,
            connection_uris,
            operations,
            ..
        } = response;
        let created = Self {
            project,
            branch,
            endpoints,
            roles,
            databases,
            connection_uris,
        };
        Started::new(neon, created, operations)
    }

    /// The connection string of the first role and database, a secret.
    ///
    /// # Errors
    ///
    /// [`Error::NotInResponse`](crate::Error::NotInResponse) when the API gave none;
    /// [`BranchHandle::connection_uri`](crate::branches::BranchHandle::connection_uri) asks for
    /// one.
    pub fn connection_uri(&self) -> Result<&Secret> {
        first_connection_uri(&self.connection_uris)
    }

    /// [`connection_uri`](Self::connection_uri) in its parts: the direct one, which
    /// [`pooled`](ConnectionString::pooled) converts.
    ///
    /// # Errors
    ///
    /// Those of [`connection_uri`](Self::connection_uri).
    pub fn connection_string(&self) -> Result<ConnectionString> {
        first_connection_string(&self.connection_uris)
    }
}
