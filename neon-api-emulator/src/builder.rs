//! How an emulator is set up.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::emulator::Emulator;
use crate::log::RequestRecord;
use crate::rate::{self, RateLimit, RateLimitModel};
use crate::server::RunningEmulator;
use crate::state::account::{Organization, OtherUser};
use crate::state::limits::Limits;

pub(crate) type Observer = Arc<dyn Fn(&RequestRecord) + Send + Sync>;

/// The settings of an [`Emulator`]. Each has a default that suits tests.
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
    pub(crate) start_time: Option<DateTime<Utc>>,
    pub(crate) log_capacity: usize,
    pub(crate) observer: Option<Observer>,
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
            start_time: None,
            log_capacity: 100_000,
            observer: None,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is the caller's, and may be a real one.
        f.debug_struct("Builder")
            .field("latency", &self.latency)
            .field("rate_limit", &self.rate.limit)
            .field("seed", &self.seed)
            .field("conflicts", &self.conflicts)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Accepts only this key, and those that the API then creates. Default: any key that is not
    /// empty.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// How long each operation takes, drawn from the seed. Zero makes every operation finished
    /// when it is first seen. Default: 100 to 300 ms.
    pub fn operation_latency(mut self, latency: RangeInclusive<Duration>) -> Self {
        self.latency = latency;
        self
    }

    /// The account's request limits. Default: none.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate.limit = limit;
        self
    }

    /// How many requests the account's bucket lets through at once. Models with windows have no
    /// bursts of their own. Default: 40, as documented.
    pub fn rate_limit_burst(mut self, burst: u32) -> Self {
        self.rate.burst = burst;
        self
    }

    /// How the limits count: those of the account, of routes and of groups of routes. Default: as
    /// token buckets.
    pub fn rate_limit_model(mut self, model: RateLimitModel) -> Self {
        self.rate.model = model;
        self
    }

    /// How the limits of routes and of groups of routes count, if in another way than the
    /// account's. Default: as [`rate_limit_model`](Self::rate_limit_model).
    pub fn route_limit_model(mut self, model: RateLimitModel) -> Self {
        self.rate.route_model = Some(model);
        self
    }

    /// The length of the account's window, for the models that have one: it lets through what the
    /// limit allows in that time, rounded down, at least one request. Default: a minute.
    pub fn rate_limit_window(mut self, window: Duration) -> Self {
        self.rate.window = window;
        self
    }

    /// Whether a 429 by these limits has a `Retry-After` header: the time until the request would
    /// pass if no other did before it, in whole seconds, rounded up. Default: no, as there is no
    /// evidence that the API sends it.
    pub fn retry_after(mut self, sent: bool) -> Self {
        self.rate.retry_after = sent;
        self
    }

    /// Another seed gives other ids, passwords and latencies. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether changes to a project whose operations still run are refused with 423. Without, the
    /// operations of one branch run one after the other, and those of different branches side by
    /// side. Default: yes.
    pub fn conflicts(mut self, conflicts: bool) -> Self {
        self.conflicts = conflicts;
        self
    }

    /// Adds an organization to the one that is always there.
    pub fn organization(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        let organization = Organization::new(id.into(), name.into());
        self.organizations.push(organization);
        self
    }

    /// Adds a user, with a key of theirs and an organization of their own. Every key that is not
    /// somebody else's belongs to the user who is always there, `emulated@example.com`.
    pub fn user(mut self, email: impl Into<String>, key: impl Into<String>) -> Self {
        self.users.push(OtherUser {
            email: email.into(),
            key: key.into(),
            memberships: Vec::new(),
        });
        self
    }

    /// Adds a user, with a key of theirs, who belongs to this organization in this role: `admin`,
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

    /// Whether listing and creating projects with a person's key is refused with 400 where it does
    /// not name an organization, as the API does it for people who have several. Default: no; all
    /// projects are listed, and new ones belong to the first organization.
    pub fn org_id_required(mut self, required: bool) -> Self {
        self.org_id_required = required;
        self
    }

    /// How much the account may have of what the API counts. Default: no limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The wall clock at the moment of building. Default: the real one.
    pub fn start_time(mut self, time: DateTime<Utc>) -> Self {
        self.start_time = Some(time);
        self
    }

    /// How many of the latest requests are remembered. Default: 100,000.
    pub fn request_log(mut self, capacity: usize) -> Self {
        self.log_capacity = capacity;
        self
    }

    /// Is called with every request once it is answered.
    pub fn on_request(mut self, observer: impl Fn(&RequestRecord) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// An emulator without a socket: see [`Emulator::respond`]. Its clock starts now; build it
    /// inside the runtime whose time is paused, if one is.
    pub fn build(self) -> Emulator {
        Emulator::from_builder(self, None)
    }

    /// Serves on a free port of the loopback interface.
    pub async fn start(self) -> io::Result<RunningEmulator> {
        self.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Serves on this address.
    pub async fn bind(self, address: SocketAddr) -> io::Result<RunningEmulator> {
        self.build().serve(address).await
    }
}
