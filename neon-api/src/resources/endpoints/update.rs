//! Changing a compute endpoint.

use neon_api_raw::enums::EndpointPoolerMode;
use neon_api_raw::ids::BranchId;
use neon_api_raw::types::{
    Endpoint, EndpointSettingsData, EndpointUpdateRequest, EndpointUpdateRequestEndpoint,
    PgSettingsData, Provisioner,
};

use super::EndpointHandle;
use crate::call::{Call, IntoId, maybe, request, started};
use crate::input::{self, Autoscaling, Longest, SuspendTimeout};
use crate::neon::Neon;
use crate::waits::Started;

/// A change of a compute endpoint. Awaiting it sends the request (`updateProjectEndpoint`); what is
/// not set stays as it is. Connections may end, since a change of its settings restarts the
/// endpoint.
///
/// ```no_run
/// # async fn run(endpoint: neon_api::endpoints::EndpointHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let minutes = Duration::from_secs(10 * 60);
/// endpoint.update().autoscaling(1.0..=4.0).suspend_timeout(minutes).ready().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such endpoint,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what its setters refuse. The request is
/// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
/// reports it. While operations lock the project (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateEndpoint {
    endpoint: EndpointHandle,
    change: EndpointUpdateRequestEndpoint,
}

impl UpdateEndpoint {
    pub(super) fn new(endpoint: EndpointHandle) -> Self {
        let change = EndpointUpdateRequestEndpoint::default();
        Self { endpoint, change }
    }

    fn neon(&self) -> &Neon {
        &self.endpoint.neon
    }

    /// The name, 1 to 64 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("endpoint.name", &name, Longest::ENDPOINT);
        self.endpoint.neon.refuse_if(fault);
        self.change.name = Some(name);
        self
    }

    /// The sizes that it scales between; a range that is open at one end leaves that limit as it
    /// is. Ranges that are not in order, or start below 0.25 compute units, fail the call.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let Self { endpoint, change } = &mut self;
        endpoint.neon.refuse_if(sizes.into().set(
            &mut change.autoscaling_limit_min_cu,
            &mut change.autoscaling_limit_max_cu,
        ));
        self
    }

    /// How long it may be idle before it is suspended: a [`SuspendTimeout`] or a duration of 1
    /// second to 7 days, in whole seconds; plans may allow less.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let timeout = timeout.into();
        let fault = timeout.set(&mut self.change.suspend_timeout_seconds);
        self.endpoint.neon.refuse_if(fault);
        self
    }

    /// Whether it is disabled, so that nothing can connect to it.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.change.disabled = Some(disabled);
        self
    }

    /// Whether connections without a password are allowed.
    pub fn passwordless_access(mut self, allow: bool) -> Self {
        self.change.passwordless_access = Some(allow);
        self
    }

    /// A setting of Postgres, such as `statement_timeout`, beside those set before on this builder.
    pub fn pg_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let settings = self.change.settings.get_or_insert_default();
        let all: &mut PgSettingsData = settings.pg_settings.get_or_insert_default();
        all.0.insert(name.into(), value.into());
        self
    }

    /// The settings of Postgres and the libraries that it preloads, in place of those set before on
    /// this builder.
    pub fn settings(mut self, settings: EndpointSettingsData) -> Self {
        self.change.settings = Some(settings);
        self
    }

    /// Whether the endpoint's own host pools connections.
    #[deprecated(
        note = "each endpoint has a pooled host beside its own: `connection_uri(…).pooled(true)`"
    )]
    pub fn pooler_enabled(mut self, enabled: bool) -> Self {
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.change.pooler_enabled = Some(enabled);
        }
        self
    }

    /// The provisioner of computes, such as `k8s-neonvm`; the API chooses one by default.
    pub fn provisioner(mut self, name: impl Into<String>) -> Self {
        self.change.provisioner = Some(Provisioner(name.into()));
        self
    }

    /// How the endpoint's own host pools connections.
    #[deprecated(
        note = "each endpoint has a pooled host beside its own: `connection_uri(…).pooled(true)`"
    )]
    pub fn pooler_mode(mut self, mode: EndpointPoolerMode) -> Self {
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.change.pooler_mode = Some(mode);
        }
        self
    }

    /// Moves the endpoint to this branch of the project.
    #[deprecated(note = "create an endpoint for the other branch")]
    pub fn branch(mut self, branch: impl IntoId<BranchId>) -> Self {
        let endpoint = &mut self.endpoint;
        let (neon, id) = endpoint.neon.given_in(&endpoint.project, branch);
        endpoint.neon = neon;
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.change.branch_id = Some(id);
        }
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(endpoint: neon_api::endpoints::EndpointHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::types::Provisioner;
    ///
    /// let provisioner = Provisioner("k8s-neonvm".to_owned());
    /// endpoint.update().with(|endpoint| endpoint.provisioner = Some(provisioner)).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut EndpointUpdateRequestEndpoint)) -> Self {
        change(&mut self.change);
        self
    }

    fn call(mut self) -> Call<Started<Endpoint>> {
        self.endpoint.neon.refuse_if(input::scaling_order(
            self.change.autoscaling_limit_min_cu.as_ref(),
            self.change.autoscaling_limit_max_cu.as_ref(),
        ));
        started!(
            self,
            |this, neon| {
                let body = EndpointUpdateRequest::new(this.change);
                let endpoint = &this.endpoint;
                neon.raw()
                    .update_project_endpoint(&endpoint.project, &endpoint.id, &body)
                    .await
            },
            |response| response.endpoint
        )
    }
}

request!(UpdateEndpoint => Started<Endpoint>);

maybe! { UpdateEndpoint;
    maybe_name = name(impl Into<String>);
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_disabled = disabled(bool);
    maybe_passwordless_access = passwordless_access(bool);
    maybe_settings = settings(EndpointSettingsData);
    maybe_pooler_enabled = pooler_enabled(bool);
    maybe_pg_setting = pg_setting(impl Into<String>, impl Into<String>);
    maybe_branch = branch(impl IntoId<BranchId>);
    maybe_provisioner = provisioner(impl Into<String>);
    maybe_pooler_mode = pooler_mode(EndpointPoolerMode);
}
