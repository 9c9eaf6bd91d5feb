//! What the creation of a branch returns.

use neon_api_raw::Secret;
use neon_api_raw::types::{
    Branch, ConnectionDetails, CreateProjectBranchAnonymizedResponse, CreateProjectBranchResponse,
    Database, Endpoint, Role,
};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::connection_string::ConnectionString;
use crate::neon::Neon;
use crate::resources::connection_details::{first_connection_string, first_connection_uri};
use crate::waits::Started;

/// A branch that was created, with all that was created in it, as the API's response has it.
///
/// It can be kept as JSON. The secrets in it are masked there, unless it is serialised
/// [with them](crate::ExposeSecrets::with_secrets).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let preview = project.branches().create("preview").with_compute().ready().await?;
/// for endpoint in &preview.endpoints {
///     println!("{} at {}", endpoint.id, endpoint.host);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CreatedBranch {
    /// The branch.
    pub branch: Branch,
    /// Its compute endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Its roles, those of the parent.
    pub roles: Vec<Role>,
    /// Its databases, those of the parent.
    pub databases: Vec<Database>,
    /// The connection strings, passwords included; none without a compute endpoint, or where there
    /// are several roles or databases.
    pub connection_uris: Vec<ConnectionDetails>,
}

/// Makes it of a response, whose types have the same fields.
macro_rules! started_from {
    ($response:ident of $from:ident, $neon:ident) => {{
        let $from {
            branch,
            endpoints,
            roles,
            databases,
            connection_uris,
            operations,
            ..
        } = $response;
        let created = Self {
            branch,
            endpoints,
            roles,
            databases,
            connection_uris: connection_uris.unwrap_or_default(),
        };
        Started::new($neon, created, operations)
    }};
}

impl CreatedBranch {
    pub(super) fn started(neon: &Neon, response: CreateProjectBranchResponse) -> Started<Self> {
        started_from!(response of CreateProjectBranchResponse, neon)
    }

    pub(crate) fn started_anonymized(
        neon: &Neon,
        response: CreateProjectBranchAnonymizedResponse,
    ) -> Started<Self> {
        started_from!(response of CreateProjectBranchAnonymizedResponse, neon)
    }

    /// The connection string of the first role and database, a secret.
    ///
    /// # Errors
    ///
    /// [`Error::NotInResponse`](crate::Error::NotInResponse) when the API gave none, as for a branch
    /// without a compute endpoint, or with several roles or databases.
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
