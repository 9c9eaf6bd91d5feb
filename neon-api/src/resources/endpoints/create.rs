//! Creating a compute endpoint.

use neon_api_raw::enums::{EndpointPoolerMode, EndpointType};
use neon_api_raw::ids::{BranchId, ProjectId, RegionId};
use neon_api_raw::types::{
    Endpoint, EndpointCreateRequest, EndpointCreateRequestEndpoint, EndpointSettingsData,
    PgSettingsData, Provisioner,
};

use crate::call::{Call, IntoId, maybe, request, started};
use crate::input::{self, Autoscaling, Longest, SuspendTimeout};
use crate::neon::Neon;
use crate::waits::Started;

/// A compute endpoint that is to be created. Awaiting it sends the request
/// (`createProjectEndpoint`).
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::EndpointType;
/// use neon_api::input::SuspendTimeout;
///
/// let endpoint = branch
///     .endpoints()
///     .create(EndpointType::ReadWrite)
///     .autoscaling(0.5..=4.0)
///     .suspend_timeout(SuspendTimeout::Never)
///     .pg_setting("statement_timeout", "60000")
///     .ready()
///     .await?;
/// println!("{}", endpoint.host);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when the branch has a read-write endpoint already,
/// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the plan's limit is reached,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what its setters refuse. The request is
/// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
/// reports it. While operations lock the project (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateEndpoint {
    neon: Neon,
    project: ProjectId,
    endpoint: EndpointCreateRequestEndpoint,
}

impl CreateEndpoint {
    pub(super) fn new(
        neon: Neon,
        project: ProjectId,
        branch: BranchId,
        kind: EndpointType,
    ) -> Self {
        Self {
            neon,
            project,
            endpoint: EndpointCreateRequestEndpoint::new(branch, kind),
        }
    }

    fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The name, 1 to 64 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.neon
            .refuse_if(input::name("endpoint.name", &name, Longest::ENDPOINT));
        self.endpoint.name = Some(name);
        self
    }

    /// The sizes that it scales between, by default those of the project. Ranges that are not in
    /// order, or start below 0.25 compute units, fail the call.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let Self { neon, endpoint, .. } = &mut self;
        neon.refuse_if(sizes.into().set(
            &mut endpoint.autoscaling_limit_min_cu,
            &mut endpoint.autoscaling_limit_max_cu,
        ));
        self
    }

    /// How long it may be idle before it is suspended, by default as the project has it: a
    /// [`SuspendTimeout`] or a duration of 1 second to 7 days, in whole seconds; plans may allow
    /// less.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let timeout = timeout.into();
        let fault = timeout.set(&mut self.endpoint.suspend_timeout_seconds);
        self.neon.refuse_if(fault);
        self
    }

    /// Whether it is disabled, so that nothing can connect to it.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.endpoint.disabled = Some(disabled);
        self
    }

    /// Whether connections without a password are allowed.
    pub fn passwordless_access(mut self, allow: bool) -> Self {
        self.endpoint.passwordless_access = Some(allow);
        self
    }

    /// A setting of Postgres, such as `statement_timeout`, beside those set before.
    pub fn pg_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let settings = self.endpoint.settings.get_or_insert_default();
        let all: &mut PgSettingsData = settings.pg_settings.get_or_insert_default();
        all.0.insert(name.into(), value.into());
        self
    }

    /// The settings of Postgres and the libraries that it preloads, in place of those set before.
    pub fn settings(mut self, settings: EndpointSettingsData) -> Self {
        self.endpoint.settings = Some(settings);
        self
    }

    /// Whether the endpoint's own host pools connections.
    #[deprecated(
        note = "each endpoint has a pooled host beside its own: `connection_uri(…).pooled(true)`"
    )]
    pub fn pooler_enabled(mut self, enabled: bool) -> Self {
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.endpoint.pooler_enabled = Some(enabled);
        }
        self
    }

    /// The region, which must be that of the project.
    pub fn region(mut self, region: impl IntoId<RegionId>) -> Self {
        self.endpoint.region_id = Some(self.neon.take_id(region));
        self
    }

    /// The provisioner of computes, such as `k8s-neonvm`; the API chooses one by default.
    pub fn provisioner(mut self, name: impl Into<String>) -> Self {
        self.endpoint.provisioner = Some(Provisioner(name.into()));
        self
    }

    /// How the endpoint's own host pools connections.
    #[deprecated(
        note = "each endpoint has a pooled host beside its own: `connection_uri(…).pooled(true)`"
    )]
    pub fn pooler_mode(mut self, mode: EndpointPoolerMode) -> Self {
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.endpoint.pooler_mode = Some(mode);
        }
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::ids::RegionId;
    ///
    /// let region = RegionId::new("aws-us-east-1")?;
    /// let create = branch.endpoints().create_read_only();
    /// create.with(|endpoint| endpoint.region_id = Some(region)).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut EndpointCreateRequestEndpoint)) -> Self {
        change(&mut self.endpoint);
        self
    }

    fn call(mut self) -> Call<Started<Endpoint>> {
        self.neon.refuse_if(input::scaling_order(
            self.endpoint.autoscaling_limit_min_cu.as_ref(),
            self.endpoint.autoscaling_limit_max_cu.as_ref(),
        ));
        started!(
            self,
            |this, neon| {
                let body = EndpointCreateRequest::new(this.endpoint);
                neon.raw()
                    .create_project_endpoint(&this.project, &body)
                    .await
            },
            |response| response.endpoint
        )
    }
}

request!(CreateEndpoint => Started<Endpoint>);

maybe! { CreateEndpoint;
    maybe_name = name(impl Into<String>);
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_disabled = disabled(bool);
    maybe_passwordless_access = passwordless_access(bool);
    maybe_settings = settings(EndpointSettingsData);
    maybe_pooler_enabled = pooler_enabled(bool);
    maybe_pg_setting = pg_setting(impl Into<String>, impl Into<String>);
    maybe_region = region(impl IntoId<RegionId>);
    maybe_provisioner = provisioner(impl Into<String>);
    maybe_pooler_mode = pooler_mode(EndpointPoolerMode);
}
