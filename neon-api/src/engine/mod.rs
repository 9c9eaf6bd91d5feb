//! The engine below every call: raw and ergonomic calls, pages and polls all pass through it.
//!
//! A call waits for its permit, is attempted, and is retried ([`run`], [`retry`]) as the table in
//! [`classify`](crate::classify) says, with the delays of [`backoff`], within the bounds of
//! [`policy`] and [`patience`] and the shared [`budget`]. After 423 it stands in the queue of its
//! project ([`locked`]).

mod attempt;
mod audit;
mod background;
mod backoff;
mod blocked;
mod budget;
mod drain;
mod guard;
mod health;
mod locked;
mod metrics;
mod options;
mod patience;
mod permit;
mod policy;
mod recorder;
mod renewal;
mod request_id;
mod retry;
mod run;
mod stats;
mod stream;
mod trace;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use neon_api_raw::transport::{Exchange, Response};
use neon_api_raw::{BoxFuture, Transport, TransportError};
use tokio::time::Instant;

use self::attempt::Bearer;
use self::background::Lanes;
use self::budget::RetryBudget;
use self::drain::Drain;
use self::health::Health;
use self::metrics::Timer;
use self::run::CallRun;
use self::stats::Counters;
use crate::key::Key;
use crate::limiter::Limiter;
use crate::waits::Waiters;

pub use self::audit::{AuditFailure, AuditLog, AuditedChange};
pub use self::blocked::{BlockReason, Blocked, PlannedRequest};
pub use self::drain::{ChangeEnd, ShutdownReport, UnknownChange};
pub(crate) use self::guard::Guards;
pub use self::guard::Protected;
#[cfg(feature = "tools")]
pub(crate) use self::guard::reads as changes_nothing;
#[cfg(feature = "metrics")]
pub(crate) use self::metrics::Instruments;
pub(crate) use self::metrics::Metrics;
pub(crate) use self::options::{Inadmissible, OptionFault, Options};
pub use self::policy::RetryPolicy;
pub use self::recorder::{CallMeta, Recorder};
pub use self::stats::Stats;

/// What the calls of a client share.
pub(crate) struct Shared {
    settings: Settings,
    /// The path of the base URL, which comes before the paths of the operations.
    base_path: Box<str>,
    bearer: Bearer,
    waiters: Arc<Waiters>,
    /// Waits of the background lane, whose polls yield as well.
    background_waiters: Waiters,
    lanes: Lanes,
    drain: Drain,
    budget: RetryBudget,
    health: Health,
    counters: Counters,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the key provider, whose `Debug` is not ours.
        f.debug_struct("Shared")
            .field("transport", &self.settings.transport)
            .field("base_url", &self.settings.base_url)
            .field("limiter", &self.settings.limiter)
            .field("policy", &self.settings.policy)
            .field("attempt_timeout", &self.settings.attempt_timeout)
            .field("read_timeout", &self.settings.read_timeout)
            .finish_non_exhaustive()
    }
}

/// Parts of the engine that its user chooses.
pub(crate) struct Settings {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) base_url: Arc<str>,
    pub(crate) key: Key,
    pub(crate) limiter: Arc<dyn Limiter>,
    pub(crate) policy: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
    /// Timeout for each chunk of a streamed body.
    pub(crate) read_timeout: Duration,
    /// What records each change before it is sent.
    pub(crate) audit: Option<Arc<dyn AuditLog>>,
    pub(crate) metrics: Metrics,
}

/// The engine, as one client or one derived client uses it.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    shared: Arc<Shared>,
    /// The options of a derived client, if any.
    options: Option<Arc<Options>>,
    /// The bounds of a poll's calls, instead of a call timeout.
    poll: Option<Arc<PollBound>>,
}

/// How the calls of a poll are bounded: from their first attempts on, since a permit may be minutes
/// away.
struct PollBound {
    timeout: Duration,
    on_first_attempt: Arc<dyn Fn(Instant) + Send + Sync>,
}

impl fmt::Debug for PollBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollBound")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// How long the retries of one call of a poll may go on, or one attempt if that may take longer.
const POLL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time that one call of a poll may take, whatever an attempt may.
const LONGEST_POLL_TIMEOUT: Duration = Duration::from_secs(300);

impl Engine {
    pub(crate) fn new(settings: Settings) -> Self {
        let base_path = path_of(&settings.base_url);
        let budget = RetryBudget::new(settings.policy.budget);
        Self {
            shared: Arc::new(Shared {
                settings,
                base_path,
                bearer: Bearer::default(),
                waiters: Arc::default(),
                background_waiters: Waiters::default(),
                lanes: Lanes::default(),
                drain: Drain::default(),
                budget,
                health: Health::new(),
                counters: Counters::default(),
            }),
            options: None,
            poll: None,
        }
    }

    /// The same engine for the calls of a poll, which many may share: bounded from their first
    /// attempts on, which it reports, and not by one caller's call timeout.
    pub(crate) fn for_poll(&self, on_first_attempt: Arc<dyn Fn(Instant) + Send + Sync>) -> Self {
        let attempt_timeout = self.shared.settings.attempt_timeout;
        let options = self.options().map(Options::for_poll);
        Self {
            shared: Arc::clone(&self.shared),
            options: options.map(Arc::new),
            poll: Some(Arc::new(PollBound {
                timeout: attempt_timeout.clamp(POLL_TIMEOUT, LONGEST_POLL_TIMEOUT),
                on_first_attempt,
            })),
        }
    }

    /// Whether any request of the client has succeeded.
    pub(crate) fn has_succeeded(&self) -> bool {
        self.shared.health.last_success().is_some()
    }

    /// The waits on operations in this client's lane.
    pub(crate) fn waiters(&self) -> &Waiters {
        if self.is_background() {
            &self.shared.background_waiters
        } else {
            &self.shared.waiters
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.settings.metrics
    }

    pub(crate) fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// The generated client over this engine.
    pub(crate) fn raw(&self) -> Result<neon_api_raw::Client, neon_api_raw::client::ConfigError> {
        neon_api_raw::Client::builder()
            .base_url(&*self.shared.settings.base_url)
            .transport(self.clone())
            .build()
    }
}

impl Transport for Engine {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let span = trace::call_span(&call);
        let route = call.route;
        let mut run = CallRun::new(self, call, span.clone());
        let run = async move {
            let mut timer = Timer::call(self.metrics(), route);
            let outcome = run.repeat().await;
            let outcome = run.finish(outcome);
            timer.end((&outcome).into());
            outcome
        };
        if span.is_disabled() {
            Box::pin(run)
        } else {
            Box::pin(trace::within(span, run))
        }
    }

    fn accepts_uploads(&self) -> bool {
        true
    }
}

/// The wait requested by the headers of a response.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    backoff::retry_after(headers, SystemTime::now)
}

/// The path of a URL, without a slash at its end.
fn path_of(url: &str) -> Box<str> {
    let uri = url.parse::<http::Uri>().unwrap_or_default();
    uri.path().trim_end_matches('/').into()
}
