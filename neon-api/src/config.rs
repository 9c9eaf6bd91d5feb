//! Configuration of a client.

mod connections;
mod debug;
mod environment;
#[cfg(feature = "cli")]
mod files;
mod start;

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::client::{BASE_URL, bearer};
use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::{Secret, Transport};

use crate::call::IntoId;
#[cfg(feature = "cli")]
use crate::cli::CliContext;
#[cfg(feature = "metrics")]
use crate::engine::Instruments;
use crate::engine::{
    AuditLog, Engine, Guards, Metrics, OptionFault, Protected, RetryPolicy, Settings,
};
use crate::error::{CliError, ConfigError, Error, InvalidInput};
use crate::key::{CredentialSource, Key, KeyProvider};
use crate::limiter::{AccountLimiter, Limiter};
use crate::neon::{Defaults, Neon, Origin};

use self::connections::Connections;

/// Configures a [`Neon`] client. Only the API key is required. If a setting is given twice, the last
/// one wins; invalid settings are reported by [`build`](Self::build).
///
/// A duration of `Duration::MAX` means no limit.
///
/// ```
/// use neon_api::{Neon, RetryPolicy};
/// use std::time::Duration;
///
/// let neon = Neon::builder()
///     .api_key("napi_abc")
///     .attempt_timeout(Duration::from_secs(10))
///     .wait_timeout(Duration::from_secs(120))
///     .retry(RetryPolicy::default().max_elapsed(Duration::from_secs(60)))
///     .build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct NeonBuilder {
    key: Option<Key>,
    source: CredentialSource,
    base_url: Option<String>,
    /// Whether the base URL is one that the environment names, and not Neon's own.
    is_host_foreign: bool,
    /// What the files of the CLI say besides.
    #[cfg(feature = "cli")]
    context: Option<CliContext>,
    transport: Option<Arc<dyn Transport>>,
    user_agent: Option<String>,
    max_response_bytes: Option<usize>,
    limiter: Option<Arc<dyn Limiter>>,
    audit: Option<Arc<dyn AuditLog>>,
    #[cfg(feature = "metrics")]
    metrics: Option<Instruments>,
    retry: Option<RetryPolicy>,
    attempt_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    wait_timeout: Option<Duration>,
    org: Option<OrgId>,
    project: Option<ProjectId>,
    /// What is wrong with the key, until another one takes its place.
    key_fault: Option<ConfigError>,
    guards: Guards,
    org_fault: Option<OptionFault>,
    project_fault: Option<OptionFault>,
    /// Why a guard rail would not hold.
    guard_fault: Option<OptionFault>,
    /// What is wrong with the environment.
    fault: Option<ConfigError>,
}

impl NeonBuilder {
    /// Sets the API key, replacing a [provider](Self::key_provider). [`build`](Self::build) fails
    /// if the key is empty, quoted, prefixed with `Bearer`, or not a valid header value.
    pub fn api_key(mut self, key: impl Into<Secret>) -> Self {
        match bearer(&key.into()) {
            Ok(authorization) => {
                self.key = Some(Key::Fixed(authorization));
                self.source = CredentialSource::Code;
                self.key_fault = None;
            }
            Err(fault) => self.key_fault = Some(ConfigError::Client(fault)),
        }
        self
    }

    /// Sets a provider that is asked for the key before each attempt, replacing a fixed
    /// [key](Self::api_key).
    pub fn key_provider(mut self, provider: impl KeyProvider) -> Self {
        self.provided(provider, CredentialSource::Provider);
        self
    }

