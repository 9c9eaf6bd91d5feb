//! Connection strings.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let project = neon.project("late-frost-12345678");
//! let uri = project.connection_uri("neondb", "neondb_owner").await?;
//! println!("{}", uri.expose());
//! # Ok(())
//! # }
//! ```

use neon_api_raw::Secret;
use neon_api_raw::ids::{EndpointId, ProjectId};
use neon_api_raw::types::GetConnectionUriQuery;

pub use crate::connection_string::{ConnectionString, Environment};
#[cfg(feature = "connect")]
pub use crate::error::{LoginError, LoginFailure};

use super::branches::BranchHandle;
use super::projects::ProjectHandle;
use crate::call::{Call, IntoId, call, maybe, request};
use crate::neon::Neon;

impl ProjectHandle {
    /// A connection string to a database of the project's default branch, with a role's password
    /// (`getConnectionURI`). [`GetConnectionUri`] has the options, and how the call fails.
    #[doc(alias = "getConnectionURI")]
    pub fn connection_uri(
        &self,
        database: impl Into<String>,
        role: impl Into<String>,
    ) -> GetConnectionUri {
        GetConnectionUri {
            neon: self.neon.clone(),
            project: self.id.clone(),
            database: database.into(),
            role: role.into(),
            query: GetConnectionUriQuery::default(),
        }
    }
}

impl BranchHandle {
    /// A connection string to a database of the branch, with a role's password
    /// (`getConnectionURI`). [`GetConnectionUri`] has the options, and how the call fails.
    #[doc(alias = "getConnectionURI")]
    pub fn connection_uri(
        &self,
        database: impl Into<String>,
        role: impl Into<String>,
    ) -> GetConnectionUri {
        GetConnectionUri {
            neon: self.neon.clone(),
            project: self.project.clone(),
            database: database.into(),
            role: role.into(),
            query: GetConnectionUriQuery::default().with_branch_id(self.id.clone()),
        }
    }
}

/// A question for a connection string. Awaiting it sends the request (`getConnectionURI`), which is
/// repeated as a read, as the [`RetryPolicy`](crate::RetryPolicy) says, and gives a string with the
/// role's password in it.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// // Directly, as migrations need it.
/// let uri = branch.connection_uri("neondb", "neondb_owner").pooled(false).await?;
/// println!("{}", uri.expose());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, database, role or
/// endpoint; the status 412 when the project does not store passwords.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct GetConnectionUri {
    neon: Neon,
    project: ProjectId,
    database: String,
    role: String,
    query: GetConnectionUriQuery,
}

impl GetConnectionUri {
    /// Through the connection pooler or directly; pooled where nothing is said.
    pub fn pooled(mut self, pooled: bool) -> Self {
        self.query.pooled = Some(pooled);
        self
    }

    /// Through this compute endpoint; the branch's read-write one if not set.
    pub fn endpoint(mut self, endpoint: impl IntoId<EndpointId>) -> Self {
        let (neon, id) = self.neon.given_in(&self.project, endpoint);
        self.neon = neon;
        self.query.endpoint_id = Some(id);
        self
    }

    fn neon(&self) -> &Neon {
        &self.neon
    }

    fn call(self) -> Call<Secret> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .get_connection_uri(&this.project, &this.database, &this.query, &this.role)
                .await,
            |response| response.uri
        )
    }
}

request!(GetConnectionUri => Secret);

maybe! { GetConnectionUri;
    maybe_pooled = pooled(bool);
    maybe_endpoint = endpoint(impl IntoId<EndpointId>);
}
