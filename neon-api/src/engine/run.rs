//! One call on its way through the engine.

use std::error::Error;
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use neon_api_raw::transport::{Answer, Call, FailureKind};
use neon_api_raw::{ApiError, BoxFuture, TransportError};
use tokio::time::Instant;
use tracing::Span;

use super::classify::{Cause, cause};
use super::locked::Turn;
use super::request_id::RequestId;
use super::{Engine, Shared, attempt, backoff, trace};
use crate::clock;
use crate::key::{Key, KeyProvider};
use crate::limiter::Outcome as LimiterOutcome;

pub(super) type Outcome = Result<Answer, TransportError>;

/// A call, from its first wait to its last answer. What is rarely waited for is boxed where it is
/// awaited, so that the future of every call stays small.
pub(super) struct CallRun<'a> {
    pub(super) engine: &'a Engine,
    pub(super) shared: &'a Shared,
    pub(super) call: Call,
    /// Kept, since the current span is the caller's where this one is filtered out.
    pub(super) span: Span,
    deadline: Option<Instant>,
    pub(super) attempts: u32,
    /// Repetitions after other causes than 423, which set the backoff.
    repetitions: u32,
    /// Time since the first attempt that does not count: turns and locks.
    pub(super) uncounted: Duration,
    first_attempt: Option<Instant>,
    /// The place of the call among all, in order of arrival.
    pub(super) number: u64,
    pub(super) turn: Option<Turn>,
    /// When the call was first at the head of its project's queue.
    pub(super) locked_since: Option<Instant>,
    /// Answers 423 since operations were last waited for.
    pub(super) lockouts: u32,
    may_have_happened: bool,
    /// Of the latest attempt.
    request_id: Option<RequestId>,
    /// What came of the attempt before, which tells more than a deadline that passes after it.
    before: Option<Box<dyn Error + Send + Sync>>,
}

