//! Changing a project.

use std::time::Duration;

use neon_api_raw::enums::ProjectAuditLogLevel;
use neon_api_raw::types::{
    DefaultEndpointSettings, PgbouncerSettingsData, PreloadLibraries, Project, ProjectSettingsData,
    ProjectUpdateRequest, ProjectUpdateRequestProject,
};

use super::ProjectHandle;
use crate::call::{Call, maybe, request, started};
use crate::input::{
    self, AllowedIps, Autoscaling, Longest, MOST, MaintenanceWindow, Quota, SuspendTimeout, Unit,
};
use crate::neon::Neon;
use crate::waits::Started;

/// A change of a project. Awaiting it sends the request (`updateProject`); what is not set stays as
/// it is.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let day = Duration::from_secs(24 * 3600);
/// let project = project.update().name("my-renamed-app").history_retention(day).ready().await?;
/// println!("{} keeps {} s", project.name, project.history_retention_seconds);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what its setters refuse, the status 400
/// or 422 for values that the plan or the API does not accept. The request is not retried when its
/// response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While
/// operations lock the project (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateProject {
    project: ProjectHandle,
    change: ProjectUpdateRequestProject,
}

impl UpdateProject {
    pub(super) fn new(project: ProjectHandle) -> Self {
        let change = ProjectUpdateRequestProject::default();
        Self { project, change }
    }

    fn neon(&self) -> &Neon {
        &self.project.neon
    }

    /// The name, 1 to 256 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("project.name", &name, Longest::PROJECT);
        self.project.neon.refuse_if(fault);
        self.change.name = Some(name);
        self
    }

    /// The history retention (point-in-time restore window), rounded down to whole seconds: 0 to 30
    /// days according to the spec; plans may allow less. Less than a second, but for 0, is refused.
    pub fn history_retention(mut self, period: Duration) -> Self {
        match input::whole("history_retention_seconds", period, Unit::Seconds, 0..=MOST) {
            Ok(seconds) => self.change.history_retention_seconds = Some(seconds),
            Err(fault) => self.project.neon.refuse_if(Some(fault)),
        }
        self
    }

    /// The sizes that new endpoints of the project scale between by default; a range that is open
    /// at one end leaves that limit as it is. Ranges that are not in order, or start below 0.25
    /// compute units, fail the call.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let settings = self.endpoint_settings();
        let fault = sizes.into().set(
            &mut settings.autoscaling_limit_min_cu,
            &mut settings.autoscaling_limit_max_cu,
        );
        self.project.neon.refuse_if(fault);
        self
    }

    /// How long new endpoints of the project may be idle before they are suspended: a
    /// [`SuspendTimeout`] or a duration of 1 second to 7 days, in whole seconds; plans may allow
    /// less.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let timeout = timeout.into();
        let fault = timeout.set(&mut self.endpoint_settings().suspend_timeout_seconds);
        self.project.neon.refuse_if(fault);
        self
    }

    /// What the project may use in a month.
    pub fn quota(mut self, quota: Quota) -> Self {
        let fault = quota.set(&mut self.settings().quota);
        self.project.neon.refuse_if(fault);
        self
    }

    /// From where connections are allowed.
    pub fn allowed_ips(mut self, ips: AllowedIps) -> Self {
        self.settings().allowed_ips = Some(ips.into());
        self
    }

    /// When the project may be maintained.
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

    /// Logical replication, which cannot be turned off again, and restarts all compute endpoints of
    /// the project, whose connections end.
    pub fn logical_replication(mut self, enable: bool) -> Self {
        self.settings().enable_logical_replication = Some(enable);
        self
    }

    /// Whether HIPAA compliance is enabled for the project; the plan must allow it.
    pub fn hipaa(mut self, enable: bool) -> Self {
        self.settings().hipaa = Some(enable);
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
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let update = project.update();
    /// update.with(|p| p.settings.get_or_insert_default().hipaa = Some(true)).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut ProjectUpdateRequestProject)) -> Self {
        change(&mut self.change);
        self
    }

    fn settings(&mut self) -> &mut ProjectSettingsData {
        self.change.settings.get_or_insert_default()
    }

    fn endpoint_settings(&mut self) -> &mut DefaultEndpointSettings {
        self.change
            .default_endpoint_settings
            .get_or_insert_default()
    }

    fn call(mut self) -> Call<Started<Project>> {
        let endpoint = self.change.default_endpoint_settings.as_ref();
        let min = endpoint.and_then(|settings| settings.autoscaling_limit_min_cu.as_ref());
        let max = endpoint.and_then(|settings| settings.autoscaling_limit_max_cu.as_ref());
        let fault = input::scaling_order(min, max);
        self.project.neon.refuse_if(fault);
        started!(
            self,
            |this, neon| neon
                .raw()
                .update_project(&this.project.id, &ProjectUpdateRequest::new(this.change))
                .await,
            |response| response.project
        )
    }
}

request!(UpdateProject => Started<Project>);

maybe! { UpdateProject;
    maybe_name = name(impl Into<String>);
    maybe_history_retention = history_retention(Duration);
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_quota = quota(Quota);
    maybe_allowed_ips = allowed_ips(AllowedIps);
    maybe_maintenance_window = maintenance_window(MaintenanceWindow);
    maybe_block_public_connections = block_public_connections(bool);
    maybe_block_vpc_connections = block_vpc_connections(bool);
    maybe_audit_log_level = audit_log_level(ProjectAuditLogLevel);
    maybe_preload_libraries = preload_libraries(PreloadLibraries);
    maybe_logical_replication = logical_replication(bool);
    maybe_pg_setting = pg_setting(impl Into<String>, impl Into<String>);
    maybe_hipaa = hipaa(bool);
    maybe_pgbouncer_settings = pgbouncer_settings(PgbouncerSettingsData);
}
