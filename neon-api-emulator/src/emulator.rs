//! The emulator and its methods.

mod described;
mod exchange;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use tokio::sync::watch;

use crate::answer::{Answer, Delivery, bad_gateway};
use crate::api;
use crate::builder::{Builder, Observer};
use crate::clock::{Clock, Moment};
use crate::error::ApiError;
use crate::faults::Faults;
use crate::log::{LastRequest, LastRequests, RequestLog, RequestRecord};
use crate::persist::Durable;
use crate::rate::{Limiter, ShownLimits};
use crate::rng::Rng;
use crate::server::RunningEmulator;
use crate::server::access::Access;
use crate::state::account::DEFAULT_ORGANIZATION;
use crate::state::saved::Saved;
use crate::state::{Settings, State};

/// The prefix of every path, as in the real API.
pub const BASE_PATH: &str = "/api/v2";

const RESPONSE_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");

/// An emulator of the API. Clones share everything.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use bytes::Bytes;
/// use neon_api_emulator::Emulator;
///
/// let emulator = Emulator::builder().build();
/// let request = http::Request::get("/api/v2/projects")
///     .header("authorization", "Bearer napi_any")
///     .body(Bytes::new())
///     .unwrap();
/// let response = emulator.respond(request).await;
/// assert_eq!(response.status(), 200);
/// assert_eq!(emulator.count("listProjects"), 1);
/// # }
/// ```
#[derive(Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
}

struct Inner {
    api_key: Option<String>,
    seed: u64,
    clock: Clock,
    state: Mutex<State>,
    /// Held while the state is written to a file.
    saving: Mutex<()>,
    limiter: Mutex<Limiter>,
    /// Whether 429 responses have `Retry-After`.
    retry_after: bool,
    log: Mutex<RequestLog>,
    /// What its page shows of requests; `None` without a page.
    last_requests: Option<Mutex<LastRequests>>,
    request_ids: Mutex<Rng>,
    faults: Arc<Faults>,
    observer: Option<Observer>,
    access: Access,
    /// How many requests may have changed the state.
    changes: watch::Sender<u64>,
    /// Where changes are saved before they are acknowledged.
    durable: Option<Durable>,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("seed", &self.inner.seed)
            .field("requests", &self.total_requests())
            .finish_non_exhaustive()
    }
}

impl Default for Emulator {
    fn default() -> Self {
        Builder::default().build()
    }
}

