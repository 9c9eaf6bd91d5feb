//! Creating a project.

use std::time::Duration;

use neon_api_raw::enums::ProjectAuditLogLevel;
use neon_api_raw::ids::{OrgId, RegionId};
use neon_api_raw::types::{
    DefaultEndpointSettings, PgbouncerSettingsData, PreloadLibraries, ProjectCreateRequest,
    ProjectCreateRequestProject, ProjectCreateRequestProjectBranch, ProjectSettingsData,
    Provisioner, RealtimeOptions,
};

use super::CreatedProject;
use crate::call::{Call, IntoId, maybe, request};
use crate::input::{
    self, AllowedIps, Autoscaling, Longest, MOST, MaintenanceWindow, PgVersion, Quota,
    SuspendTimeout, Unit,
};
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
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what its setters refuse: names that are
/// empty or too long, an empty region, invalid autoscaling limits, a retention period that is too
/// long or less than a second. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateProject {
    neon: Neon,
    project: ProjectCreateRequestProject,
}

impl CreateProject {
    pub(super) fn new(mut neon: Neon, name: String) -> Self {
        neon.refuse_if(input::name("project.name", &name, Longest::PROJECT));
        let mut project = ProjectCreateRequestProject::default().with_name(name);
        project.org_id = neon.default_org().cloned();
        Self { neon, project }
    }

    /// The region, such as `aws-us-east-1` or one of [`input::region`](crate::input::region); the
    /// API chooses one by default.
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

    /// The major version of Postgres, as a number or a constant of [`PgVersion`]: 14 to 19 by the
    /// spec of November 2026, and 18 by default. The API decides, so that later ones can be sent.
    pub fn pg_version(mut self, major: impl Into<PgVersion>) -> Self {
        self.project.pg_version = Some(major.into().into());
        self
    }

