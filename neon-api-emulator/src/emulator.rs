//! The emulator: what it is made of, and what can be done with it.

mod exchange;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use tokio::sync::watch;

use crate::answer::{Delivery, bad_gateway};
use crate::api;
use crate::builder::{Builder, Observer};
use crate::clock::{Clock, Moment};
use crate::faults::Faults;
use crate::log::{RequestLog, RequestRecord};
use crate::rate::Limiter;
use crate::rng::Rng;
use crate::server::RunningEmulator;
use crate::state::account::DEFAULT_ORGANIZATION;
use crate::state::saved::Saved;
use crate::state::{Settings, State};

/// The prefix of every path, as the real API has it.
pub const BASE_PATH: &str = "/api/v2";

const RESPONSE_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");

/// A stand-in for the API. Clones share everything.
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
    /// Whether refusals of the limiter say for how long.
    retry_after: bool,
    log: Mutex<RequestLog>,
    request_ids: Mutex<Rng>,
    faults: Arc<Faults>,
    observer: Option<Observer>,
    /// How many requests there were that may have changed the state.
    changes: watch::Sender<u64>,
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

/// Every change is made under its lock in one go: a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Emulator {
    /// The settings of a new emulator.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts one with default settings on a free port of the loopback interface.
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
                request_ids: Mutex::new(Rng::for_purpose(builder.seed, "request ids")),
                faults,
                observer: builder.observer,
                changes: watch::Sender::new(0),
            }),
        }
    }

    /// Serves on this address until what this answers is dropped. The state is shared.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<RunningEmulator> {
        RunningEmulator::bind(self.clone(), address).await
    }

    /// The id of the organization that is always there, and that owns projects unless told
    /// otherwise.
    pub fn organization_id(&self) -> &'static str {
        DEFAULT_ORGANIZATION
    }

    /// Accepts the open invitations of a user, as they do it in the console. Answers how many there
    /// were; none for an email that is no user's, see [`Builder::user`].
    pub fn accept_invitations(&self, email: &str) -> usize {
        let accepted = self.lock_state().accept_invitations(email, self.now());
        self.changed();
        accepted
    }

    /// Whether an operation has state behind it. The others are answered from their schema.
    pub fn is_stateful(operation_id: &str) -> bool {
        api::is_stateful(operation_id)
    }

    /// What goes wrong on purpose.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The latest requests, the oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        lock(&self.inner.log).records()
    }

    /// How many requests there were for this operation, whatever came of them.
    pub fn count(&self, operation_id: &str) -> u64 {
        lock(&self.inner.log).count(operation_id)
    }

    /// How many requests there were, unknown routes included.
    pub fn total_requests(&self) -> u64 {
        lock(&self.inner.log).total()
    }

    /// Forgets the requests and their counts, and nothing else.
    pub fn clear_requests(&self) {
        lock(&self.inner.log).clear();
    }

    /// Answers a request, without a socket. The path has the prefix [`BASE_PATH`]; scheme and
    /// host, if there are any, do not matter. Waits only where a fault delays the answer. Where a
    /// fault resets the connection or cuts the body off, this is a gateway's answer: 502.
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

    pub(crate) fn saving(&self) -> MutexGuard<'_, ()> {
        lock(&self.inner.saving)
    }

    /// The state, as it is saved.
    pub(crate) fn state_text(&self) -> serde_json::Result<Vec<u8>> {
        // Requests wait only for the copy, not for the text of a large state.
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
