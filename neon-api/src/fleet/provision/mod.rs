//! A project for each tenant.

mod adopt;
mod create;
mod find;
mod pace;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use neon_api_raw::BoxFuture;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::ProjectCreateRequestProject;
use serde::{Deserialize, Serialize};

use super::Fleet;
use super::each::WorkResult;
use super::failure::Failure;
use super::job::sealed::{Base, Items, Sealed};
use super::job::{Job, Work};
use super::state::FleetState;
use crate::Result;
use crate::call::maybe;
use crate::connection_string::ConnectionString;
use crate::error::Error;
use crate::resources::projects::{CreateProject, ProjectHandle};
use find::Found;
use pace::Pace;

/// Hands a connection string over.
type Deliver = Arc<dyn Fn(Delivery) -> BoxFuture<'static, WorkResult<()>> + Send + Sync>;

/// The provisioning of tenants, made by [`Fleet::provision`].
pub struct Provision {
    tenants: Vec<Arc<Tenant>>,
    deliver: Option<Deliver>,
    allow_partial: bool,
    verify: bool,
    pace: Pace,
}

/// What is wanted.
#[derive(Debug)]
struct Tenant {
    name: Arc<str>,
    project: ProjectCreateRequestProject,
}

/// A tenant, and the projects of its name that were there before.
#[derive(Debug)]
pub struct Item {
    tenant: Arc<Tenant>,
    found: Vec<Found>,
    /// Whether an earlier run may have begun to create it.
    was_begun: bool,
}

/// A tenant that has its project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Provisioned {
    /// The project.
    pub project: ProjectId,
    /// Its default branch; `None` if the project was found, and there was no reason to fetch it.
    pub branch: Option<BranchId>,
    /// Whether this job created it, or may have in the run that was resumed; otherwise it was found.
    pub is_created: bool,
}

/// A tenant whose connection string is handed over.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The name of the tenant and of its project.
    pub tenant: Arc<str>,
    /// The project.
    pub project: ProjectHandle,
    /// The direct connection string of the tenant's database and role; its password is a secret.
    pub connection: ConnectionString,
}

impl Fleet {
    /// Makes sure that each tenant has a project: finds it by its exact name, or creates it with its
    /// first database and role (`listProjects`, `createProject`, `listProjectOperations`). The items
    /// of the job are the names of the tenants, which have to differ, and the projects are created in
    /// the fleet's organization.
    ///
    /// | | requests |
    /// |---|---|
    /// | for all | one for each 400 projects that there are, and one |
    /// | a tenant that is created | 2: the creation, and one poll at a time when most are ready |
    /// | a tenant that is found | none; 2 to 4 if it is [verified](Job::verify), 6 if its connection string is [handed over](Job::deliver) |
    ///
    /// So a job can be run again: what exists is left as it is, whoever created it. If region or
    /// Postgres version of a project that is found differ from what was asked for, the tenant fails.
    ///
    /// Nothing is created twice: not after a lost response, since the project is searched by its name
    /// before it is created again; and not if the process is killed, provided that the job is
    /// [resumed](Job::resume) from its [checkpoint](Job::checkpoint). Only one process at a time may
    /// provision a tenant: the API lets several projects have one name.
    /// [`ensure`](crate::projects::Projects::ensure) is for single projects that many processes
    /// create, at more requests.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// let tenants = ["ada", "bob"].map(|name| {
    ///     let project = neon.projects().create(name).region("aws-us-east-1");
    ///     project.autoscaling(0.25..=2.0).database_name("app").role_name("app_owner")
    /// });
    /// let job = neon.fleet().provision(tenants).deliver(async |tenant| {
    ///     // Into your own store of secrets; again, if it was not yet saved that it was.
    ///     println!("{}: {} characters", tenant.tenant, tenant.connection.to_uri().expose().len());
    ///     Ok(())
    /// });
    /// for (tenant, done) in job.await?.check()? {
    ///     println!("{tenant}: {} (new: {})", done.project, done.is_created);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for what the setters of
    /// [`CreateProject`] refuse and for two tenants of one name;
    /// [`Error::Partial`] if the list of projects is incomplete, since a tenant
    /// that is missing in it would be provisioned twice, unless
    /// [that is allowed](Job::allow_partial). A tenant fails with
    /// [`Error::Ambiguous`] if several projects have its name, and with
    /// [`Error::Differs`] if its project has another region or version.
    pub fn provision(&self, tenants: impl IntoIterator<Item = CreateProject>) -> Job<Provision> {
        let mut neon = self.neon.clone();
        let mut names = HashSet::new();
        let mut all = Vec::new();
        for tenant in tenants {
            let (client, mut project) = tenant.checked();
            if let Some(fault) = client.fault() {
                neon = neon.refusing(fault);
            }
            match &self.org {
                Some(org) => project.org_id = Some(org.clone()),
                None if project.org_id.is_some() => {
                    neon.refuse(
                        "tenants",
                        "neon.org(id).fleet() is for projects of an organization",
                    );
                }
                None => {}
            }
            let name: Arc<str> = project.name.as_deref().unwrap_or_default().into();
            if name.is_empty() {
                neon.refuse("tenants", "each needs a name");
            } else if !names.insert(Arc::clone(&name)) {
                neon.refuse("tenants", "two have the same name");
            }
            all.push(Arc::new(Tenant { name, project }));
        }
        let work = Provision {
            tenants: all,
            deliver: None,
            allow_partial: false,
            verify: false,
            pace: Pace::default(),
        };
        Job::new(neon, self.org.clone(), work)
    }
}