    /// Overrides the base URL (default `https://console.neon.tech/api/v2`): an absolute URL of http
    /// or https, which includes the path, and has no user, query or fragment. A URL without a path
    /// is accepted, since test servers often serve at the root; the error for a 404 that is not the
    /// API's then suggests that `/api/v2` may be missing.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self.is_host_foreign = false;
        self
    }

    /// Sets the transport that sends the requests, instead of the client's own connections: an HTTP
    /// client that you configured
    /// ([`HttpTransport::with_client`](crate::HttpTransport::with_client)) or an emulator. Rate
    /// limits, retries, timeouts and the key still apply; [`user_agent`](Self::user_agent) and
    /// [`max_response_bytes`](Self::max_response_bytes) belong to the transport and cannot be
    /// combined with this.
    ///
    /// ```
    /// use neon_api::reqwest::{Client, Proxy, redirect, retry};
    /// use neon_api::{HttpTransport, Neon};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder()
    ///     .proxy(Proxy::all("http://proxy.example:3128")?)
    ///     // Like the client's own connections: each attempt is a single request.
    ///     .redirect(redirect::Policy::none())
    ///     .retry(retry::never())
    ///     .build()?;
    /// let transport = HttpTransport::with_client(client);
    /// let neon = Neon::builder().api_key("napi_abc").transport(transport).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The name of your program or library, such as `my-app/1.0`: it is prepended to the
    /// `User-Agent` of all requests, which contains this crate and its version.
    /// [`build`](Self::build) fails if the name is empty or has characters other than visible ASCII
    /// and spaces.
    ///
    /// ```
    /// use neon_api::Neon;
    ///
    /// let neon = Neon::builder().api_key("napi_abc").user_agent("my-app/1.0").build()?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Maximum size of a response body in bytes, greater than 0; 64 MiB by default. A call with a
    /// larger response fails with [`TooLarge`](neon_api_raw::transport::FailureKind::TooLarge) and
    /// is not retried. Bodies read as a stream ([`ByteStream`](crate::ByteStream)) have no limit;
    /// of error bodies, up to 64 KiB are kept.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }

    /// Sets the rate limiter; by default an [`AccountLimiter`] with the documented rates, 700
    /// requests a minute for the account and 40 a second for a route.
    /// [`Unlimited`](crate::Unlimited) disables it.
    ///
    /// Rates apply to an account: share one limiter between all clients of an account, as an `Arc`.
    pub fn limiter(mut self, limiter: impl Limiter) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    /// Sets an audit log, which records each change before it is sent and can refuse it. By default
    /// there is none. See [`AuditLog`].
    pub fn audit(mut self, log: impl AuditLog) -> Self {
        self.audit = Some(Arc::new(log));
        self
    }

    /// Measures the client with a meter of this provider, such as
    /// [`global::meter_provider()`](opentelemetry::global::meter_provider) of OpenTelemetry, which
    /// has to be set before. By default nothing is measured.
    ///
    /// | metric | kind, unit | measures | attributes |
    /// |---|---|---|---|
    /// | `http.client.request.duration` | histogram, s | each attempt, as the HTTP conventions say | `http.request.method`, `http.response.status_code`, `error.type`, `server.address`, `server.port`, `url.template` |
    /// | `neon.client.call.duration` | histogram, s | each call, with its waits and retries | `neon.api.operation`, `http.response.status_code`, `error.type` |
    /// | `neon.client.retries` | counter | attempts that are retries | `neon.api.operation`, `neon.retry.reason` |
    /// | `neon.client.rate_limited` | counter | responses with 429 | `neon.api.operation` |
    /// | `neon.client.permit.wait.duration` | histogram, s | how long a granted permit of the limiter took, 0 included | `neon.api.operation` |
    /// | `neon.client.queue.length` | up-down counter | calls that wait for a permit | |
    /// | `neon.client.operations.wait.duration` | histogram, s | waits for operations ([`Ready`](crate::Ready)) | `neon.wait.outcome` |
    /// | `neon.client.operations` | counter | operations whose end a wait has seen | `neon.operation.action`, `neon.operation.status` |
    ///
    /// No attribute has an ID or a name of a resource, or any other value of a request or response:
    /// actions and statuses of operations that this version does not know are `_OTHER`. `error.type`
    /// is the status from 400 on, a [`FailureKind`](neon_api_raw::transport::FailureKind) such as
    /// `Timeout`, or `Dropped` for a future that was dropped. Polls are calls of their own.
    ///
    /// ```
    /// use neon_api::Neon;
    /// use neon_api::opentelemetry::global;
    ///
    /// let neon = Neon::builder().api_key("napi_abc").metrics(&*global::meter_provider()).build()?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    #[cfg(feature = "metrics")]
    pub fn metrics(
        mut self,
        provider: &(impl opentelemetry::metrics::MeterProvider + ?Sized),
    ) -> Self {
        self.metrics = Some(Instruments::new(provider));
        self
    }

    /// Sets how calls are retried; [`RetryPolicy::default`] by default.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Timeout of one attempt, until its response has been read, greater than 0; 30 seconds by
    /// default. For a body read as a stream ([`ByteStream`](crate::ByteStream)) it ends with the
    /// response headers. A [`KeyProvider`] has the same time before the attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Timeout for each chunk of a body read as a stream ([`ByteStream`](crate::ByteStream)),
    /// greater than 0; 30 seconds by default. When it expires, the stream ends with
    /// [`Timeout`](neon_api_raw::transport::FailureKind::Timeout).
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = Some(timeout);
        self
    }

    /// Default timeout of waits for operations, if a wait does not set its own
    /// [`timeout`](crate::Ready::timeout), which describes how it is counted; 0 or more, 5 minutes
    /// by default.
    pub fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.wait_timeout = Some(timeout);
        self
    }

    fn provided(&mut self, provider: impl KeyProvider, source: CredentialSource) {
        self.key_fault = None;
        self.key = Some(Key::Provided(Arc::new(provider)));
        self.source = source;
    }

    fn take_id<I>(&mut self, id: impl IntoId<I>) -> I {
        let (id, fault) = id.given().checked();
        self.guard_fault = self.guard_fault.take().or(fault);
        id
    }

    /// The organization to create projects in, to list them from and to report the consumption of,
    /// if a call does not set one.
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        let (org, fault) = org.given().checked();
        (self.org, self.org_fault) = (Some(org), fault);
        self
    }

    /// The project of [`Neon::default_project`].
    pub fn project(mut self, project: impl IntoId<ProjectId>) -> Self {
        let (project, fault) = project.given().checked();
        (self.project, self.project_fault) = (Some(project), fault);
        self
    }

    /// Blocks every call that may change something; see [`Neon::read_only`].
    ///
    /// ```
    /// use neon_api::Neon;
    ///
    /// let neon = Neon::builder().api_key("napi_abc").read_only().build()?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn read_only(mut self) -> Self {
        self.guards.read_only();
        self
    }

    /// Blocks every request for a project other than these, or for no project; see
    /// [`Neon::only_projects`].
    pub fn only_projects(
        mut self,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
    ) -> Self {
        let projects = projects.into_iter().map(|id| self.take_id(id)).collect();
        self.guards.only_projects(projects);
        self
    }

    /// Blocks every request that would harm this project, branch or compute endpoint; see
    /// [`Neon::protect`].
    pub fn protect(mut self, thing: impl Into<Protected>) -> Self {
        let thing = thing.into();
        self.guard_fault = self.guard_fault.take().or(thing.fault().cloned());
        self.guards.protect(thing);
        self
    }

    /// Blocks every call that may change something and reports what it would send; see
    /// [`Neon::dry_run`].
    pub fn dry_run(mut self) -> Self {
        self.guards.dry_run();
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with a [`ConfigError`]: there is no key, the key or the base URL is
    /// invalid, an environment variable is not a valid ID or not Unicode, a file of the official CLI
    /// cannot be used, a duration or a size is 0 that must not be, the first delay of the [`RetryPolicy`] is longer than the longest, a
    /// connection setting is combined with a [`transport`](Self::transport), or TLS could not be
    /// configured: no CA certificates, or no TLS provider. [`Error::InvalidInput`]: an ID passed to
    /// [`org`](Self::org), [`project`](Self::project), [`only_projects`](Self::only_projects) or
    /// [`protect`](Self::protect) is not valid.
    pub fn build(self) -> Result<Neon, Error> {
        if let Some(fault) = self.fault.or(self.key_fault) {
            return Err(fault.into());
        }
        let ids = self.org_fault.or(self.project_fault);
        if let Some(fault) = ids.or(self.guard_fault) {
            return Err(InvalidInput::without_route(fault.into()).into());
        }
        let policy = self.retry.unwrap_or_default();
        let attempt_timeout = self.attempt_timeout.unwrap_or(Duration::from_secs(30));
        let read_timeout = self.read_timeout.unwrap_or(Duration::from_secs(30));
        if attempt_timeout.is_zero() || read_timeout.is_zero() {
            let rule = "attempt_timeout, read_timeout: must be greater than zero";
            return Err(ConfigError::Setting(rule).into());
        }
        policy.check().map_err(ConfigError::Setting)?;
        let key = self.key.ok_or(ConfigError::NoKey)?;
        if self.is_host_foreign && self.source.is_of_cli() {
            return Err(ConfigError::Cli(CliError::OtherHost).into());
        }
        let base_url = self.base_url.as_deref().unwrap_or(BASE_URL);
        let connections = Connections {
            user_agent: self.user_agent,
            max_response_bytes: self.max_response_bytes,
        };
        let transport = connections.transport(self.transport, base_url)?;
        let metrics = Metrics::default();
        #[cfg(feature = "metrics")]
        let metrics = self.metrics.map_or(metrics, |own| own.of_client(base_url));
        let engine = Engine::new(Settings {
            transport,
            base_url: base_url.into(),
            key,
            limiter: self
                .limiter
                .unwrap_or_else(|| Arc::new(AccountLimiter::default())),
            policy,
            attempt_timeout,
            read_timeout,
            audit: self.audit,
            metrics,
        });
        let engine = if self.guards.is_empty() {
            engine
        } else {
            engine.derive(|options| options.guards = self.guards)
        };
        let defaults = Defaults {
            org: self.org,
            project: self.project,
            wait_timeout: self.wait_timeout.unwrap_or(Duration::from_secs(300)),
        };
        let origin = Origin {
            source: self.source,
            #[cfg(feature = "cli")]
            context: self.context,
        };
        Neon::new(engine, defaults, origin)
    }
}

#[cfg(test)]
mod tests;
