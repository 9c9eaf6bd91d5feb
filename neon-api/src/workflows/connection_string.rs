//! The connection string of a branch, without naming what there is one of.

use http::StatusCode;
use neon_api_raw::enums::EndpointType;
use neon_api_raw::ids::EndpointId;
use neon_api_raw::types::Endpoint;

use crate::Result;
use crate::call::{Call, IntoId, maybe, request};
use crate::connection_string::ConnectionString;
use crate::error::{Choices, Error};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::workflows::running;

/// The search for the connection string of a branch. Awaiting it lists the branch's databases
/// (`listProjectBranchDatabases`), roles (`listProjectBranchRoles`) and compute endpoints
/// (`listProjectBranchEndpoints`), the first two only if not named, and reveals the password in the
/// connection string (`getConnectionURI`), which is checked against the endpoint: that of another
/// branch is never returned. All are reads.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// // One database and one role: nothing to name.
/// let pooled = branch.connection_string().await?;
/// let direct = pooled.direct();
/// // As migrations need it, of one database of several.
/// let app = branch.connection_string().database("app").pooled(false).await?;
/// println!("{} and {}: {}", direct.host(), app.host(), app.to_uri().expose());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Unchosen`](crate::Error::Unchosen), which lists them, if the branch does not have exactly
/// one database or role and it is not named. [`Error::NotInResponse`](crate::Error::NotInResponse) if the
/// branch has no read-write compute endpoint, or the API returns the connection string of another
/// one. The status 412 if the project does not store passwords, unless [one is
/// set](Self::reset_missing_password).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct FindConnectionString {
    branch: BranchHandle,
    database: Option<String>,
    role: Option<String>,
    endpoint: Option<EndpointId>,
    pooled: bool,
    resets: bool,
}

impl BranchHandle {
    /// The connection string of the branch: of its database and role if it has one of each, of those
    /// that are named otherwise. [`FindConnectionString`] describes how.
    pub fn connection_string(&self) -> FindConnectionString {
        FindConnectionString {
            branch: self.clone(),
            database: None,
            role: None,
            endpoint: None,
            pooled: true,
            resets: false,
        }
    }
}

impl FindConnectionString {
    /// The database, if there are several.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The role, if there are several.
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.role = Some(name.into());
        self
    }

    /// The compute endpoint, such as a read-only one; the read-write one if not set.
    pub fn endpoint(mut self, endpoint: impl IntoId<EndpointId>) -> Self {
        let (neon, id) = self.branch.neon.given_in(&self.branch.project, endpoint);
        self.branch.neon = neon;
        self.endpoint = Some(id);
        self
    }

    /// Through the connection pooler, by default, or directly.
    pub fn pooled(mut self, pooled: bool) -> Self {
        self.pooled = pooled;
        self
    }

    /// Whether the role gets a new password (`resetProjectBranchRolePassword`) if the API does not
    /// know its password, so that connections with the old one fail from then on. By default
    /// passwords are never changed.
    pub fn reset_missing_password(mut self, reset: bool) -> Self {
        self.resets = reset;
        self
    }

    fn call(self) -> Call<ConnectionString> {
        Call::of(self.branch.neon.clone(), |client| async move {
            self.run(&client.get()).await
        })
    }

    async fn run(self, neon: &Neon) -> Result<ConnectionString> {
        let branch = neon.project(&self.branch.project).branch(&self.branch.id);
        let endpoint = match self.endpoint {
            Some(id) => {
                neon.project(branch.project_id())
                    .endpoint(&id)
                    .get()
                    .await?
            }
            None => read_write(&branch).await?.ok_or(NO_ENDPOINT)?,
        };
        if endpoint.branch_id != *branch.id() {
            return Err(FOREIGN);
        }
        let choice = Choice {
            database: self.database,
            role: self.role,
            resets: self.resets,
        };
        let direct = choice.of(&branch, &endpoint).await?;
        Ok(if self.pooled { direct.pooled() } else { direct })
    }
}

request!(FindConnectionString => ConnectionString);

maybe! { FindConnectionString;
    maybe_database = database(impl Into<String>);
    maybe_role = role(impl Into<String>);
    maybe_endpoint = endpoint(impl IntoId<EndpointId>);
    maybe_pooled = pooled(bool);
    maybe_reset_missing_password = reset_missing_password(bool);
}

const NO_ENDPOINT: Error = Error::NotInResponse(
    "the branch has no read-write compute endpoint: branch.endpoints().ensure() creates one",
);

const FOREIGN: Error = Error::NotInResponse(
    "the compute endpoint, or the connection string that the API returned, is of another branch",
);

/// The branch's read-write endpoint.
pub(super) async fn read_write(branch: &BranchHandle) -> Result<Option<Endpoint>> {
    let is_writer = |endpoint: &Endpoint| endpoint.type_ == EndpointType::ReadWrite;
    branch.endpoints().list().find_where(is_writer).await
}

/// What was named of a connection string.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    pub(super) database: Option<String>,
    pub(super) role: Option<String>,
    pub(super) resets: bool,
}

impl Choice {
    /// The direct connection string to that endpoint.
    pub(super) async fn of(
        self,
        branch: &BranchHandle,
        endpoint: &Endpoint,
    ) -> Result<ConnectionString> {
        let database = if let Some(name) = self.database {
            name
        } else {
            let all = branch.databases().list().await?;
            only("database", all.into_iter().map(|database| database.name))?
        };
        let role = if let Some(name) = self.role {
            name
        } else {
            let mut all = branch.roles().list().await?;
            // Those of the system are for nobody to connect as.
            all.retain(|role| role.protected != Some(true));
            only("role", all.into_iter().map(|role| role.name))?
        };
        let asked = branch.connection_uri(&database, &role);
        let uri = match asked.endpoint(endpoint).pooled(false).await {
            Ok(uri) => uri,
            Err(error)
                if self.resets && error.status() == Some(StatusCode::PRECONDITION_FAILED) =>
            {
                return reset(branch, endpoint, database, role).await;
            }
            Err(error) => return Err(error),
        };
        let found = ConnectionString::try_from(&uri).map_err(|_| {
            Error::NotInResponse("the API returned a connection string that cannot be read")
        })?;
        if leads_to(&found, endpoint) {
            Ok(found.direct())
        } else {
            Err(FOREIGN)
        }
    }
}

/// The connection string with a new password.
async fn reset(
    branch: &BranchHandle,
    endpoint: &Endpoint,
    database: String,
    role: String,
) -> Result<ConnectionString> {
    let neon = branch.neon();
    let started = branch.role(&role).reset_password().await?;
    let password = running::finished(neon, started).await?.password;
    let password = password.ok_or(Error::NotInResponse("the API returned no password"))?;
    ConnectionString::new(&endpoint.host, role, database)?
        .with_password(password)?
        .with_parameter("sslmode", "require")
}

/// The one name that there is.
fn only(kind: &'static str, names: impl Iterator<Item = String>) -> Result<String> {
    let mut names: Vec<String> = names.collect();
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        (last, _) => {
            names.extend(last);
            Err(Error::Unchosen(Box::new(Choices::new(kind, names))))
        }
    }
}

/// Whether a connection string leads to that endpoint: by its host, or by the ID that it names.
pub(super) fn leads_to(found: &ConnectionString, endpoint: &Endpoint) -> bool {
    match found.endpoint() {
        Some(id) => id == endpoint.id.as_str(),
        None => found.host() == endpoint.host,
    }
}