impl Job<Provision> {
    /// Hands over the connection string of each tenant before the tenant is done: to a store of
    /// secrets, since the job keeps none. If the process ends before it is saved that a tenant is
    /// done, it is handed over again.
    ///
    /// Of a project that was found, the database and role of the tenant are ensured before, with the
    /// ones that it has if the tenant names none.
    pub fn deliver<F, R>(mut self, deliver: F) -> Self
    where
        F: Fn(Delivery) -> R + Send + Sync + 'static,
        R: Future<Output = WorkResult<()>> + Send + 'static,
    {
        self.work.deliver = Some(Arc::new(move |delivery| Box::pin(deliver(delivery))));
        self
    }

    /// [`deliver`](Self::deliver), if there is something that does it.
    pub fn maybe_deliver<F, R>(self, deliver: Option<F>) -> Self
    where
        F: Fn(Delivery) -> R + Send + Sync + 'static,
        R: Future<Output = WorkResult<()>> + Send + 'static,
    {
        match deliver {
            Some(deliver) => self.deliver(deliver),
            None => self,
        }
    }

    /// Whether projects that are found are examined: that their operations have finished, and that
    /// they have the database and role of the tenant, which are created otherwise. Those that an
    /// earlier run of the job may have begun always are.
    pub fn verify(mut self, verify: bool) -> Self {
        self.work.verify = verify;
        self
    }

    /// Whether to go on if the API could not reach all projects when they were listed. A tenant whose
    /// project was not reached then gets a second one.
    pub fn allow_partial(mut self, allow: bool) -> Self {
        self.work.allow_partial = allow;
        self
    }
}

maybe! { Job<Provision>;
    maybe_verify = verify(bool);
    maybe_allow_partial = allow_partial(bool);
}

impl Sealed for Provision {}

impl Work for Provision {
    type Done = Provisioned;

    type Item = Item;

    const JOB: &'static str = "provision";

    fn items(
        self: Arc<Self>,
        base: Base,
        earlier: Arc<FleetState<Provisioned>>,
    ) -> BoxFuture<'static, Result<Items<Item>>> {
        Box::pin(async move { self.find_all(&base, &earlier).await })
    }

    fn run(
        self: Arc<Self>,
        base: Base,
        item: Arc<Item>,
        attempt: u32,
    ) -> BoxFuture<'static, Result<Provisioned, Failure>> {
        Box::pin(async move { self.one(&base, &item, attempt).await })
    }
}

impl Provision {
    async fn one(&self, base: &Base, item: &Item, attempt: u32) -> Result<Provisioned, Failure> {
        let tenant = &*item.tenant;
        // An earlier attempt may have created it.
        let searched = match attempt {
            1 => None,
            _ => Some(find::named(&base.neon, base.org.as_ref(), &tenant.name).await?),
        };
        let found = searched.as_ref().unwrap_or(&item.found);
        match found.as_slice() {
            [] => self.create(base, tenant).await,
            [found] => {
                let is_new = item.was_begun || attempt > 1 && item.found.is_empty();
                self.adopt(base, tenant, found, is_new).await
            }
            several => {
                let ids = several.iter().map(|found| found.id.clone()).collect();
                Err(Error::Ambiguous { ids }.into())
            }
        }
    }

    async fn hand_over(
        &self,
        project: ProjectHandle,
        tenant: &Tenant,
        connection: ConnectionString,
    ) -> Result<(), Failure> {
        let Some(deliver) = &self.deliver else {
            return Ok(());
        };
        let delivery = Delivery {
            tenant: Arc::clone(&tenant.name),
            project,
            connection,
        };
        deliver(delivery).await.map_err(Failure::of_work)
    }
}

impl fmt::Debug for Provision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provision")
            .field("tenants", &self.tenants.len())
            .field("allow_partial", &self.allow_partial)
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}
