//! Something in the database of each project.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::BoxFuture;
use neon_api_raw::enums::EndpointState;
use neon_api_raw::ids::ProjectId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Fleet;
use super::each::WorkResult;
use super::failure::Failure;
use super::job::sealed::{Base, Items, Sealed};
use super::job::{Job, Work};
use super::state::FleetState;
use crate::Result;
use crate::call::{IntoId, maybe};
use crate::connection_string::ConnectionString;
use crate::error::Error;
use crate::resources::branches::BranchHandle;
use crate::resources::endpoints::EndpointHandle;
use crate::workflows::finished;

/// How many computes are awake at a time by default.
const AWAKE: usize = 10;

/// The caller's work in one database.
type Task<T> = Arc<dyn Fn(Target) -> BoxFuture<'static, WorkResult<T>> + Send + Sync>;

/// Work in the database of each project, made by [`Fleet::migrate`].
pub struct Migrate<T> {
    projects: Vec<ProjectId>,
    task: Task<T>,
    database: Option<String>,
    role: Option<String>,
    timeout: Option<Duration>,
    suspend: bool,
    ca: Option<Vec<u8>>,
    is_plain: bool,
}

/// A database that can be connected to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Target {
    /// The default branch of the project.
    pub branch: BranchHandle,
    /// The direct connection string, with which a login has just succeeded; its password is a secret.
    pub connection: ConnectionString,
    /// Whether the compute was suspended before.
    pub was_asleep: bool,
}

/// A project in whose database the work is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Migrated<T> {
    /// What the work returned.
    pub value: T,
    /// Whether the compute was suspended before.
    pub was_asleep: bool,
    /// Whether it was suspended again afterwards.
    pub was_suspended: bool,
}

impl Fleet {
    /// Works in the database of each of these projects, on the default branch: waits until it can be
    /// connected to, which wakes its compute, and runs the work with the connection string. The items
    /// of the job are the IDs of the projects. At most as many computes are woken at once as the
    /// [concurrency](Job::concurrency) is: 10 by default.
    ///
    /// For each project it lists the branches (`listProjectBranches`) and then does what
    /// [`connectable`](crate::branches::BranchHandle::connectable) does, which takes six requests, or
    /// four if database and role are named, and a login. Afterwards the compute suspends itself when
    /// it has been idle for long enough, or is [suspended at once](Job::suspend_woken).
    ///
    /// Failures of the API and of the login that may pass are tried again when the others are through;
    /// the work's own errors are final. After a resume, the work is done again for projects in which
    /// it may have been begun, so that it has to be idempotent, as migrations that keep their version
    /// in the database are. What it returns is saved with the state of the job, and must
    /// not contain secrets.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// # async fn apply_migrations(_: &str) -> Result<u32, std::io::Error> { Ok(1) }
    /// let fleet = neon.org("org-ocean-art-12345678").fleet();
    /// let tenants = neon.projects().list().org("org-ocean-art-12345678").search("tenant-").await?;
    /// let job = fleet.migrate(&tenants, async |target| {
    ///     let applied = apply_migrations(target.connection.to_uri().expose()).await?;
    ///     Ok(applied)
    /// });
    /// let report = job.database("app").role("app_owner").concurrency(20).await?;
    /// for (project, migrated) in report.done() {
    ///     println!("{project}: {} applied", migrated.value);
    /// }
    /// report.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn migrate<T, F, R>(
        &self,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
        work: F,
    ) -> Job<Migrate<T>>
    where
        T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(Target) -> R + Send + Sync + 'static,
        R: Future<Output = WorkResult<T>> + Send + 'static,
    {
        let mut neon = self.neon.clone();
        let projects = super::distinct(&mut neon, projects);
        let work = Migrate {
            projects,
            task: Arc::new(move |target| Box::pin(work(target))),
            database: None,
            role: None,
            timeout: None,
            suspend: false,
            ca: None,
            is_plain: false,
        };
        Job::new(neon, self.org.clone(), work).concurrency(AWAKE)
    }
}