impl<'a> CallRun<'a> {
    pub(super) fn new(engine: &'a Engine, call: Call, span: Span) -> Self {
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
            before: None,
        }
    }

    /// Attempts the call until its outcome is one to be kept.
    pub(super) async fn repeat(&mut self) -> Outcome {
        if self.may_queue() {
            Box::pin(self.join_queue_if_there_is_one()).await?;
        }
        loop {
            let outcome = self.attempt().await?;
            let Some(cause) = cause(self.call.operation, &outcome) else {
                return outcome;
            };
            if let Some(outcome) = Box::pin(self.wait_to_repeat(cause, outcome)).await {
                return outcome;
            }
        }
    }

    /// Attempts the call once, when it is its turn.
    async fn attempt(&mut self) -> Result<Outcome, TransportError> {
        let settings = &self.shared.settings;
        // Before the turn: a key that takes a while would let the turns of others pile up, and
        // then send them all at once.
        let mut authorization = match &settings.key {
            Key::Fixed(authorization) => authorization.clone(),
            Key::Provided(provider) => Box::pin(self.authorization(&**provider)).await?,
        };
        let mut has_waited = self.wait_for_turn().await?;
        // Earlier changes may have been locked out while this one waited, and are to go first.
        if self.may_queue() && Box::pin(self.join_queue_if_there_is_one()).await? {
            self.wait_for_turn().await?;
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
        }
        let id = RequestId::new();
        self.request_id = Some(id);
        let call = attempt::prepare(&self.call, authorization, id);

        // What a dropped call has sent is sent: it is counted before.
        self.attempts += 1;
        self.shared.counters.request(self.attempts > 1);
        let noted = self.note_change();
        let sending = attempt::send(settings, call, self.end_from(sent_at));
        let mut outcome = match &self.turn {
            None => sending.await,
            Some(turn) => Box::pin(turn.keep(sending)).await,
        };
        if matches!(&outcome, Err(e) if e.kind() == FailureKind::NotSent) {
            self.shared.counters.not_sent(self.attempts > 1);
            self.attempts -= 1;
        }
        trace::attempt(self.call.operation, id, self.attempts, sent_at, &outcome);
        if !may_have_changed(&outcome) {
            self.forget_change(noted);
        }
        self.observe(sent_at, &mut outcome);
        Ok(outcome)
    }

    /// When an attempt that begins now is given up.
    fn end_from(&self, now: Instant) -> Instant {
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

    /// What the key has become during a wait, if the provider knows without one of its own.
    async fn authorization_at_once(&self) -> Option<HeaderValue> {
        let Key::Provided(provider) = &self.shared.settings.key else {
            return None;
        };
        let key = at_once(&mut provider.key()).await?.ok()?;
        self.shared.bearer.header(&key).ok()
    }

    /// Waits for a turn of the limiter; `true` when that took a while.
    async fn wait_for_turn(&mut self) -> Result<bool, TransportError> {
        let mut turn = self.shared.settings.limiter.permit(self.call.operation);
        if at_once(&mut turn).await.is_some() {
            return Ok(false);
        }
        Box::pin(self.wait_longer_for_turn(turn)).await?;
        Ok(true)
    }

    async fn wait_longer_for_turn(
        &mut self,
        turn: BoxFuture<'_, ()>,
    ) -> Result<(), TransportError> {
        let since = Instant::now();
        let wait = self.within_deadline(turn);
        match &self.turn {
            None => wait.await?,
            Some(turn) => turn.keep(wait).await?,
        }
        let waited = since.elapsed();
        self.shared.counters.waited_for_turn(waited);
        trace::turn(waited);
        self.uncounted += waited;
        Ok(())
    }

    /// Takes note of an outcome for later calls and for this one's own error.
    fn observe(&mut self, sent_at: Instant, outcome: &mut Outcome) {
        let shared = self.shared;
        let limiter = &shared.settings.limiter;
        match outcome {
            Ok(answer) => {
                answer.attempts = self.attempts;
                if let Some(id) = self.request_id {
                    attempt::name_request(answer, id);
                }
                let mut heard = LimiterOutcome::response(sent_at, answer.status, &answer.headers);
                // An absurd one ends this call, and is no reason to stop the others.
                let longest = shared.settings.policy.longest_retry_after;
                if let Some(time) = asked_by(answer).filter(|time| *time <= longest) {
                    heard = heard.with_retry_after(time);
                }
                limiter.observe(self.call.operation, &heard);
                match answer.status.as_u16() {
                    429 => shared.counters.rate_limited(),
                    423 => shared.counters.locked(),
                    _ if answer.status.is_success() => shared.budget.earn(self.attempts),
                    _ => {}
                }
            }
            Err(error) => {
                self.may_have_happened |= error.may_have_happened();
                if error.kind() != FailureKind::NotSent {
                    let heard = LimiterOutcome::no_response(sent_at);
                    limiter.observe(self.call.operation, &heard);
                }
            }
        }
    }

    /// Waits before a repetition. Gives the outcome back where there is to be none.
    async fn wait_to_repeat(&mut self, cause: Cause, outcome: Outcome) -> Option<Outcome> {
        let policy = &self.shared.settings.policy;
        let asked = outcome.as_ref().ok().and_then(asked_by);
        if policy.is_off || asked.is_some_and(|time| time > policy.longest_retry_after) {
            return Some(outcome);
        }
        let goes_on = if self.is_too_long(asked.unwrap_or_default()) {
            Err(out_of_time())
        } else if cause == Cause::Locked {
            self.wait_until_unlocked(asked).await
        } else {
            self.back_off(cause, asked).await
        };
        if matches!(goes_on, Ok(false)) {
            return Some(outcome);
        }
        self.before = Some(match outcome {
            Ok(answer) => ApiError::from(answer).into(),
            Err(error) => error.into(),
        });
        Some(Err(goes_on.err()?))
    }

    /// Waits for as long as the policy says; `false` when its bounds forbid a repetition.
    async fn back_off(
        &mut self,
        cause: Cause,
        asked: Option<Duration>,
    ) -> Result<bool, TransportError> {
        let shared = self.shared;
        let policy = &shared.settings.policy;
        let delay = backoff::delay(policy, self.repetitions).max(asked.unwrap_or_default());
        let since_first = self.first_attempt.map_or(Duration::ZERO, |at| at.elapsed());
        let counted = since_first.saturating_sub(self.uncounted);
        if counted.saturating_add(delay) > policy.max_elapsed {
            return Ok(false);
        }
        // What would come too late is not waited for.
        if self.is_too_long(delay) {
            return Err(out_of_time());
        }
        if cause.is_budgeted() && !shared.budget.pay() {
            return Ok(false);
        }
        self.repetitions += 1;
        trace::retry(cause.name(), delay);
        tokio::time::sleep(delay).await;
        shared.counters.waited_to_retry(delay);
        Ok(true)
    }

    /// Whether the caller's deadline passes before a wait ends.
    fn is_too_long(&self, wait: Duration) -> bool {
        self.deadline
            .is_some_and(|deadline| clock::after(Instant::now(), wait) >= deadline)
    }

    /// The outcome as the caller gets it.
    pub(super) fn finish(&mut self, outcome: Outcome) -> Outcome {
        match outcome {
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
        }
    }

    fn describe(&mut self, error: TransportError) -> TransportError {
        let mut error = error.with_attempts(self.attempts);
        if let Some(id) = self.request_id {
            error = error.with_request_id(id.text());
        }
        if self.may_have_happened {
            error = error.with_possible_effect();
        }
        if error.kind() == FailureKind::Deadline
            && error.source().is_none()
            && let Some(before) = self.before.take()
        {
            error = error.with_source(before);
        }
        error
    }

    /// Runs a wait within the caller's deadline.
    pub(super) async fn within_deadline<T>(
        &self,
        wait: impl Future<Output = T>,
    ) -> Result<T, TransportError> {
        match self.deadline {
            None => Ok(wait.await),
            Some(deadline) => tokio::time::timeout_at(deadline, wait)
                .await
                .map_err(|_| out_of_time()),
        }
    }
}

/// What a future gives when it is polled once, if it is ready then.
async fn at_once<T>(future: &mut BoxFuture<'_, T>) -> Option<T> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn out_of_time() -> TransportError {
    TransportError::new(FailureKind::Deadline)
}

/// Whether an attempt at a change may have changed something.
fn may_have_changed(outcome: &Outcome) -> bool {
    match outcome {
        Ok(answer) => !answer.status.is_client_error(),
        Err(error) => error.may_have_happened(),
    }
}

fn asked_by(answer: &Answer) -> Option<Duration> {
    backoff::retry_after(&answer.headers, SystemTime::now())
}
