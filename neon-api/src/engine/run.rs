//! One call on its way through the engine.

use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use http::HeaderValue;
use neon_api_raw::TransportError;
use neon_api_raw::transport::{Exchange, FailureKind, Response};
use tokio::time::Instant;
use tracing::Span;

use super::health::is_never_sent;
use super::locked::Turn;
use super::metrics::Timer;
use super::patience::{Bounds, Patience, out_of_time};
use super::recorder::Recording;
use super::renewal::{SentKey, UNAUTHORIZED};
use super::request_id::RequestId;
use super::retry::{Before, Unreachable, asked_by};
use super::{Engine, Options, Shared, attempt, trace};
use crate::classify::{Verdict, of_failure, of_response};
use crate::clock;
use crate::key::{Key, KeyProvider};
use crate::limiter::{Outcome as LimiterOutcome, OutcomeKind};

pub(super) type Outcome = Result<Response, TransportError>;

/// A call, from its first wait to its last response. Rare waits are boxed where they are awaited,
/// so that the future of every call stays small.
pub(super) struct CallRun<'a> {
    pub(super) engine: &'a Engine,
    pub(super) shared: &'a Shared,
    pub(super) call: Box<Exchange>,
    /// Kept, since the current span is the caller's where this one is filtered out.
    pub(super) span: Span,
    pub(super) deadline: Option<Instant>,
    pub(super) patience: Patience,
    pub(super) attempts: u32,
    /// Retries after other causes than 423, which set the backoff.
    pub(super) retries: u32,
    /// Time since the first attempt that does not count: permits, locks, and the retry budget.
    pub(super) uncounted: Duration,
    /// That of the retry budget alone.
    pub(super) waited_for_budget: Duration,
    pub(super) first_attempt: Option<Instant>,
    /// Since when no connection could be established, if the latest attempt found none.
    pub(super) unreachable: Option<Unreachable>,
    /// The place of the call among all, in order of arrival.
    pub(super) number: u64,
    pub(super) turn: Option<Turn>,
    /// When the call was first at the head of its project's queue.
    pub(super) locked_since: Option<Instant>,
    /// 423 responses since operations were last waited for.
    pub(super) lockouts: u32,
    may_have_happened: bool,
    /// Why the next attempt is a retry, if it is one.
    retried_for: Option<&'static str>,
    /// Of the latest attempt.
    request_id: Option<RequestId>,
    /// The outcome of the previous attempt, which is more informative than a wait that ends the
    /// call after it.
    pub(super) before: Option<Box<Before>>,
    /// Where the call is recorded, if it is.
    pub(super) recording: Option<Box<Recording>>,
    /// The key as it was sent, where it comes from a provider.
    pub(super) key: Option<Box<SentKey>>,
}

impl<'a> CallRun<'a> {
    pub(super) fn new(engine: &'a Engine, call: Exchange, span: Span) -> Self {
        Self {
            engine,
            shared: &engine.shared,
            call: Box::new(call),
            span,
            deadline: engine.options().and_then(Options::next_deadline),
            patience: Patience::default(),
            attempts: 0,
            retries: 0,
            uncounted: Duration::ZERO,
            waited_for_budget: Duration::ZERO,
            first_attempt: None,
            unreachable: None,
            number: engine.shared.waiters.number_call(),
            turn: None,
            locked_since: None,
            lockouts: 0,
            may_have_happened: false,
            retried_for: None,
            request_id: None,
            before: None,
            recording: engine
                .options()
                .and_then(|options| options.recorder.as_ref())
                .map(|recorder| Box::new(Recording::begin(recorder))),
            key: None,
        }
    }

