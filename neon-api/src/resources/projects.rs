//! The projects that a key can see, and creating one.

use std::future::IntoFuture;
use std::ops::RangeInclusive;
use std::time::Duration;

use neon_api_raw::ids::{OrgId, RegionId};
use neon_api_raw::types::{
    Branch, ComputeUnit, ConnectionDetails, CreateProjectResponse, Database,
    DefaultEndpointSettings, Endpoint, PgVersion, Project, ProjectCreateRequest,
    ProjectCreateRequestProject, ProjectCreateRequestProjectBranch, Role,
};
use neon_api_raw::{BoxFuture, Secret, routes};

use super::first_connection_uri;
use crate::Result;
use crate::error::{InputFault, InvalidInput};
use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::{ListProjects, ListSharedProjects};
use crate::waits::Started;

/// All projects that the key can see. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let app = neon.projects().list().search("my-app").try_next().await?;
/// println!("{:?}", app.map(|project| project.id));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Projects {
    neon: Neon,
}

impl Projects {
    pub(crate) fn new(neon: Neon) -> Self {
        Self { neon }
    }

    /// Creates a project, when awaited (`createProject`), in the client's organization if it was set
    /// up with one. The API takes names of 1 to 256 characters. [`CreateProject`] holds what else can
    /// be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let app = neon.projects().create("my-app").region("aws-us-east-1").await?;
    /// println!("{} is on its way", app.project.id);
    /// let app = app.ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, name: impl Into<String>) -> CreateProject {
        let mut project = ProjectCreateRequestProject::default().with_name(name);
        project.org_id = self.neon.default_org().cloned();
        CreateProject {
            neon: self.neon.clone(),
            project,
            fault: None,
        }
    }

    /// Lists projects (`listProjects`), those of the client's organization if it was set up with
    /// one. [`ListProjects`] shows its filters.
    pub fn list(&self) -> Pager<ListProjects> {
        let mut listing = ListProjects::default();
        listing.query.org_id = self.neon.default_org().cloned();
        Pager::new(self.neon.clone(), listing)
    }

    /// Lists the projects that others share with the user (`listSharedProjects`).
    pub fn list_shared(&self) -> Pager<ListSharedProjects> {
        Pager::new(self.neon.clone(), ListSharedProjects::default())
    }
}

/// A project that is to be created. Awaiting it sends the request (`createProject`).
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let app = neon
///     .projects()
///     .create("my-app")
///     .region("aws-us-east-1")
///     .pg_version(17)
///     .autoscaling(0.25..=2.0)
///     .history_retention(Duration::from_secs(24 * 3600))
///     .await?
///     .ready()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the plan's limit is reached,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the region is empty, the limits of
/// autoscaling are none, or the history's period is beyond all bounds. The request is never repeated
/// when its answer is lost: [`outcome_unknown`](crate::Error::outcome_unknown) tells.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateProject {
    neon: Neon,
    project: ProjectCreateRequestProject,
    fault: Option<InputFault>,
}

