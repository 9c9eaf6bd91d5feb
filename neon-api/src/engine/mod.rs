//! The engine below every call: raw and ergonomic calls, pages and polls all pass through it.
//!
//! A call waits for its turn, is attempted, and is repeated as the table in [`classify`] says, with
//! the delays of [`backoff`], within the bounds of [`policy`] and the shared [`budget`]. After 423
//! it stands in the queue of its project ([`locked`]).

mod attempt;
mod backoff;
mod budget;
mod classify;
mod locked;
mod policy;
mod stats;
mod trace;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use neon_api_raw::transport::{Answer, Call, FailureKind};
use neon_api_raw::{BoxFuture, Transport, TransportError};
use tokio::time::Instant;
use tracing::Span;

use self::budget::RetryBudget;
use self::classify::{Cause, cause};
use self::locked::Turn;
use self::stats::Counters;
use crate::clock;
use crate::key::KeyProvider;
use crate::limiter::{Limiter, Refusal};
use crate::operations::Waiters;

pub use self::policy::RetryPolicy;
pub use self::stats::Stats;

/// What the calls of a client share.
pub(crate) struct Shared {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) base_url: Arc<str>,
    pub(crate) key: Arc<dyn KeyProvider>,
    pub(crate) limiter: Arc<dyn Limiter>,
    pub(crate) policy: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
    pub(crate) waiters: Arc<Waiters>,
    budget: RetryBudget,
    counters: Counters,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the key's provider, whose `Debug` is its author's.
        f.debug_struct("Shared")
            .field("transport", &self.transport)
            .field("base_url", &self.base_url)
            .field("limiter", &self.limiter)
            .field("policy", &self.policy)
            .field("attempt_timeout", &self.attempt_timeout)
            .finish_non_exhaustive()
    }
}

/// Parts of the engine that its user chooses.
pub(crate) struct Settings {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) base_url: Arc<str>,
    pub(crate) key: Arc<dyn KeyProvider>,
    pub(crate) limiter: Arc<dyn Limiter>,
    pub(crate) policy: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
}

/// The engine, as one client or one derived client uses it.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    shared: Arc<Shared>,
    /// How long each call may take as a whole, waiting included.
    call_timeout: Option<Duration>,
}

impl Engine {
    pub(crate) fn new(settings: Settings) -> Self {
        let Settings {
            transport,
            base_url,
            key,
            limiter,
            policy,
            attempt_timeout,
        } = settings;
        let budget = RetryBudget::new(policy.budget);
        Self {
            shared: Arc::new(Shared {
                transport,
                base_url,
                key,
                limiter,
                policy,
                attempt_timeout,
                waiters: Arc::default(),
                budget,
                counters: Counters::default(),
            }),
            call_timeout: None,
        }
    }

    /// The same engine with a bound on each call.
    pub(crate) fn with_call_timeout(&self, timeout: Duration) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            call_timeout: Some(timeout),
        }
    }

    pub(crate) fn waiters(&self) -> &Arc<Waiters> {
        &self.shared.waiters
    }

    pub(crate) fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// The generated client over this engine.
    pub(crate) fn raw(&self) -> Result<neon_api_raw::Client, neon_api_raw::client::ConfigError> {
        neon_api_raw::Client::builder()
            .base_url(&*self.shared.base_url)
            .transport(self.clone())
            .build()
    }
}

impl Transport for Engine {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let span = trace::call_span(&call);
        let run = CallRun::new(self, call, span.clone());
        Box::pin(trace::within(span, run.run()))
    }
}

/// One call on its way through the engine.
struct CallRun<'a> {
    engine: &'a Engine,
    shared: &'a Shared,
    call: Call,
    /// Kept, since the current span is the caller's where this one is filtered out.
    span: Span,
    deadline: Option<Instant>,
    attempts: u32,
    /// Repetitions after other causes than 423, which set the backoff.
    repetitions: u32,
    /// Time since the first attempt that does not count: turns and locks.
    uncounted: Duration,
    first_attempt: Option<Instant>,
    /// The place of the call among all, in order of arrival.
    number: u64,
    turn: Option<Turn>,
    /// When the call was first at the head of its project's queue.
    locked_since: Option<Instant>,
    /// Answers 423 since operations were last waited for.
    lockouts: u32,
    may_have_happened: bool,
    request_id: Option<String>,
}

impl<'a> CallRun<'a> {
    fn new(engine: &'a Engine, call: Call, span: Span) -> Self {
        Self {
            engine,
            shared: &engine.shared,
            call,
            span,
            deadline: engine
                .call_timeout
                .map(|timeout| clock::after(Instant::now(), timeout)),
            attempts: 0,
            repetitions: 0,
            uncounted: Duration::ZERO,
            first_attempt: None,
            number: engine.shared.waiters.number_call(),
            turn: None,
            locked_since: None,
            lockouts: 0,
            may_have_happened: false,
            request_id: None,
        }
    }

    async fn run(mut self) -> Result<Answer, TransportError> {
        let outcome = self.repeat().await;
        self.finish(outcome)
    }

    /// Attempts the call until its outcome is one to be kept.
    async fn repeat(&mut self) -> Result<Answer, TransportError> {
        self.join_queue_if_there_is_one().await?;
        loop {
            let outcome = self.attempt().await?;
            if self.shared.policy.is_off {
                return outcome;
            }
            let Some(cause) = cause(self.call.operation, &outcome) else {
                return outcome;
            };
            let asked = asked_to_wait(&outcome);
            let again = if cause == Cause::Locked {
                self.wait_until_unlocked(asked).await?
            } else {
                self.back_off(cause, asked).await?
            };
            if !again {
                return outcome;
            }
        }
    }

