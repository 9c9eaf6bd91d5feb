//! The builder of an emulator.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::emulator::Emulator;
use crate::log::RequestRecord;
use crate::rate::{self, RateLimit, RateLimitModel};
use crate::server::RunningEmulator;
use crate::server::access::Access;
use crate::state::account::{Organization, OtherUser};
use crate::state::backing::Backing;
use crate::state::limits::Limits;

pub(crate) type Observer = Arc<dyn Fn(&RequestRecord) + Send + Sync>;

/// Configures an [`Emulator`]. Every setting has a default that suits tests.
///
/// ```
/// use std::time::Duration;
/// use neon_api_emulator::{Emulator, RateLimit};
///
/// let emulator = Emulator::builder()
///     .api_key("napi_test")
///     .operation_latency(Duration::from_secs(1)..=Duration::from_secs(3))
///     .rate_limit(RateLimit::Real)
///     .seed(7)
///     .build();
/// # let _ = emulator;
/// ```
#[derive(Clone)]
#[must_use = "nothing happens until the emulator is built or started"]
pub struct Builder {
    pub(crate) api_key: Option<String>,
    pub(crate) latency: RangeInclusive<Duration>,
    pub(crate) rate: rate::Settings,
    pub(crate) seed: u64,
    pub(crate) conflicts: bool,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) users: Vec<OtherUser>,
    pub(crate) limits: Limits,
    pub(crate) org_id_required: bool,
    pub(crate) keep_operations: usize,
    pub(crate) durable: Option<PathBuf>,
    pub(crate) start_time: Option<DateTime<Utc>>,
    pub(crate) log_capacity: usize,
    pub(crate) observer: Option<Observer>,
    pub(crate) access: Access,
    pub(crate) ui: bool,
    /// What is behind the branches, where anything is.
    pub(crate) backing: Option<Arc<dyn Backing>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            api_key: None,
            latency: Duration::from_millis(100)..=Duration::from_millis(300),
            rate: rate::Settings::default(),
            seed: 0,
            conflicts: true,
            organizations: Vec::new(),
            users: Vec::new(),
            limits: Limits::default(),
            org_id_required: false,
            keep_operations: 10_000,
            durable: None,
            start_time: None,
            log_capacity: 100_000,
            observer: None,
            access: Access::default(),
            ui: false,
            backing: None,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is the caller's and may be a real one.
        f.debug_struct("Builder")
            .field("latency", &self.latency)
            .field("rate_limit", &self.rate.limit)
            .field("seed", &self.seed)
            .field("conflicts", &self.conflicts)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Accepts only this key, and those that the API then creates. Default: any non-empty key.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// How long each operation takes, drawn from the seed. With zero, every operation is finished
    /// when it is first returned. Default: 100 to 300 ms.
    pub fn operation_latency(mut self, latency: RangeInclusive<Duration>) -> Self {
        self.latency = latency;
        self
    }

    /// The account's request limits. Default: none.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate.limit = limit;
        self
    }

    /// The burst of the account's bucket, in requests. Window models have no bursts. Default: 40,
    /// as documented.
    pub fn rate_limit_burst(mut self, burst: u32) -> Self {
        self.rate.burst = burst;
        self
    }

    /// The rate limit model of the account, routes and groups of routes. Default: token buckets.
    pub fn rate_limit_model(mut self, model: RateLimitModel) -> Self {
        self.rate.model = model;
        self
    }

    /// The rate limit model of routes and groups of routes, if it differs from the account's.
    /// Default: [`rate_limit_model`](Self::rate_limit_model).
    pub fn route_limit_model(mut self, model: RateLimitModel) -> Self {
        self.rate.route_model = Some(model);
        self
    }

    /// The length of the account's window, for window models: it allows the requests of the limit
    /// in that time, rounded down, but at least one. Default: a minute.
    pub fn rate_limit_window(mut self, window: Duration) -> Self {
        self.rate.window = window;
        self
    }

    /// Whether a 429 of these limits has a `Retry-After` header: the time until the request would
    /// pass if there were no others, rounded up to seconds. Default: no, since there is no evidence
    /// that the API sends it.
    pub fn retry_after(mut self, sent: bool) -> Self {
        self.rate.retry_after = sent;
        self
    }

    /// The seed of IDs, passwords and latencies. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether changes to a project with running operations are rejected with 423. Otherwise the
    /// operations of one branch run sequentially, and those of different branches in parallel.
    /// Default: yes.
    pub fn conflicts(mut self, conflicts: bool) -> Self {
        self.conflicts = conflicts;
        self
    }

    /// Adds an organization to the default one.
    pub fn organization(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        let organization = Organization::new(id.into(), name.into());
        self.organizations.push(organization);
        self
    }

    /// Adds a user with an API key and an organization of their own. All other keys belong to the
    /// default user, `emulated@example.com`.
    pub fn user(mut self, email: impl Into<String>, key: impl Into<String>) -> Self {
        self.users.push(OtherUser {
            email: email.into(),
            key: key.into(),
            memberships: Vec::new(),
        });
        self
    }

    /// Adds a user with an API key who is a member of this organization with this role: `admin`,
    /// `member`, `editor`, `viewer` or `collaborator`.
    pub fn member(
        mut self,
        org_id: impl Into<String>,
        email: impl Into<String>,
        key: impl Into<String>,
        role: impl Into<String>,
    ) -> Self {
        self.users.push(OtherUser {
            email: email.into(),
            key: key.into(),
            memberships: vec![(org_id.into(), role.into())],
        });
        self
    }

    /// Whether listing and creating projects with a personal key and without an organization is
    /// rejected with 400, as the API does for users with several organizations. Default: no; all
    /// projects are listed, and new ones belong to the first organization.
    pub fn org_id_required(mut self, required: bool) -> Self {
        self.org_id_required = required;
        self
    }

    /// How many operations a project keeps beyond those that still run; older ones are forgotten, as
    /// are all half a year after their end. Default: 10,000.
    pub fn keep_operations(mut self, count: usize) -> Self {
        self.keep_operations = count;
        self
    }

    /// Saves the state to this file before a response is sent whenever something has changed, as
    /// [`Emulator::save`] does: whatever was acknowledged is in the file, also after a crash.
    /// Requests that arrive meanwhile are saved together. If the file cannot be written, the
    /// response is 500 and says so. Needs a Tokio runtime.
    pub fn durable(mut self, path: impl Into<PathBuf>) -> Self {
        self.durable = Some(path.into());
        self
    }

    /// The plan limits of the account. Default: none.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The wall clock at the time of building. Default: the real one.
    pub fn start_time(mut self, time: DateTime<Utc>) -> Self {
        self.start_time = Some(time);
        self
    }

    /// How many requests the log keeps. Default: 100,000.
    pub fn request_log(mut self, capacity: usize) -> Self {
        self.log_capacity = capacity;
        self
    }

    /// Serves requests for this host name as well. Servers serve requests for `localhost` and for
    /// addresses; others are rejected with 403, since a web page can make a browser send them by
    /// resolving its own name to this machine.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        let name = name.into().to_ascii_lowercase();
        self.access.hosts.push(name);
        self
    }

    /// Lets web pages of this origin (`http://localhost:3000`) send requests, and read the
    /// responses (CORS). Those of other origins are rejected with 403. Default: none.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.access.origins.push(origin.into());
        self
    }

    /// Whether servers have a page for people, at `/`: organizations, projects, branches, endpoints,
    /// running operations, the last requests, faults and limits, live. See
    /// [`RunningEmulator::ui_url`].
    ///
    /// It needs no API key and shows what all users have, without keys, passwords and bodies of
    /// requests. Such an emulator is only served on loopback addresses: for others,
    /// [`bind`](Self::bind) and [`Emulator::serve`] return an error. Default: no.
    pub fn ui(mut self, ui: bool) -> Self {
        self.ui = ui;
        self
    }

    /// Sets a function that is called with every request after its response.
    pub fn on_request(mut self, observer: impl Fn(&RequestRecord) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Builds an emulator without a socket: see [`Emulator::respond`]. Its clock starts now; if a
    /// runtime's time is paused, build it inside that runtime.
    pub fn build(self) -> Emulator {
        Emulator::from_builder(self, None)
    }

    /// Starts a server on a free port of the loopback interface.
    pub async fn start(self) -> io::Result<RunningEmulator> {
        self.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts a server on this address.
    pub async fn bind(self, address: SocketAddr) -> io::Result<RunningEmulator> {
        self.build().serve(address).await
    }
}
