//! The limiter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use neon_api::raw::{BoxFuture, Route};
use neon_api::{Limiter, Load, Outcome, OutcomeKind};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::builder::RedisLimiterBuilder;
use crate::connections::Connections;
use crate::state::{Running, State, Step, Ticket};

/// How long a background request waits for other processes, at most.
const SPARE: Duration = Duration::from_secs(5);

/// Shares the rate limits of one account between all processes that use the same Redis: see the
/// [documentation of the crate](crate).
///
/// ```no_run
/// use neon_api::Neon;
/// use neon_api_redis::RedisLimiter;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let limiter = RedisLimiter::builder("redis://:secret@10.0.0.5", "acme").build().await?;
/// let neon = Neon::builder().api_key("napi_abc").limiter(limiter).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisLimiter {
    shared: Arc<Shared>,
    /// The task that reports a refusal.
    reporter: Mutex<Option<AbortHandle>>,
}

#[derive(Debug)]
struct Shared {
    connections: Arc<Connections>,
    state: Mutex<State>,
}

impl RedisLimiter {
    /// Settings of a limiter: the URL of Redis, and a name of the account that all processes use.
    pub fn builder(url: impl Into<String>, account: impl Into<String>) -> RedisLimiterBuilder {
        RedisLimiterBuilder::new(url.into(), account.into())
    }

    pub(crate) fn new(connections: Connections, state: State) -> Self {
        Self {
            shared: Arc::new(Shared {
                connections: Arc::new(connections),
                state: Mutex::new(state),
            }),
            reporter: Mutex::default(),
        }
    }

    /// Whether Redis cannot be reached at present. It is noticed by calls that ask for permits.
    pub fn is_away(&self) -> bool {
        self.shared.state().is_away()
    }

    async fn wait(&self, operation: &'static Route) {
        let shared = &*self.shared;
        let mut place = Place {
            ticket: shared.state().join(operation),
            shared,
        };
        loop {
            let step = shared.state().step(&place.ticket, &shared.connections);
            let Step::Wait(until, call) = step else {
                return;
            };
            tokio::select! {
                biased;
                () = shared.drive(call) => {}
                () = place.ticket.wake.notified() => {}
                () = sleep_until(until) => place.ticket.looks += 1,
            }
        }
    }

    /// Reports refusals now, since the next permit may be asked for only after the pause.
    fn report(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        {
            let mut state = self.shared.state();
            if state.is_reporting || state.is_away() {
                return;
            }
            state.is_reporting = true;
        }
        let shared = Reporting(Arc::clone(&self.shared));
        let task = runtime.spawn(async move {
            let shared = &*shared.0;
            loop {
                let call = shared.state().report(&shared.connections, Instant::now());
                let Some(call) = call else {
                    return;
                };
                shared.drive(Some(call)).await;
            }
        });
        let mut reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        *reporter = Some(task.abort_handle());
    }

    /// Waits until other processes wait for nothing.
    async fn wait_for_spare(&self, operation: &'static Route) {
        let shared = &*self.shared;
        let last = Instant::now() + SPARE;
        loop {
            let call = {
                let mut state = shared.state();
                if state.is_away() {
                    return;
                }
                state.ask(&shared.connections, operation, Instant::now())
            };
            if call.is_some() {
                shared.drive(call).await;
            }
            let now = Instant::now();
            let lead_until = shared.state().lead_until;
            if lead_until <= now || now >= last {
                return;
            }
            let wait = lead_until
                .min(now + Duration::from_secs(1))
                .max(now + Duration::from_millis(20));
            sleep_until(wait.min(last)).await;
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the response to a call, and applies it; forever if there is no call.
    async fn drive(&self, call: Option<Running>) {
        let Some(call) = call else {
            return std::future::pending().await;
        };
        let response = call.response.clone().await;
        self.state().apply(&call, response);
    }
}

impl Drop for RedisLimiter {
    fn drop(&mut self) {
        let reporter = self
            .reporter
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = reporter.take() {
            task.abort();
        }
    }
}

/// Gives up the place when the wait ends, or is dropped.
struct Place<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.state().leave(&self.ticket, Instant::now());
    }
}

/// For as long as refusals are reported.
struct Reporting(Arc<Shared>);

impl Drop for Reporting {
    fn drop(&mut self) {
        self.0.state().is_reporting = false;
    }
}

impl Limiter for RedisLimiter {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(self.wait(operation))
    }

    /// Waits while other processes wait for the account, for five seconds at most.
    fn spare<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(self.wait_for_spare(operation))
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        self.shared.state().observe(operation, outcome);
        if outcome.kind() == OutcomeKind::Refused {
            self.report();
        }
    }

    /// Counts the requests of this process.
    fn last_success(&self, operation: &'static Route) -> Option<Instant> {
        self.shared.state().last_success(operation, Instant::now())
    }

    /// The requests of this process that wait, and the rate of the whole account; without Redis, that
    /// of this process.
    fn load(&self) -> Option<Load> {
        let state = self.shared.state();
        Some(Load::new(state.queued(), state.per_second()))
    }
}
