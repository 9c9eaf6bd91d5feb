//! The client.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::ids::{OrgId, ProjectId};

use crate::Result;
#[cfg(feature = "cli")]
use crate::cli::CliContext;
use crate::engine::{Engine, OptionFault, Options, Stats};
use crate::error::ConfigError;
use crate::key::CredentialSource;

/// A client for the Neon platform API.
///
/// Clones share connections, limits, waits and counters, and are cheap: make one client for each key
/// and clone it.
///
/// Its calls run on Tokio, with time and I/O enabled, and panic elsewhere. A client can be used
/// from several runtimes, at once or one after another.
///
/// ```no_run
/// # async fn run() -> Result<(), neon_api::Error> {
/// use neon_api::Neon;
///
/// let neon = Neon::from_env()?; // NEON_API_KEY
/// let app = neon.projects().create("my-app").region("aws-us-east-1").ready().await?;
/// println!("{}", app.connection_uri()?.expose());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Neon {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    raw: neon_api_raw::Client,
    defaults: Defaults,
    origin: Arc<Origin>,
}

/// Where the settings come from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) source: CredentialSource,
    #[cfg(feature = "cli")]
    pub(crate) context: Option<CliContext>,
}

/// Defaults of calls.
#[derive(Debug, Clone)]
pub(crate) struct Defaults {
    pub(crate) org: Option<OrgId>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) wait_timeout: Duration,
}

impl Neon {
    pub(crate) fn new(engine: Engine, defaults: Defaults, origin: Origin) -> Result<Self> {
        let raw = engine.raw().map_err(ConfigError::Client)?;
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                raw,
                defaults,
                origin: Arc::new(origin),
            }),
        })
    }

    /// Returns a client that shares everything with this one and limits the duration of each of its
    /// calls, including rate-limit waits and retries; a zero timeout sends nothing. Without it, a
    /// call ends when its [`RetryPolicy`](crate::RetryPolicy) gives up, and may wait for its permit
    /// indefinitely.
    ///
    /// The error then says so ([`is_timeout`](crate::Error::is_timeout)), and whether the API may
    /// have done what was asked. What the API said before, if it did, is the error's source: a call
    /// that is asked to wait for longer than this fails at once. Each page is a call. Waits for
    /// operations and their polls have bounds of their own ([`Ready::timeout`](crate::Ready::timeout)), and so have the pieces
    /// of a body that is read as a stream ([`read_timeout`](crate::NeonBuilder::read_timeout)).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// use std::time::Duration;
    ///
    /// let hasty = neon.with_call_timeout(Duration::from_secs(2));
    /// match hasty.project(id).get().await {
    ///     Ok(project) => println!("{}", project.name),
    ///     Err(error) if error.is_timeout() => println!("not within two seconds: {error}"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_call_timeout(&self, timeout: Duration) -> Self {
        self.derive(|options| options.set_call_timeout(timeout))
    }

    /// Returns a client that shares everything with this one but has other options.
    pub(crate) fn derive(&self, change: impl FnOnce(&mut Options)) -> Self {
        let engine = self.shared.engine.derive(change);
        let raw = self.shared.raw.with_transport(engine.clone());
        Self {
            shared: Arc::new(Shared {
                engine,
                raw,
                defaults: self.shared.defaults.clone(),
                origin: Arc::clone(&self.shared.origin),
            }),
        }
    }

    /// Returns a client whose calls all fail with this fault and send nothing.
    pub(crate) fn refusing(&self, fault: OptionFault) -> Self {
        self.derive(|options| options.refuse(fault))
    }

    /// Why all calls of this client fail, if they do.
    pub(crate) fn fault(&self) -> Option<OptionFault> {
        self.engine().options()?.fault().cloned()
    }

    /// Makes all calls of this client fail because of an invalid field of the request.
    pub(crate) fn refuse(&mut self, field: &'static str, rule: impl Into<Cow<'static, str>>) {
        let rule = rule.into();
        *self = self.refusing(OptionFault::Field { field, rule });
    }

    /// Returns the counters of this client, its clones and all derived clients.
    pub fn stats(&self) -> Stats {
        self.shared.engine.stats()
    }

    /// Returns the generated client: every operation of the API, one method each. Its calls pass
    /// through the same limits, retries and tracing; `?` converts their errors to
    /// [`Error`](crate::Error).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let response = neon.raw().list_api_keys().await?;
    /// println!("{:?} took {} attempts", response.request_id(), response.attempts());
    /// for key in response.into_inner() {
    ///     println!("{} {}", key.id, key.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw(&self) -> &neon_api_raw::Client {
        &self.shared.raw
    }

    pub(crate) fn default_project_id(&self) -> Option<&ProjectId> {
        self.shared.defaults.project.as_ref()
    }

    /// The organization that the client was configured with, if any, by [`NeonBuilder::org`](crate::NeonBuilder::org) or
    /// `NEON_ORG_ID`. It is the default for creating and listing projects and for consumption.
    pub fn default_org(&self) -> Option<&OrgId> {
        self.shared.defaults.org.as_ref()
    }

    /// Where the client's API key comes from; its `Display` is for people, such as
    /// `profile work (/home/ada/.config/neon/credentials.work.json)`. It does not contain the key.
    ///
    /// ```
    /// use neon_api::{CredentialSource, Neon};
    ///
    /// let neon = Neon::builder().api_key("napi_abc").build()?;
    /// assert_eq!(neon.credential_source(), &CredentialSource::Code);
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn credential_source(&self) -> &CredentialSource {
        &self.shared.origin.source
    }

    /// What the working directory is linked to, if the client was configured from the files of the
    /// official CLI ([`from_cli`](Self::from_cli), [`infer`](Self::infer)) and there is a file
    /// `.neon`. Its organization and project are the client's defaults, unless others were set.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), neon_api::Error> {
    /// use neon_api::{CliBranch, Neon};
    ///
    /// let neon = Neon::from_cli()?;
    /// let branch = neon.cli_context().and_then(|context| context.branch.as_ref());
    /// if let (Some(project), Some(CliBranch::Name(name))) = (neon.default_project(), branch) {
    ///     println!("{:?}", project.branches().find(name).await?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "cli")]
    pub fn cli_context(&self) -> Option<&CliContext> {
        self.shared.origin.context.as_ref()
    }

    pub(crate) fn wait_timeout(&self) -> Duration {
        self.shared.defaults.wait_timeout
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }
}

impl fmt::Debug for Neon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Neon")
            .field("base_url", &self.raw().base_url())
            .field("defaults", &self.shared.defaults)
            .finish_non_exhaustive()
    }
}