    /// Waits for a turn of the limiter.
    async fn wait_for_turn(&mut self) -> Result<(), TransportError> {
        let waits_since = Instant::now();
        let turn = self.shared.limiter.turn(self.call.operation);
        self.within_deadline(turn).await?;
        let waited = waits_since.elapsed();
        self.shared.counters.waited_for_turn(waited);
        trace::turn(waited);
        self.uncounted += waited;
        Ok(())
    }

    /// Waits for a turn and sends the request once.
    async fn attempt(&mut self) -> Result<Result<Answer, TransportError>, TransportError> {
        let shared = self.shared;
        self.wait_for_turn().await?;
        // Earlier changes may have been locked out while this one waited, and are to go first.
        if self.join_queue_if_there_is_one().await? {
            self.wait_for_turn().await?;
        }

        let sent_at = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= sent_at) {
            return Err(out_of_time());
        }
        if self.first_attempt.is_none() {
            self.first_attempt = Some(sent_at);
            self.uncounted = Duration::ZERO;
        }
        let id = attempt::new_request_id();
        let time = match self.deadline {
            Some(deadline) => shared
                .attempt_timeout
                .min(deadline.saturating_duration_since(sent_at)),
            None => shared.attempt_timeout,
        };
        let mut outcome = attempt::send(shared, self.call.clone(), &id, time).await;
        let was_sent = !matches!(&outcome, Err(e) if is_before_sending(e.kind()));
        if was_sent {
            self.attempts += 1;
            shared.counters.request(self.attempts > 1);
        }
        trace::attempt(&self.call, &id, self.attempts, sent_at.elapsed(), &outcome);
        if let Ok(answer) = &mut outcome {
            name_request(answer, &id);
        }
        self.request_id = Some(id);
        self.observe(sent_at, &mut outcome);
        Ok(outcome)
    }

    /// Takes note of an outcome for later calls and for this one's own error.
    fn observe(&mut self, sent_at: Instant, outcome: &mut Result<Answer, TransportError>) {
        match outcome {
            Ok(answer) => {
                answer.attempts = self.attempts;
                if !answer.status.is_client_error() {
                    self.note_change();
                }
                match answer.status.as_u16() {
                    429 => {
                        self.shared.counters.rate_limited();
                        let mut refusal = Refusal::new(sent_at);
                        // An absurd one ends this call, and is no reason to stop the others.
                        refusal.retry_after = asked_by(answer)
                            .filter(|time| *time <= self.shared.policy.longest_retry_after);
                        self.shared.limiter.refused(self.call.operation, refusal);
                    }
                    423 => self.shared.counters.locked(),
                    _ if answer.status.is_success() => self.shared.budget.earn(self.attempts),
                    _ => {}
                }
            }
            Err(error) if error.may_have_happened() => {
                self.note_change();
                self.may_have_happened = true;
            }
            Err(_) => {}
        }
    }

    /// Waits before a repetition; `false` when the bounds of the policy forbid one.
    async fn back_off(
        &mut self,
        cause: Cause,
        asked: Option<Duration>,
    ) -> Result<bool, TransportError> {
        let shared = self.shared;
        if asked.is_some_and(|time| time > shared.policy.longest_retry_after) {
            return Ok(false);
        }
        let delay = backoff::delay(&shared.policy, self.repetitions).max(asked.unwrap_or_default());
        let since_first = self.first_attempt.map_or(Duration::ZERO, |at| at.elapsed());
        let counted = since_first.saturating_sub(self.uncounted);
        if counted.saturating_add(delay) > shared.policy.max_elapsed {
            return Ok(false);
        }
        if cause.is_budgeted() && !shared.budget.pay() {
            return Ok(false);
        }
        self.repetitions += 1;
        trace::retry(cause.name(), delay);
        shared.counters.waited_to_retry(delay);
        self.within_deadline(tokio::time::sleep(delay)).await?;
        Ok(true)
    }

    /// The outcome as the caller gets it.
    fn finish(&self, outcome: Result<Answer, TransportError>) -> Result<Answer, TransportError> {
        match outcome {
            Ok(answer) => {
                trace::answered(&self.span, answer.status, self.attempts);
                Ok(answer)
            }
            Err(error) => {
                trace::failed(&self.span, error.kind(), self.attempts);
                Err(self.describe(error))
            }
        }
    }

    fn describe(&self, error: TransportError) -> TransportError {
        let mut error = error.with_attempts(self.attempts);
        if let Some(id) = &self.request_id {
            error = error.with_request_id(id);
        }
        if self.may_have_happened {
            error = error.with_possible_effect();
        }
        error
    }

    /// Runs a wait within the caller's deadline.
    async fn within_deadline<T>(&self, wait: impl Future<Output = T>) -> Result<T, TransportError> {
        match self.deadline {
            None => Ok(wait.await),
            Some(deadline) => tokio::time::timeout_at(deadline, wait)
                .await
                .map_err(|_| out_of_time()),
        }
    }
}

fn out_of_time() -> TransportError {
    TransportError::new(FailureKind::Deadline)
}

/// Whether a failure came before anything left the process.
fn is_before_sending(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::NotSent | FailureKind::Deadline)
}

/// Keeps the id that the request carried where the answer names none, as a proxy's.
fn name_request(answer: &mut Answer, id: &str) {
    if let Ok(value) = HeaderValue::try_from(id) {
        let header = answer.headers.entry(attempt::REQUEST_ID);
        header.or_insert(value);
    }
}

fn asked_to_wait(outcome: &Result<Answer, TransportError>) -> Option<Duration> {
    asked_by(outcome.as_ref().ok()?)
}

fn asked_by(answer: &Answer) -> Option<Duration> {
    backoff::retry_after(&answer.headers, SystemTime::now())
}
