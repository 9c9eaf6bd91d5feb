//! How long a call waits: for its permit, for its backoff, for the retry budget, for operations.
//!
//! A wait is free for as long as the client's requests succeed: then it is a queue that moves. A
//! call gives up when nothing has succeeded for too long, also one that was never sent. This is
//! checked again whenever the time would be up, since a success of another call extends it.

use std::pin::pin;
use std::time::Duration;

use neon_api_raw::transport::FailureKind;
use neon_api_raw::{Route, TransportError};
use tokio::time::{Instant, timeout_at};

use super::health::never_sent;
use super::{Shared, trace};
use crate::clock;

/// How long a call may wait without success while nothing has failed either: a slow limiter is not
/// an outage, however short the policy's time for failures.
const UNTROUBLED: Duration = Duration::from_secs(300);
/// How long a call waits before the wait is logged.
const SILENCE: Duration = Duration::from_secs(5);

/// The bounds of the waits of one call.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) shared: &'a Shared,
    pub(super) operation: &'static Route,
    /// The caller's deadline.
    pub(super) deadline: Option<Instant>,
    /// How long the call waits without a success.
    pub(super) max_elapsed: Duration,
}

impl Bounds<'_> {
    /// When the budgets that the call waits for last had a success.
    fn last_success(&self) -> Option<Instant> {
        let limiter = &self.shared.settings.limiter;
        let of_budgets = limiter.last_success(self.operation);
        of_budgets.or_else(|| self.shared.health.last_success())
    }

    /// When a call that began then gives up, unless something succeeds before.
    fn patience_ends(&self, since: Instant) -> Instant {
        let success = self.last_success();
        let is_failing = self.shared.health.failure_after(success).is_some();
        let time = if is_failing {
            self.max_elapsed
        } else {
            self.max_elapsed.max(UNTROUBLED)
        };
        clock::after(success.map_or(since, |at| at.max(since)), time)
    }

    fn out_of_patience(&self, since: Instant, now: Instant) -> TransportError {
        let success = self.last_success();
        let silence = now.saturating_duration_since(success.map_or(since, |at| at.max(since)));
        never_sent(self.shared.health.failure_after(success), silence)
    }
}

/// The waits of one call so far.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// When the first of them began.
    since: Option<Instant>,
    /// All of them together.
    waited: Duration,
    was_logged: bool,
}

impl Patience {
    /// Runs a wait within the bounds of its call. When patience runs out, a call that was never
    /// sent gets an error of its own; one that was sent ends with the outcome of its last attempt.
    pub(super) async fn within<T>(
        &mut self,
        bounds: Bounds<'_>,
        reason: &'static str,
        wait: impl Future<Output = T>,
    ) -> Result<T, TransportError> {
        let began = Instant::now();
        let since = *self.since.get_or_insert(began);
        let logged_at = began + SILENCE.saturating_sub(self.waited);
        let mut wait = pin!(bounds.unless_shut_down(wait));
        let outcome = loop {
            let mut until = bounds.patience_ends(since);
            if let Some(deadline) = bounds.deadline {
                until = until.min(deadline);
            }
            if !self.was_logged {
                until = until.min(logged_at);
            }
            if let Ok(outcome) = timeout_at(until, wait.as_mut()).await {
                break outcome;
            }
            let now = Instant::now();
            if !self.was_logged && logged_at <= now {
                self.was_logged = true;
                self.log(bounds, reason, now - began);
            }
            if bounds.deadline.is_some_and(|deadline| deadline <= now) {
                break Err(out_of_time());
            }
            if bounds.patience_ends(since) <= now {
                break Err(bounds.out_of_patience(since, now));
            }
        };
        self.waited += began.elapsed();
        outcome
    }

    fn log(&self, bounds: Bounds<'_>, reason: &'static str, waited: Duration) {
        let failure = bounds.shared.health.failure_after(bounds.last_success());
        trace::long_wait(bounds.operation, reason, self.waited + waited, failure);
    }
}

/// The error of a call whose deadline has passed.
pub(super) fn out_of_time() -> TransportError {
    TransportError::new(FailureKind::Deadline)
}