    /// The name of the first branch, 1 to 256 characters; `main` by default.
    pub fn branch_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.name", &name, Longest::BRANCH);
        self.neon.refuse_if(fault);
        self.branch().name = Some(name);
        self
    }

    /// Annotates the first branch: a key and a value that lists of branches, and
    /// [`get`](crate::branches::BranchHandle::get), return with it.
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let annotations = self.branch().annotations.get_or_insert_default();
        annotations.0.insert(key.into(), value.into());
        self
    }

    /// Enables Realtime on the first branch, with these options. In beta.
    pub fn realtime(mut self, options: RealtimeOptions) -> Self {
        self.project.realtime = Some(options);
        self
    }

    /// The name of the first database, 1 to 63 bytes of UTF-8; `neondb` by default.
    pub fn database_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.database_name", &name, Longest::POSTGRES);
        self.neon.refuse_if(fault);
        self.branch().database_name = Some(name);
        self
    }

    /// The name of the first role, 1 to 63 bytes of UTF-8; the database's name suffixed with
    /// `_owner` by default.
    pub fn role_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.role_name", &name, Longest::POSTGRES);
        self.neon.refuse_if(fault);
        self.branch().role_name = Some(name);
        self
    }

    /// The history retention (point-in-time restore window), rounded down to whole seconds: 0 to 30
    /// days according to the spec; plans may allow less. Less than a second, but for 0, is refused.
    pub fn history_retention(mut self, period: Duration) -> Self {
        match input::whole("history_retention_seconds", period, Unit::Seconds, 0..=MOST) {
            Ok(seconds) => self.project.history_retention_seconds = Some(seconds),
            Err(fault) => self.neon.refuse_if(Some(fault)),
        }
        self
    }

    /// The sizes that endpoints of the project scale between by default; plans bound the largest.
    /// Ranges that are not in order, or start below 0.25 compute units, fail the call.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let settings = self.endpoint_settings();
        let fault = sizes.into().set(
            &mut settings.autoscaling_limit_min_cu,
            &mut settings.autoscaling_limit_max_cu,
        );
        self.neon.refuse_if(fault);
        self
    }

    /// How long endpoints of the project may be idle before they are suspended: a
    /// [`SuspendTimeout`] or a duration of 1 second to 7 days, in whole seconds; plans may allow
    /// less.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let timeout = timeout.into();
        let fault = timeout.set(&mut self.endpoint_settings().suspend_timeout_seconds);
        self.neon.refuse_if(fault);
        self
    }

    /// Whether the API stores the passwords of roles; it does by default. Without, passwords are in
    /// the responses that create or reset them, and nowhere else.
    pub fn store_passwords(mut self, store: bool) -> Self {
        self.project.store_passwords = Some(store);
        self
    }

    /// What the project may use in a month; without limits by default.
    pub fn quota(mut self, quota: Quota) -> Self {
        let fault = quota.set(&mut self.settings().quota);
        self.neon.refuse_if(fault);
        self
    }

    /// From where connections are allowed; from anywhere by default.
    pub fn allowed_ips(mut self, ips: AllowedIps) -> Self {
        self.settings().allowed_ips = Some(ips.into());
        self
    }

    /// When the project may be maintained; the API chooses by default.
    pub fn maintenance_window(mut self, window: MaintenanceWindow) -> Self {
        self.settings().maintenance_window = Some(window.into());
        self
    }

    /// Whether connections over the public internet are refused, so that those through VPC
    /// endpoints stay.
    pub fn block_public_connections(mut self, block: bool) -> Self {
        self.settings().block_public_connections = Some(block);
        self
    }

    /// Whether connections through VPC endpoints are refused.
    pub fn block_vpc_connections(mut self, block: bool) -> Self {
        self.settings().block_vpc_connections = Some(block);
        self
    }

    /// How much the project writes to its audit log.
    pub fn audit_log_level(mut self, level: ProjectAuditLogLevel) -> Self {
        self.settings().audit_log_level = Some(level);
        self
    }

    /// The libraries that Postgres preloads.
    /// [`preload_libraries`](super::ProjectHandle::preload_libraries) lists those that there are.
    pub fn preload_libraries(mut self, libraries: PreloadLibraries) -> Self {
        self.settings().preload_libraries = Some(libraries);
        self
    }

    /// A setting of Postgres that new endpoints of the project start with, such as
    /// `statement_timeout`, beside those set before on this builder.
    pub fn pg_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let settings = self.endpoint_settings().pg_settings.get_or_insert_default();
        settings.0.insert(name.into(), value.into());
        self
    }

    /// Logical replication, which cannot be turned off again.
    pub fn logical_replication(mut self, enable: bool) -> Self {
        self.settings().enable_logical_replication = Some(enable);
        self
    }

    /// Whether HIPAA compliance is enabled for the project; the plan must allow it.
    pub fn hipaa(mut self, enable: bool) -> Self {
        self.settings().hipaa = Some(enable);
        self
    }

    /// The provisioner of computes, such as `k8s-neonvm`; the API chooses one by default.
    pub fn provisioner(mut self, name: impl Into<String>) -> Self {
        self.project.provisioner = Some(Provisioner(name.into()));
        self
    }

    /// Settings of the connection pooler, in place of those set before on this builder.
    #[deprecated(note = "the API deprecates these settings, with a sunset date of 2026-06-20")]
    pub fn pgbouncer_settings(mut self, settings: PgbouncerSettingsData) -> Self {
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.endpoint_settings().pgbouncer_settings = Some(settings);
        }
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let app = neon
    ///     .projects()
    ///     .create("my-app")
    ///     .with(|project| project.settings.get_or_insert_default().hipaa = Some(true))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut ProjectCreateRequestProject)) -> Self {
        change(&mut self.project);
        self
    }

    fn branch(&mut self) -> &mut ProjectCreateRequestProjectBranch {
        self.project.branch.get_or_insert_default()
    }

    fn endpoint_settings(&mut self) -> &mut DefaultEndpointSettings {
        self.project
            .default_endpoint_settings
            .get_or_insert_default()
    }

    fn settings(&mut self) -> &mut ProjectSettingsData {
        self.project.settings.get_or_insert_default()
    }

    /// The client, which refuses all calls if the input is not valid, and the request's body.
    pub(crate) fn checked(mut self) -> (Neon, ProjectCreateRequestProject) {
        let endpoint = self.project.default_endpoint_settings.as_ref();
        let min = endpoint.and_then(|settings| settings.autoscaling_limit_min_cu.as_ref());
        let max = endpoint.and_then(|settings| settings.autoscaling_limit_max_cu.as_ref());
        let fault = input::scaling_order(min, max);
        self.neon.refuse_if(fault);
        (self.neon, self.project)
    }

    fn call(self) -> Call<Started<CreatedProject>> {
        let (neon, project) = self.checked();
        let body = ProjectCreateRequest::new(project);
        Call::of(neon, |client| async move {
            let neon = client.get();
            let response = neon.raw().create_project(&body).await?.into_inner();
            Ok(CreatedProject::started(&neon, response))
        })
    }
}

request!(CreateProject => Started<CreatedProject>);

maybe! { CreateProject;
    maybe_region = region(impl IntoId<RegionId>);
    maybe_org = org(impl IntoId<OrgId>);
    maybe_pg_version = pg_version(impl Into<PgVersion>);
    maybe_branch_name = branch_name(impl Into<String>);
    maybe_realtime = realtime(RealtimeOptions);
    maybe_database_name = database_name(impl Into<String>);
    maybe_role_name = role_name(impl Into<String>);
    maybe_history_retention = history_retention(Duration);
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_store_passwords = store_passwords(bool);
    maybe_quota = quota(Quota);
    maybe_allowed_ips = allowed_ips(AllowedIps);
    maybe_maintenance_window = maintenance_window(MaintenanceWindow);
    maybe_block_public_connections = block_public_connections(bool);
    maybe_block_vpc_connections = block_vpc_connections(bool);
    maybe_audit_log_level = audit_log_level(ProjectAuditLogLevel);
    maybe_preload_libraries = preload_libraries(PreloadLibraries);
    maybe_logical_replication = logical_replication(bool);
    maybe_annotate = annotate(impl Into<String>, impl Into<String>);
    maybe_pg_setting = pg_setting(impl Into<String>, impl Into<String>);
    maybe_hipaa = hipaa(bool);
    maybe_provisioner = provisioner(impl Into<String>);
    maybe_pgbouncer_settings = pgbouncer_settings(PgbouncerSettingsData);
}
