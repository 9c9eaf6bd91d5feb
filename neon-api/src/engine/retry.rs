//! The wait between two attempts of a call, and what bounds it.

use std::error::Error;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use neon_api_raw::transport::{FailureKind, Response, ResponseBody};
use neon_api_raw::{ApiError, TransportError};
use tokio::time::{Instant, sleep, timeout};

use super::patience::out_of_time;
use super::run::{CallRun, Outcome};
use super::{backoff, trace};
use crate::classify::Cause;
use crate::clock;

/// How long an unknown host is retried: names do appear, but rarely within seconds.
const UNKNOWN_HOST: Duration = Duration::from_secs(5);

/// A time without connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unreachable {
    since: Instant,
    /// The part of the call's time that did not count before it.
    uncounted: Duration,
}

/// The outcome of an attempt that is retried.
#[derive(Debug)]
pub(super) enum Before {
    Response {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        attempts: u32,
    },
    Failure(TransportError),
}

impl Before {
    fn new(outcome: Outcome) -> Self {
        match outcome {
            Ok(answer) => Self::Response {
                status: answer.status,
                headers: answer.headers,
                // Only successes are streams.
                body: match answer.body {
                    ResponseBody::Whole(body) => body,
                    _ => Bytes::new(),
                },
                attempts: answer.attempts,
            },
            Err(error) => Self::Failure(error),
        }
    }

    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::Response {
                status,
                headers,
                body,
                attempts,
            } => {
                let mut answer = Response::new(status, headers, body);
                answer.attempts = attempts;
                Ok(answer)
            }
            Self::Failure(error) => Err(error),
        }
    }

    pub(super) fn into_source(self) -> Box<dyn Error + Send + Sync> {
        match self.into_outcome() {
            Ok(answer) => ApiError::from(answer).into(),
            Err(error) => error.into(),
        }
    }
}

impl CallRun<'_> {
    /// Waits before a retry. Returns the outcome if there is to be no retry.
    pub(super) async fn wait_to_retry(
        &mut self,
        cause: Cause,
        outcome: Outcome,
    ) -> Option<Outcome> {
        let policy = self.policy();
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
        self.before = Some(Box::new(Before::new(outcome)));
        Some(Err(goes_on.err()?))
    }

    /// Waits for as long as the policy says; `false` when its bounds forbid a retry.
    async fn back_off(
        &mut self,
        cause: Cause,
        asked: Option<Duration>,
    ) -> Result<bool, TransportError> {
        let shared = self.shared;
        let policy = self.policy();
        let delay = backoff::delay(policy, self.retries).max(asked.unwrap_or_default());
        let is_unreachable = self.time_to_connect(cause).is_some_and(|left| delay > left);
        if is_unreachable || delay > self.time_to_fail() {
            return Ok(false);
        }
        // A retry that would come too late is not waited for.
        if self.is_too_long(delay) {
            return Err(out_of_time());
        }
        self.retries += 1;
        trace::retry(cause.name(), delay);
        let bounds = self.bounds();
        let began = Instant::now();
        let wait = self.patience.within(bounds, cause.name(), sleep(delay));
        match &self.turn {
            None => wait.await?,
            Some(turn) => turn.keep(wait).await?,
        }
        self.count_retry_wait(began.elapsed());
        if !cause.is_budgeted() || shared.budget.pay() {
            return Ok(true);
        }
        self.wait_for_budget(cause).await
    }

    /// Waits until the budget lets the call retry; `false` when its time ends before.
    ///
    /// The wait does not count as time of failing, since the call does not fail meanwhile; but at
    /// most for as long as it may fail, so that one which always fails ends although others succeed.
    async fn wait_for_budget(&mut self, cause: Cause) -> Result<bool, TransportError> {
        let shared = self.shared;
        let since = Instant::now();
        let bounds = self.bounds();
        let time_to_connect = self.time_to_connect(cause);
        let most = self.policy().max_elapsed;
        let free = most.saturating_sub(self.waited_for_budget);
        let left = time_to_connect.unwrap_or_else(|| self.time_to_fail().saturating_add(free));
        let wait = timeout(left, shared.budget.wait_to_pay());
        let wait = self.patience.within(bounds, "retry_budget", wait);
        let outcome = match &self.turn {
            None => wait.await,
            Some(turn) => turn.keep(wait).await,
        };
        let waited = since.elapsed();
        self.count_retry_wait(waited);
        if time_to_connect.is_none() {
            let free = waited.min(free);
            self.waited_for_budget += free;
            self.uncounted += free;
        }
        Ok(outcome?.is_ok())
    }

    /// How much longer the call may fail, without the time that does not count.
    fn time_to_fail(&self) -> Duration {
        let since_first = self.first_attempt.map_or(Duration::ZERO, |at| at.elapsed());
        let counted = since_first.saturating_sub(self.uncounted);
        let most = self.policy().max_elapsed;
        most.saturating_sub(counted)
    }

    /// Records whether an attempt that was sent at this time found a connection.
    pub(super) fn note_unreachable(&mut self, kind: FailureKind, sent_at: Instant) {
        if !matches!(kind, FailureKind::Connect | FailureKind::UnknownHost) {
            self.unreachable = None;
        } else if self.unreachable.is_none() {
            self.unreachable = Some(Unreachable {
                since: sent_at,
                uncounted: self.uncounted,
            });
        }
    }

    /// How much longer the call may try to connect, if that is why it retries. Time in the limiter's
    /// queue does not count.
    fn time_to_connect(&self, cause: Cause) -> Option<Duration> {
        let most = self.policy().unreachable_timeout;
        let most = match cause {
            Cause::NotConnected => most,
            Cause::UnknownHost => most.min(UNKNOWN_HOST),
            _ => return None,
        };
        let Unreachable { since, uncounted } = self.unreachable?;
        let free = self.uncounted.saturating_sub(uncounted);
        Some(most.saturating_sub(since.elapsed().saturating_sub(free)))
    }

    /// Whether the caller's deadline passes before a wait ends.
    fn is_too_long(&self, wait: Duration) -> bool {
        self.deadline
            .is_some_and(|deadline| clock::after(Instant::now(), wait) >= deadline)
    }
}

pub(super) fn asked_by(answer: &Response) -> Option<Duration> {
    backoff::retry_after(&answer.headers, SystemTime::now)
}
