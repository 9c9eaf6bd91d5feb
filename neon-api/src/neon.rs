//! The client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::ids::{OrgId, ProjectId};

use crate::Result;
use crate::config::NeonBuilder;
use crate::operations::{Ready, WaitHandle, Waiters};
use crate::resources::projects::{ProjectHandle, Projects};

/// A client for the Neon platform API.
///
/// Clones share connections, limits and waits, and are cheap: make one client for each key and
/// clone it.
///
/// ```no_run
/// # async fn run() -> Result<(), neon_api::Error> {
/// use neon_api::Neon;
///
/// let neon = Neon::from_env()?; // NEON_API_KEY
/// let app = neon.projects().create("my-app").region("aws-us-east-1").await?.ready().await?;
/// println!("{}", app.connection_uri()?.expose());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Neon {
    shared: Arc<Shared>,
}

struct Shared {
    raw: neon_api_raw::Client,
    defaults: Defaults,
    waiters: Waiters,
}

/// What calls use where they are not told.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) org: Option<OrgId>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) wait_timeout: Duration,
}

impl Neon {
    /// Starts the setting up of a client.
    pub fn builder() -> NeonBuilder {
        NeonBuilder::default()
    }

    /// A client set up by the environment: `NEON_API_KEY`, and optionally `NEON_API_HOST`,
    /// `NEON_ORG_ID` and `NEON_PROJECT_ID`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) when there is no key, or when a variable holds what
    /// no client can work with.
    pub fn from_env() -> Result<Self> {
        Self::builder().env().build()
    }

    pub(crate) fn new(raw: neon_api_raw::Client, defaults: Defaults) -> Self {
        Self {
            shared: Arc::new(Shared {
                raw,
                defaults,
                waiters: Waiters::default(),
            }),
        }
    }

    /// The generated client. Its calls pass through the same limits, retries and tracing.
    pub fn raw(&self) -> &neon_api_raw::Client {
        &self.shared.raw
    }

    /// All projects: creating and listing.
    pub fn projects(&self) -> Projects {
        Projects::new(self.clone())
    }

    /// One project. Nothing is sent until a call is made on it.
    pub fn project(&self, id: impl Into<ProjectId>) -> ProjectHandle {
        ProjectHandle::new(self.clone(), id.into())
    }

    /// The project that the client was set up with, if any.
    pub fn default_project(&self) -> Option<ProjectHandle> {
        let id = self.shared.defaults.project.as_ref()?;
        Some(self.project(id))
    }

    /// The organization that the client was set up with, if any.
    pub fn default_org(&self) -> Option<&OrgId> {
        self.shared.defaults.org.as_ref()
    }

    /// Waits for operations that another process started, or that an earlier wait left behind.
    pub fn wait(&self, handle: WaitHandle) -> Ready<()> {
        Ready::resumed(self.clone(), handle)
    }

    pub(crate) fn wait_timeout(&self) -> Duration {
        self.shared.defaults.wait_timeout
    }

    pub(crate) fn waiters(&self) -> &Waiters {
        &self.shared.waiters
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
