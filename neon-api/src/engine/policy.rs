//! How calls are retried.

use std::time::Duration;

/// How calls are retried when a retry may succeed.
///
/// Which outcomes are retried is fixed; how long and how often is configured here.
///
/// | outcome | GET, HEAD | others |
/// |---|---|---|
/// | 429 | retry | retry |
/// | 503 in the API's own form: a JSON object with `message` and `code` | retry | retry |
/// | 503 of a gateway, in any other form | retry | no: outcome unknown |
/// | 423 | retry, after the project's running operations have finished | the same |
/// | no connection: refused, reset, no route, timeout, or refused without processing by an HTTP/2 server | retry, for up to [`unreachable_timeout`](Self::unreachable_timeout) | the same |
/// | the host name cannot be resolved | retry, for 5 seconds at most | the same |
/// | an untrusted certificate, no TLS, a proxy that refuses | no | no |
/// | 425 (nothing was done) | retry | no |
/// | 501, 505, 511 (nothing was done) | no | no |
/// | 408 and any other 5xx | retry | no: outcome unknown |
/// | reset, timeout or truncated body after sending | retry | no: outcome unknown |
/// | a body that is too large | no | no: outcome unknown |
/// | anything else | no | no |
///
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports that a change may have taken effect,
/// [`is_retryable`](crate::Error::is_retryable) that the call was retried without success; both use
/// this table. A body read as a stream is not fetched again once it has begun.
///
/// A call may wait for its permit and for the shared retry budget while other calls succeed. It
/// fails when nothing has succeeded for [`max_elapsed`](Self::max_elapsed), even if it was never
/// sent.
///
/// ```
/// use neon_api::{Neon, RetryPolicy};
/// use std::time::Duration;
///
/// // For interactive requests: half a minute, with short delays.
/// let policy = RetryPolicy::default()
///     .max_elapsed(Duration::from_secs(30))
///     .locked_timeout(Duration::from_secs(30))
///     .longest_retry_after(Duration::from_secs(10))
///     .delay(Duration::from_millis(100), Duration::from_secs(2))
///     .budget(20);
/// let neon = Neon::builder().api_key("napi_abc").retry(policy).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    pub(super) max_elapsed: Duration,
    pub(super) locked_timeout: Duration,
    pub(super) unreachable_timeout: Duration,
    pub(super) first_delay: Duration,
    pub(super) longest_delay: Duration,
    pub(super) longest_retry_after: Duration,
    pub(super) budget: u32,
    pub(super) queues_changes: bool,
    pub(super) is_off: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_elapsed: Duration::from_secs(300),
            locked_timeout: Duration::from_secs(300),
            unreachable_timeout: Duration::from_secs(30),
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(10),
            longest_retry_after: Duration::from_secs(120),
            budget: 100,
            queues_changes: false,
            is_off: false,
        }
    }
}

impl RetryPolicy {
    /// The rule that the settings violate, if any.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.first_delay > self.longest_delay {
            return Err("delay: the first delay is longer than the longest");
        }
        Ok(())
    }

    /// Disables retries, regardless of other settings: calls fail with the first outcome, and
    /// changes that are locked out (423) are not queued. Pages and polls also get one attempt each;
    /// a wait keeps polling until its timeout.
    pub fn never() -> Self {
        Self {
            is_off: true,
            ..Self::default()
        }
    }

    /// Maximum time without success, 0 or more; 5 minutes by default.
    ///
    /// A call is not retried later than this after its first attempt. Time spent waiting for a
    /// permit of the limiter or after 423 does not count; neither does waiting for the
    /// [`budget`](Self::budget), up to the same length. If a retry would begin too late, the call
    /// ends without waiting for it.
    ///
    /// No wait lasts longer than this after the later of the call's start and the last success of
    /// the budgets that it waits for, as reported by the [limiter](crate::Limiter::last_success),
    /// or else the client's last success. A call that was never sent then fails with an error that
    /// reports how the last request failed: [`is_rate_limited`](crate::Error::is_rate_limited) if
    /// with 429, and [`is_retryable`](crate::Error::is_retryable). While nothing has failed, as
    /// with a slow limiter, a wait has at least 5 minutes.
    #[must_use]
    pub fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = time;
        self
    }

    /// Maximum wait for a project's running operations after 423, 0 or more; 5 minutes by default.
    /// Calls that are locked out queue, and the time of each is counted from when it is first in
    /// the queue; the time before is limited by [`max_elapsed`](Self::max_elapsed) without success,
    /// and by [`with_call_timeout`](crate::Neon::with_call_timeout).
    #[must_use]
    pub fn locked_timeout(mut self, time: Duration) -> Self {
        self.locked_timeout = time;
        self
    }

    /// How long a call keeps trying to connect, 0 or more; 30 seconds by default. It is counted
    /// from the first of consecutive attempts that fail to connect, without the time in the
    /// limiter's queue. If a host name cannot be resolved, retries stop after 5 seconds at most.
    #[must_use]
    pub fn unreachable_timeout(mut self, time: Duration) -> Self {
        self.unreachable_timeout = time;
        self
    }

    /// Sends the changes of one project one at a time, each after the operations of the one before
    /// have finished, so that this client's changes do not get 423 because of each other. Off by
    /// default, since it slows down changes that do not conflict.
    ///
    /// ```
    /// use neon_api::{Neon, RetryPolicy};
    ///
    /// // A migration that makes many databases and roles in one project.
    /// let policy = RetryPolicy::default().queue_changes(true);
    /// let neon = Neon::builder().api_key("napi_abc").retry(policy).build()?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    #[must_use]
    pub fn queue_changes(mut self, queue: bool) -> Self {
        self.queues_changes = queue;
        self
    }

    /// The bounds of the delay before a retry: it is drawn from zero to a limit that starts at
    /// `first` and doubles up to `longest`, which must not be shorter; 250 milliseconds and 10
    /// seconds by default. A longer `Retry-After` from the API takes precedence: in seconds, or as
    /// a date, which is compared with the response's own `Date`.
    #[must_use]
    pub fn delay(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.longest_delay = longest;
        self
    }

    /// The longest `Retry-After` that is honored, 0 or more; 2 minutes by default. With a longer
    /// one, the call fails with the API's error.
    #[must_use]
    pub fn longest_retry_after(mut self, time: Duration) -> Self {
        self.longest_retry_after = time;
        self
    }

    /// How many retries after server and network errors (not after 429 and 423) all calls of the
    /// client may make beyond what successes earn, 0 or more; 100 by default. A success at the
    /// first attempt earns a fifth of a retry, a success after a retry a whole one, up to this
    /// number. Any response except 429 and 5xx counts as a success.
    ///
    /// It prevents retry storms in an outage: when it is empty, all calls together make one retry a
    /// second, in order of arrival. No call fails because of it.
    #[must_use]
    pub fn budget(mut self, retries: u32) -> Self {
        self.budget = retries;
        self
    }
}