    /// Attempts the call until its outcome is final.
    pub(super) async fn repeat(&mut self) -> Outcome {
        self.admit()?;
        if self.may_queue() {
            Box::pin(self.join_queue_if_there_is_one()).await?;
        }
        loop {
            let outcome = self.attempt().await?;
            if self.may_renew_key(&outcome) && Box::pin(self.renew_key()).await {
                self.retried_for = Some(UNAUTHORIZED);
                continue;
            }
            let Verdict::Retry(cause) = self.verdict(&outcome) else {
                return outcome;
            };
            self.retried_for = Some(cause.name());
            if let Some(outcome) = Box::pin(self.wait_to_retry(cause, outcome)).await {
                return outcome;
            }
        }
    }

    fn verdict(&self, outcome: &Outcome) -> Verdict {
        let operation = self.call.route;
        match outcome {
            Ok(answer) => of_response(operation, answer.status, || answer.is_api_form()),
            Err(error) => of_failure(operation, error),
        }
    }

    /// Attempts the call once, when it has its permit.
    async fn attempt(&mut self) -> Result<Outcome, TransportError> {
        let settings = &self.shared.settings;
        // Before the permit: a slow key would let permits pile up, and their requests would then
        // all be sent together.
        let mut authorization = match &settings.key {
            Key::Fixed(authorization) => authorization.clone(),
            Key::Provided(provider) => match self.newer_key() {
                Some(newer) => newer,
                None => Box::pin(self.authorization(&**provider)).await?,
            },
        };
        let mut has_waited = self.wait_for_turn().await?;
        let id = self.next_request_id();
        if let Some(log) = self.audit() {
            Box::pin(self.record_change(log, &id)).await?;
            has_waited = true;
        }
        if has_waited && let Some(newer) = self.authorization_at_once().await {
            authorization = newer;
        }
        let sent_at = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= sent_at) {
            return Err(out_of_time());
        }
        if self.first_attempt.is_none() {
            self.first_attempt = Some(sent_at);
            self.uncounted = Duration::ZERO;
            if let Some(poll) = &self.engine.poll {
                self.deadline = Some(clock::after(sent_at, poll.timeout));
                (poll.on_first_attempt)(sent_at);
            }
        }
        self.note_key(&authorization);
        let in_flight = self.take_off(&id)?;
        let call = attempt::prepare(&mut self.call, authorization, &id);
        self.request_id = Some(id);

