//! The branches of a project, and creating one.

use std::future::IntoFuture;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Utc};
use neon_api_raw::enums::EndpointType;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    Branch, BranchCreateRequestBranch, BranchCreateRequestEndpointOptions, ConnectionDetails,
    CreateProjectBranchRequest, CreateProjectBranchResponse, Database, Endpoint, Role,
};
use neon_api_raw::{BoxFuture, Secret, routes};

use super::first_connection_uri;
use crate::Result;
use crate::error::{InputFault, InvalidInput};
use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::ListBranches;
use crate::waits::Started;

/// The branches of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let names = project.branches().list().map_ok(|branch| branch.name);
/// let names: Vec<String> = names.try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Branches {
    neon: Neon,
    project: ProjectId,
}

impl Branches {
    pub(crate) fn new(neon: Neon, project: ProjectId) -> Self {
        Self { neon, project }
    }

    /// Creates a branch, when awaited (`createProjectBranch`). The API takes names of 1 to 256
    /// characters. [`CreateBranch`] holds what else can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let preview = project.branches().create("preview/pr-42").with_compute().await?.ready().await?;
    /// println!("{}", preview.connection_uri()?.expose());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, name: impl Into<String>) -> CreateBranch {
        CreateBranch {
            neon: self.neon.clone(),
            project: self.project.clone(),
            branch: BranchCreateRequestBranch::default().with_name(name),
            endpoints: Vec::new(),
            fault: None,
        }
    }

    /// Lists the branches (`listProjectBranches`), those that changed last first. [`ListBranches`]
    /// shows its filters and order.
    pub fn list(&self) -> Pager<ListBranches> {
        Pager::new(self.neon.clone(), ListBranches::new(self.project.clone()))
    }
}

/// A branch that is to be created. Awaiting it sends the request (`createProjectBranch`).
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let preview = project
///     .branches()
///     .create("preview/pr-42")
///     .with_compute()
///     .expires_in(Duration::from_secs(7 * 24 * 3600))
///     .await?
///     .ready()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a branch of that name exists,
/// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the plan's limit is reached,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the time of expiry is too far away. The
/// request is never repeated when its answer is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) tells. While operations lock the project (423)
/// it waits for them, and is sent again.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateBranch {
    neon: Neon,
    project: ProjectId,
    branch: BranchCreateRequestBranch,
    endpoints: Vec<BranchCreateRequestEndpointOptions>,
    fault: Option<InputFault>,
}

impl CreateBranch {
    /// The parent; the project's default branch where none is named.
    pub fn parent(mut self, parent: impl Into<BranchId>) -> Self {
        self.branch.parent_id = Some(parent.into());
        self
    }

    /// Branches from the parent as it was at that time, which must lie within the project's history.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::chrono::{TimeDelta, Utc};
    ///
    /// let before = Utc::now() - TimeDelta::minutes(10);
    /// let rescued = project.branches().create("before-the-accident").at(before).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.branch.parent_timestamp = Some(time);
        self
    }

    /// Deletes the branch after this time, counted from now, not from the await, by this machine's
    /// clock. A time that ends after the year 9999 is told by the await, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn expires_in(mut self, period: Duration) -> Self {
        if let Some(time) = time_after_now(period) {
            self.branch.expires_at = Some(time);
        } else {
            let rule = "the time of expiry is too far away";
            self.fault.get_or_insert(InputFault::Rule(rule.into()));
        }
        self
    }

    /// Deletes the branch at this time, which must lie ahead.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.branch.expires_at = Some(time);
        self
    }

    /// With a read-write compute endpoint, without which nothing can connect to the branch.
    pub fn with_compute(self) -> Self {
        self.with_endpoint(BranchCreateRequestEndpointOptions::new(
            EndpointType::ReadWrite,
        ))
    }

    /// With a compute endpoint of your own choice, in addition to those chosen before. A branch has
    /// one read-write endpoint at most.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::EndpointType;
    /// use neon_api::types::{BranchCreateRequestEndpointOptions, ComputeUnit};
    ///
    /// let large = BranchCreateRequestEndpointOptions::new(EndpointType::ReadWrite)
    ///     .with_autoscaling_limit_min_cu(ComputeUnit(1.0))
    ///     .with_autoscaling_limit_max_cu(ComputeUnit(4.0));
    /// let load_test = project.branches().create("load-test").with_endpoint(large).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_endpoint(mut self, endpoint: BranchCreateRequestEndpointOptions) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Protected against deletion and reset. Branches of it get new passwords for its roles.
    pub fn protected(mut self) -> Self {
        self.branch.protected = Some(true);
        self
    }

    /// Sets what has no method of its own.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let empty = project
    ///     .branches()
    ///     .create("schema-only")
    ///     .with(|branch| branch.init_source = Some("schema-only".to_owned()))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut BranchCreateRequestBranch)) -> Self {
        change(&mut self.branch);
        self
    }

    async fn send(self) -> Result<Started<CreatedBranch>> {
        if let Some(fault) = self.fault {
            return Err(InvalidInput::new(&routes::CREATE_PROJECT_BRANCH, fault).into());
        }
        let mut body = CreateProjectBranchRequest::default().with_branch(self.branch);
        body.endpoints = (!self.endpoints.is_empty()).then_some(self.endpoints);
        let answer = self
            .neon
            .raw()
            .create_project_branch(&self.project, &body)
            .await?;
        Ok(CreatedBranch::started(&self.neon, answer.into_inner()))
    }
}

/// `None` for times that RFC 3339 has no form for.
fn time_after_now(period: Duration) -> Option<DateTime<Utc>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let time = now.checked_add(period)?;
    let seconds = i64::try_from(time.as_secs()).ok()?;
    DateTime::from_timestamp(seconds, time.subsec_nanos()).filter(|time| time.year() <= 9999)
}

impl IntoFuture for CreateBranch {
    type Output = Result<Started<CreatedBranch>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A branch that was created, with all that was created in it, as the API's answer told it.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// let preview = project.branches().create("preview").with_compute().await?.ready().await?;
/// for endpoint in &preview.endpoints {
///     println!("{} at {}", endpoint.id, endpoint.host);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
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
    /// The connection strings, passwords included; none without a compute endpoint, or where there are
    /// several roles or databases.
    pub connection_uris: Vec<ConnectionDetails>,
}

impl CreatedBranch {
    fn started(neon: &Neon, answer: CreateProjectBranchResponse) -> Started<Self> {
        let CreateProjectBranchResponse {
            branch,
            endpoints,
            roles,
            databases,
            connection_uris,
            operations,
            ..
        } = answer;
        let project = branch.project_id.clone();
        let created = Self {
            branch,
            endpoints,
            roles,
            databases,
            connection_uris: connection_uris.unwrap_or_default(),
        };
        Started::new(neon, project, created, operations)
    }

    /// The connection string of the first role and database, a secret.
    ///
    /// # Errors
    ///
    /// [`Error::NotInAnswer`](crate::Error::NotInAnswer) when the API gave none, as for a branch
    /// without a compute endpoint, or with several roles or databases.
    pub fn connection_uri(&self) -> Result<&Secret> {
        first_connection_uri(&self.connection_uris)
    }
}