/// Every change is made under its lock in one go: a panic elsewhere leaves no partial change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Emulator {
    /// Returns a builder.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts an emulator with default settings on a free port of the loopback interface.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// let server = neon_api_emulator::Emulator::start().await?;
    /// assert!(server.base_url().ends_with("/api/v2"));
    /// # Ok(()) }
    /// ```
    pub async fn start() -> io::Result<RunningEmulator> {
        Builder::default().start().await
    }

    pub(crate) fn from_builder(builder: Builder, saved: Option<Saved>) -> Self {
        let clock = Clock::new(builder.start_time);
        let clock = saved.as_ref().map_or(clock.clone(), |s| s.clock(clock));
        let faults = Arc::new(Faults::new(builder.seed));
        let settings = Settings {
            seed: builder.seed,
            latency: builder.latency,
            conflicts: builder.conflicts,
            organizations: builder.organizations,
            users: builder.users,
            limits: builder.limits,
            org_id_required: builder.org_id_required,
            backing: builder.backing,
            keep_operations: builder.keep_operations,
        };
        let limiter = Limiter::new(&builder.rate, clock.since_midnight(), clock.now());
        let state = match saved {
            Some(saved) => State::restored(saved, settings, clock.clone(), Arc::clone(&faults)),
            None => State::new(settings, clock.clone(), Arc::clone(&faults)),
        };
        Self {
            inner: Arc::new(Inner {
                api_key: builder.api_key,
                seed: builder.seed,
                clock,
                state: Mutex::new(state),
                saving: Mutex::new(()),
                limiter: Mutex::new(limiter),
                retry_after: builder.rate.retry_after,
                log: Mutex::new(RequestLog::new(builder.log_capacity)),
                last_requests: builder.ui.then(Mutex::default),
                request_ids: Mutex::new(Rng::for_purpose(builder.seed, "request ids")),
                faults,
                observer: builder.observer,
                access: builder.access,
                changes: watch::Sender::new(0),
                durable: builder.durable.map(Durable::new),
            }),
        }
    }

    /// Starts another server on this address, until the result is dropped. The state is shared.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<RunningEmulator> {
        RunningEmulator::bind(self.clone(), address).await
    }

    /// The ID of the default organization, which owns projects if no other is set.
    pub fn organization_id(&self) -> &'static str {
        DEFAULT_ORGANIZATION
    }

    /// Accepts the open invitations of a user, as in the console. Returns their number; 0 if no
    /// user has this email, see [`Builder::user`].
    pub fn accept_invitations(&self, email: &str) -> usize {
        let accepted = self.lock_state().accept_invitations(email, self.now());
        self.changed();
        accepted
    }

    /// Whether an operation has state. The responses of others are samples of their schema.
    pub fn is_stateful(operation_id: &str) -> bool {
        api::is_stateful(operation_id)
    }

    /// The faults to inject.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The logged requests, oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        lock(&self.inner.log).records()
    }

    /// The number of requests for this operation, whatever their result.
    pub fn count(&self, operation_id: &str) -> u64 {
        lock(&self.inner.log).count(operation_id)
    }

    /// The number of requests, including unknown routes.
    pub fn total_requests(&self) -> u64 {
        lock(&self.inner.log).total()
    }

    /// Clears the request log and its counts, and nothing else.
    pub fn clear_requests(&self) {
        lock(&self.inner.log).clear();
    }

    /// Handles a request without a socket. The path has the prefix [`BASE_PATH`]; scheme and host
    /// are ignored. Waits only if a fault delays the response. If a fault resets the connection or
    /// truncates the body, the response is a 502 like that of a gateway.
    pub async fn respond(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (response, delivery) = self.deliver(request).await;
        if delivery == Delivery::Whole {
            return response;
        }
        let id = response.headers().get(RESPONSE_ID).cloned();
        let text = id.as_ref().and_then(|id| id.to_str().ok());
        let mut instead = bad_gateway(text.unwrap_or_default());
        if let Some(id) = id {
            instead.headers_mut().insert(RESPONSE_ID, id);
        }
        instead
    }

    /// Whom its servers serve.
    pub(crate) fn access(&self) -> &Access {
        &self.inner.access
    }

    /// The response to a request that is not served.
    pub(crate) fn forbidden(&self, why: &str) -> Response<Bytes> {
        let id = lock(&self.inner.request_ids).uuid();
        Answer::Error(ApiError::forbidden(why)).into_response(&id, None)
    }

    /// Whether its servers serve the page.
    pub(crate) fn has_ui(&self) -> bool {
        self.inner.last_requests.is_some()
    }

    /// The last requests, the newest first, and how many there were; nothing without a page.
    pub(crate) fn last_requests(&self) -> (Vec<LastRequest>, u64) {
        let last = self.inner.last_requests.as_ref().map(lock);
        last.map(|last| (last.newest(), last.total()))
            .unwrap_or_default()
    }

    pub(crate) fn shown_limits(&self, now: Moment) -> ShownLimits {
        lock(&self.inner.limiter).shown(now)
    }

    /// Whether only one key, and those created through the API, are accepted.
    pub(crate) fn has_api_key(&self) -> bool {
        self.inner.api_key.is_some()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn durable(&self) -> Option<&Durable> {
        self.inner.durable.as_ref()
    }

    pub(crate) fn saving(&self) -> MutexGuard<'_, ()> {
        lock(&self.inner.saving)
    }

    /// The state, as it is saved.
    pub(crate) fn state_text(&self) -> serde_json::Result<Vec<u8>> {
        // Requests wait only for the copy, not for the serialization of a large state.
        let copy = {
            let state = self.lock_state();
            state.to_save(self.inner.clock.now())
        };
        serde_json::to_vec(&copy)
    }

    pub(crate) fn lock_state(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }

    /// Grows with every request that may have changed the state.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    pub(crate) fn changed(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    pub(crate) fn seed_number(&self) -> u64 {
        self.inner.seed
    }
}