impl CreateProject {
    /// The region, such as `aws-us-east-1`; the API chooses one where none is named.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        match RegionId::new(region) {
            Ok(region) => self.project.region_id = Some(region),
            Err(error) => {
                self.fault.get_or_insert(InputFault::Id(error));
            }
        }
        self
    }

    /// The organization that is to own the project, in place of the client's
    /// ([`Neon::default_org`](crate::Neon::default_org)).
    pub fn org(mut self, org: impl Into<OrgId>) -> Self {
        self.project.org_id = Some(org.into());
        self
    }

    /// The major version of Postgres: 14 to 19 by the interface of November 2026, 18 where none is
    /// named. The API decides, so that this version of the crate serves for later ones.
    pub fn pg_version(mut self, major: u16) -> Self {
        self.project.pg_version = Some(PgVersion::from(i64::from(major)));
        self
    }

    /// The name of the first branch, 1 to 256 characters; `main` by default.
    pub fn branch_name(mut self, name: impl Into<String>) -> Self {
        self.branch().name = Some(name.into());
        self
    }

    /// The name of the first database; `neondb` by default.
    pub fn database_name(mut self, name: impl Into<String>) -> Self {
        self.branch().database_name = Some(name.into());
        self
    }

    /// The name of the first role; the database's name with `_owner` behind it by default.
    pub fn role_name(mut self, name: impl Into<String>) -> Self {
        self.branch().role_name = Some(name.into());
        self
    }

    /// How far changes can be undone, in whole seconds (parts of one are left out), 0 to 30 days by
    /// the interface; plans may allow less.
    pub fn history_retention(mut self, period: Duration) -> Self {
        if let Ok(seconds) = i64::try_from(period.as_secs()) {
            self.project.history_retention_seconds = Some(seconds);
        } else {
            let rule = "the history's period is longer than the API can hold";
            self.fault.get_or_insert(InputFault::Rule(rule.into()));
        }
        self
    }

    /// The least and the most compute units that endpoints of the project scale between, 0.25 or
    /// more; plans bound the most. Numbers that are not positive or not in order are told by the
    /// await, as [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn autoscaling(mut self, units: RangeInclusive<f64>) -> Self {
        let (least, most) = (*units.start(), *units.end());
        if !(least > 0.0 && least <= most && most.is_finite()) {
            let rule = "autoscaling range must be positive and min <= max, in compute units";
            self.fault.get_or_insert(InputFault::Rule(rule.into()));
            return self;
        }
        let settings = self
            .project
            .default_endpoint_settings
            .get_or_insert_with(DefaultEndpointSettings::default);
        settings.autoscaling_limit_min_cu = Some(ComputeUnit::from(least));
        settings.autoscaling_limit_max_cu = Some(ComputeUnit::from(most));
        self
    }

    /// Sets what has no method of its own.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let app = neon
    ///     .projects()
    ///     .create("my-app")
    ///     .with(|project| project.store_passwords = Some(false))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut ProjectCreateRequestProject)) -> Self {
        change(&mut self.project);
        self
    }

    fn branch(&mut self) -> &mut ProjectCreateRequestProjectBranch {
        self.project
            .branch
            .get_or_insert_with(ProjectCreateRequestProjectBranch::default)
    }

    async fn send(self) -> Result<Started<CreatedProject>> {
        if let Some(fault) = self.fault {
            return Err(InvalidInput::new(&routes::CREATE_PROJECT, fault).into());
        }
        let body = ProjectCreateRequest::new(self.project);
        let answer = self.neon.raw().create_project(&body).await?.into_inner();
        Ok(CreatedProject::started(&self.neon, answer))
    }
}

impl IntoFuture for CreateProject {
    type Output = Result<Started<CreatedProject>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A project that was created, with all that was created in it, as the API's answer told it.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let app = neon.projects().create("my-app").await?.ready().await?;
/// println!("{} with the branch {}", app.project.id, app.branch.name);
/// println!("{}", app.connection_uri()?.expose());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
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
    fn started(neon: &Neon, answer: CreateProjectResponse) -> Started<Self> {
        let CreateProjectResponse {
            project,
            branch,
            endpoints,
            roles,
            databases,
            connection_uris,
            operations,
            ..
        } = answer;
        let id = project.id.clone();
        let created = Self {
            project,
            branch,
            endpoints,
            roles,
            databases,
            connection_uris,
        };
        Started::new(neon, id, created, operations)
    }

    /// The connection string of the first role and database, a secret.
    ///
    /// # Errors
    ///
    /// [`Error::NotInAnswer`](crate::Error::NotInAnswer) when the API gave none;
    /// [`BranchHandle::connection_uri`](crate::BranchHandle::connection_uri) asks for one.
    pub fn connection_uri(&self) -> Result<&Secret> {
        first_connection_uri(&self.connection_uris)
    }
}
