//! One branch.

use std::future::IntoFuture;

use neon_api_raw::ids::{BranchId, EndpointId, ProjectId};
use neon_api_raw::types::{Branch, GetConnectionUriQuery};
use neon_api_raw::{BoxFuture, Secret};

use super::buckets::BucketHandle;
use super::custom_domains::CustomDomains;
use super::functions::Functions;
use super::logs::Logs;
use crate::Result;
use crate::engine::Protected;
use crate::neon::Neon;
use crate::waits::Started;

/// One branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// let branch = branch.get().await?;
/// println!("{} of {}", branch.name, branch.project_id);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BranchHandle {
    neon: Neon,
    project: ProjectId,
    id: BranchId,
}

impl BranchHandle {
    pub(crate) fn new(neon: Neon, project: ProjectId, id: BranchId) -> Self {
        Self { neon, project, id }
    }

    /// The branch's id.
    pub fn id(&self) -> &BranchId {
        &self.id
    }

    /// The id of the branch's project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    pub(super) fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The branch as it is now (`getProjectBranch`). Repeated as a read, as the
    /// [`RetryPolicy`](crate::RetryPolicy) says.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it.
    pub fn get(&self) -> impl Future<Output = Result<Branch>> + Send + use<> {
        let Self { neon, project, id } = self.clone();
        async move {
            let answer = neon.raw().get_project_branch(&project, &id).await?;
            Ok(answer.into_boxed().branch)
        }
    }

    /// Deletes the branch, when awaited (`deleteProjectBranch`). Its compute endpoints go with it, and
    /// their connections end. [`DeleteBranch`] tells what the answer holds and how the call fails.
    pub fn delete(&self) -> DeleteBranch {
        DeleteBranch {
            branch: self.clone(),
        }
    }

    /// The branch's functions: listing. In beta.
    pub fn functions(&self) -> Functions {
        Functions::new(self.clone())
    }

    /// The branch's custom domains: listing. In beta.
    pub fn custom_domains(&self) -> CustomDomains {
        CustomDomains::new(self.clone())
    }

    /// One bucket of the branch, by its name, 1 to 255 characters. In beta.
    pub fn bucket(&self, name: impl Into<String>) -> BucketHandle {
        BucketHandle::new(self.clone(), name.into())
    }

    /// The branch's logs: searching. In beta.
    pub fn logs(&self) -> Logs {
        Logs::new(self.clone())
    }

    /// Asks for a connection string to a database of the branch with a role's password, when awaited
    /// (`getConnectionURI`). [`ConnectionUri`] tells how to choose the way and how the call fails.
    pub fn connection_uri(
        &self,
        database: impl Into<String>,
        role: impl Into<String>,
    ) -> ConnectionUri {
        ConnectionUri {
            branch: self.clone(),
            database: database.into(),
            role: role.into(),
            query: GetConnectionUriQuery::default().with_branch_id(self.id.clone()),
        }
    }
}

impl From<&BranchHandle> for Protected {
    fn from(branch: &BranchHandle) -> Self {
        Self::from(branch.id()).in_project(branch.project_id())
    }
}

/// The deletion of a branch. Awaiting it sends the request (`deleteProjectBranch`) and gives the
/// branch as it was, with the operations that delete it, or `None` when it was gone already.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
/// match branch.delete().await?.ready().await? {
///     Some(was) => println!("{} is gone", was.name),
///     None => println!("it was gone already"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the API, which refuses for a project's root branch and its default one, for a protected
/// branch and for one with children. The request is not repeated when its answer is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) tells, and deleting again does no harm.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DeleteBranch {
    branch: BranchHandle,
}

impl IntoFuture for DeleteBranch {
    type Output = Result<Started<Option<Branch>>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let BranchHandle { neon, project, id } = self.branch;
            let answer = neon.raw().delete_project_branch(&project, &id).await?;
            let (branch, operations) = match answer.into_inner() {
                Some(deleted) => (Some(deleted.branch), deleted.operations),
                None => (None, Vec::new()),
            };
            Ok(Started::new(&neon, project, branch, operations))
        })
    }
}

/// A question for a connection string. Awaiting it sends the request (`getConnectionURI`), which is
/// repeated as a read, as the [`RetryPolicy`](crate::RetryPolicy) says, and gives a string with the
/// role's password in it.
///
/// ```no_run
/// # async fn run(branch: neon_api::BranchHandle) -> Result<(), neon_api::Error> {
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
pub struct ConnectionUri {
    branch: BranchHandle,
    database: String,
    role: String,
    query: GetConnectionUriQuery,
}

impl ConnectionUri {
    /// Through the connection pooler or directly; pooled where nothing is said.
    pub fn pooled(mut self, pooled: bool) -> Self {
        self.query.pooled = Some(pooled);
        self
    }

    /// Through this compute endpoint; the branch's read-write one where none is named.
    pub fn endpoint(mut self, endpoint: impl Into<EndpointId>) -> Self {
        self.query.endpoint_id = Some(endpoint.into());
        self
    }
}

impl IntoFuture for ConnectionUri {
    type Output = Result<Secret>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self {
                branch,
                database,
                role,
                query,
            } = self;
            let answer = branch
                .neon
                .raw()
                .get_connection_uri(&branch.project, &database, &query, &role)
                .await?;
            Ok(answer.into_inner().uri)
        })
    }
}
