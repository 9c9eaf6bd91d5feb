//! Creating a project.

use std::ops::RangeInclusive;
use std::time::Duration;

use neon_api_raw::ids::{OrgId, RegionId};
use neon_api_raw::types::{
    ComputeUnit, DefaultEndpointSettings, PgVersion, ProjectCreateRequest,
    ProjectCreateRequestProject, ProjectCreateRequestProjectBranch,
};

use super::CreatedProject;
use crate::call::{Call, IntoId, maybe, request};
use crate::neon::Neon;
use crate::waits::Started;

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
}

impl CreateProject {
    pub(super) fn new(neon: Neon, name: String) -> Self {
        let mut project = ProjectCreateRequestProject::default().with_name(name);
        project.org_id = neon.default_org().cloned();
        Self { neon, project }
    }

    /// The region, such as `aws-us-east-1`; the API chooses one where none is named.
    pub fn region(mut self, region: impl IntoId<RegionId>) -> Self {
        self.project.region_id = Some(self.neon.take_id(region));
        self
    }

    /// The organization that is to own the project, in place of the client's
    /// ([`Neon::default_org`](crate::Neon::default_org)).
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        self.project.org_id = Some(self.neon.take_id(org));
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
            let rule = "the period is longer than the API can hold";
            self.neon.refuse("history_retention_seconds", rule);
        }
        self
    }

    /// The least and the most compute units that endpoints of the project scale between, 0.25 or
    /// more; plans bound the most. Numbers that are not positive or not in order are told by the
    /// await, as [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn autoscaling(mut self, units: RangeInclusive<f64>) -> Self {
        let (least, most) = (*units.start(), *units.end());
        if !(least > 0.0 && least <= most && most.is_finite()) {
            let rule = "the range must be positive and min <= max, in compute units";
            self.neon.refuse("autoscaling_limit", rule);
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

    fn call(self) -> Call<Started<CreatedProject>> {
        let body = ProjectCreateRequest::new(self.project);
        Call::new(&self.neon, |neon| async move {
            let response = neon.raw().create_project(&body).await?.into_inner();
            Ok(CreatedProject::started(&neon, response))
        })
    }
}

request!(CreateProject => Started<CreatedProject>);

maybe! { CreateProject;
    maybe_region = region(impl IntoId<RegionId>);
    maybe_org = org(impl IntoId<OrgId>);
    maybe_pg_version = pg_version(u16);
    maybe_branch_name = branch_name(impl Into<String>);
    maybe_database_name = database_name(impl Into<String>);
    maybe_role_name = role_name(impl Into<String>);
    maybe_history_retention = history_retention(Duration);
    maybe_autoscaling = autoscaling(RangeInclusive<f64>);
}