        // Counted before sending, since a dropped call has also sent its request.
        self.attempts += 1;
        self.shared.counters.request(self.attempts > 1);
        let noted = self.note_change();
        let mut timer = Timer::attempt(&settings.metrics, self.call.route, self.retried_for);
        let sending = attempt::send(settings, call, self.end_from(sent_at));
        let mut outcome = match &self.turn {
            None => sending.await,
            Some(turn) => Box::pin(turn.keep(sending)).await,
        };
        if matches!(&outcome, Err(e) if e.kind() == FailureKind::NotSent) {
            self.shared.counters.not_sent(self.attempts > 1);
            self.attempts -= 1;
            timer.cancel();
        }
        timer.end((&outcome).into());
        if let Some(id) = &self.request_id {
            trace::attempt(self.call.route, id, self.attempts, sent_at, &outcome);
        }
        if let Some(in_flight) = in_flight {
            in_flight.end(self.verdict(&outcome) == Verdict::Unknown);
        }
        if !may_have_changed(&outcome) {
            self.forget_change(noted);
        }
        self.observe(sent_at, &mut outcome);
        Ok(outcome)
    }

    /// When an attempt that begins now is given up.
    pub(super) fn end_from(&self, now: Instant) -> Instant {
        let end = clock::after(now, self.shared.settings.attempt_timeout);
        self.deadline.map_or(end, |deadline| deadline.min(end))
    }

    async fn authorization(
        &self,
        provider: &dyn KeyProvider,
    ) -> Result<HeaderValue, TransportError> {
        let wait = attempt::key_within(self.end_from(Instant::now()), provider.key());
        let key = match &self.turn {
            None => wait.await?,
            Some(turn) => turn.keep(wait).await?,
        };
        self.shared.bearer.header(&key)
    }

    /// The current key after a wait, if the provider has it ready.
    async fn authorization_at_once(&self) -> Option<HeaderValue> {
        let Key::Provided(provider) = &self.shared.settings.key else {
            return None;
        };
        let key = at_once(&mut provider.key()).await?.ok()?;
        self.shared.bearer.header(&key).ok()
    }

    /// Records an outcome for later calls and for this one's own error.
    fn observe(&mut self, sent_at: Instant, outcome: &mut Outcome) {
        let shared = self.shared;
        let limiter = &shared.settings.limiter;
        match outcome {
            Ok(answer) => {
                answer.attempts = self.attempts;
                if let Some(id) = &self.request_id {
                    attempt::name_request(answer, id);
                }
                let mut heard = LimiterOutcome::response(sent_at, answer.status, &answer.headers);
                // An excessive one ends this call, and must not stop the others.
                let longest = self.policy().longest_retry_after;
                if let Some(time) = asked_by(answer).filter(|time| *time <= longest) {
                    heard = heard.with_retry_after(time);
                }
                limiter.observe(self.call.route, &heard);
                self.unreachable = None;
                let now = Instant::now();
                if heard.kind() == OutcomeKind::Success {
                    shared.health.success(now);
                    shared.budget.earn(self.attempts, now);
                } else {
                    shared.health.failure(now, Some(answer.status));
                }
                match answer.status.as_u16() {
                    429 => {
                        shared.counters.rate_limited();
                        shared.settings.metrics.rate_limited(self.call.route);
                    }
                    423 => shared.counters.locked(),
                    _ => {}
                }
            }
            Err(error) => {
                self.may_have_happened |= error.may_have_happened();
                self.note_unreachable(error.kind(), sent_at);
                if error.kind() != FailureKind::NotSent {
                    let heard = LimiterOutcome::no_response(sent_at);
                    limiter.observe(self.call.route, &heard);
                    shared.health.failure(Instant::now(), None);
                }
            }
        }
    }

    /// The outcome as the caller gets it.
    pub(super) fn finish(&mut self, outcome: Outcome) -> Outcome {
        let outcome = match (outcome, self.before.take()) {
            // It was sent before: the outcome of that attempt is the outcome of the call.
            (Err(error), Some(before)) if is_never_sent(&error) => before.into_outcome(),
            (outcome, before) => {
                self.before = before;
                outcome
            }
        };
        let outcome = match outcome {
            Ok(answer) => {
                if !self.span.is_disabled() {
                    trace::answered(&self.span, answer.status, self.attempts);
                }
                Ok(answer)
            }
            Err(error) => {
                trace::failed(&self.span, error.kind(), self.attempts);
                Err(self.describe(error))
            }
        };
        self.record(&outcome);
        outcome
    }

    fn describe(&mut self, error: TransportError) -> TransportError {
        let mut error = error.with_attempts(self.attempts);
        if let Some(id) = &self.request_id {
            error = error.with_request_id(id.text());
        }
        if self.may_have_happened {
            error = error.with_possible_effect();
        }
        if error.kind() == FailureKind::Deadline
            && error.source().is_none()
            && let Some(before) = self.before.take()
        {
            error = error.with_source(before.into_source());
        }
        error
    }

    /// The bounds of the call's waits.
    pub(super) fn bounds(&self) -> Bounds<'a> {
        Bounds {
            shared: self.shared,
            operation: self.call.route,
            deadline: self.deadline,
            max_elapsed: self.policy().max_elapsed,
        }
    }
}

/// The output of a future that is ready when polled once.
pub(super) async fn at_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Whether an attempt of a change may have taken effect.
fn may_have_changed(outcome: &Outcome) -> bool {
    match outcome {
        Ok(answer) => !answer.status.is_client_error(),
        Err(error) => error.may_have_happened(),
    }
}