impl<T> Job<Migrate<T>>
where
    Migrate<T>: Work,
{
    /// The database, if branches have several.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.work.database = Some(name.into());
        self
    }

    /// The role, if branches have several.
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.work.role = Some(name.into());
        self
    }

    /// How long it may take until a database can be connected to; by default as long as a wait for
    /// operations ([`wait_timeout`](crate::NeonBuilder::wait_timeout)).
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.work.timeout = Some(time);
        self
    }

    /// Whether computes that were suspended before are suspended again when the work is done, or has
    /// failed (`suspendProjectEndpoint`). By default they suspend themselves. It ends the connections
    /// of others that came meanwhile; a failure of it is no failure of the item.
    pub fn suspend_woken(mut self, suspend: bool) -> Self {
        self.work.suspend = suspend;
        self
    }

    /// Trusts these CA certificates, in PEM or DER, and no others: for stand-ins, as
    /// [for one branch](crate::workflows::EnsureConnectable::ca_certificates).
    pub fn ca_certificates(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.work.ca = Some(certificates.into());
        self
    }

    /// Whether a server on this machine is logged in to without TLS: for stand-ins, as
    /// [for one branch](crate::workflows::EnsureConnectable::plaintext_on_loopback).
    pub fn plaintext_on_loopback(mut self, allow: bool) -> Self {
        self.work.is_plain = allow;
        self
    }
}

maybe! { <T> Job<Migrate<T>> where Migrate<T>: Work;
    maybe_database = database(impl Into<String>);
    maybe_role = role(impl Into<String>);
    maybe_connect_timeout = connect_timeout(Duration);
    maybe_suspend_woken = suspend_woken(bool);
    maybe_ca_certificates = ca_certificates(impl Into<Vec<u8>>);
    maybe_plaintext_on_loopback = plaintext_on_loopback(bool);
}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Migrate<T> {
    async fn one(&self, base: &Base, project: &ProjectId) -> Result<Migrated<T>, Failure> {
        let project = base.neon.project(project);
        let default = project
            .branches()
            .list()
            .find_where(|branch| branch.default);
        let missing = Error::NotInResponse("the project has no default branch");
        let branch = project.branch(&default.await?.ok_or(missing)?);
        let connectable = branch
            .connectable()
            .maybe_database(self.database.as_ref())
            .maybe_role(self.role.as_ref())
            .maybe_timeout(self.timeout)
            .maybe_ca_certificates(self.ca.clone())
            .plaintext_on_loopback(self.is_plain)
            .await?;
        let was_asleep = connectable.endpoint.current_state != EndpointState::Active;
        let endpoint = project.endpoint(&connectable.endpoint);
        let target = Target {
            branch,
            connection: connectable.connection,
            was_asleep,
        };
        let outcome = (self.task)(target).await;
        let was_suspended = self.suspend && was_asleep && suspend(&endpoint).await;
        let value = outcome.map_err(Failure::of_work)?;
        Ok(Migrated {
            value,
            was_asleep,
            was_suspended,
        })
    }
}

/// Suspends a compute; whether that succeeded.
async fn suspend(endpoint: &EndpointHandle) -> bool {
    let suspended = match endpoint.suspend().await {
        Ok(started) => finished(endpoint.neon(), started).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = &suspended {
        tracing::warn!(endpoint = %endpoint.id(), %error, "a compute that a job woke stays awake");
    }
    suspended.is_ok()
}

impl<T> Sealed for Migrate<T> {}

impl<T> Work for Migrate<T>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Done = Migrated<T>;

    type Item = ProjectId;

    const JOB: &'static str = "migrate";

    fn items(
        self: Arc<Self>,
        _: Base,
        _: Arc<FleetState<Migrated<T>>>,
    ) -> BoxFuture<'static, Result<Items<ProjectId>>> {
        Box::pin(async move {
            let projects = self.projects.iter();
            let items = projects.map(|project| (Arc::from(project.as_str()), project.clone()));
            Ok(items.collect())
        })
    }

    fn run(
        self: Arc<Self>,
        base: Base,
        item: Arc<ProjectId>,
        _: u32,
    ) -> BoxFuture<'static, Result<Migrated<T>, Failure>> {
        Box::pin(async move { self.one(&base, &item).await })
    }
}

impl<T> fmt::Debug for Migrate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrate")
            .field("projects", &self.projects.len())
            .field("database", &self.database)
            .field("role", &self.role)
            .field("suspend", &self.suspend)
            .finish_non_exhaustive()
    }
}
