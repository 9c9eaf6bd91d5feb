//! How calls are retried.

use std::time::Duration;

/// How calls are retried when another attempt may succeed.
///
/// What is retried is fixed; how long and how often is set here.
///
/// | outcome | GET, HEAD | others |
/// |---|---|---|
/// | 429 | again | again |
/// | 503 in the API's own form: a JSON object with `message` and `code` | again | again |
/// | 503 of a gateway, in any other form | again | no: outcome unknown |
/// | 423 | again, after the project's running operations have finished | the same |
/// | no connection: refused, reset, no route, timeout, or refused unseen by an HTTP/2 server | again, for up to [`unreachable_timeout`](Self::unreachable_timeout) | the same |
/// | the host's name cannot be resolved | again, for 5 seconds at most | the same |
/// | a certificate that is not trusted, no TLS, a proxy that refuses | no | no |
/// | 425 (nothing was done) | again | no |
/// | 501, 505, 511 (nothing was done) | no | no |
/// | 408 and any other 5xx | again | no: outcome unknown |
/// | reset, timeout or truncated body after sending | again | no: outcome unknown |
/// | a body that is too large | no | no: outcome unknown |
/// | anything else | no | no |
///
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports a change that may have taken effect,
/// [`is_retryable`](crate::Error::is_retryable) what was retried in vain; both go by this table. A
/// body that is read as a stream is not fetched again once it has begun.
///
/// A call ends in bounded time, however many there are. It may wait for its permit and for the shared
/// retry budget while other calls succeed, and fails when nothing has succeeded for
/// [`max_elapsed`](Self::max_elapsed), also if it was never sent.
///
/// ```
/// use neon_api::{Neon, RetryPolicy};
/// use std::time::Duration;
///
/// // For a request of a user who waits: half a minute, in short steps.
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
    /// Which rule the settings break, if one.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.first_delay > self.longest_delay {
            return Err("delay: the first one is longer than the longest");
        }
        Ok(())
    }

    /// Nothing is retried, whatever else is set: calls fail with the first outcome, and changes that
    /// are locked out (423) do not queue. Pages and polls get one attempt each as well; a wait goes on
    /// polling until its time runs out.
    pub fn never() -> Self {
        Self {
            is_off: true,
            ..Self::default()
        }
    }

    /// How long a call may go on without success, 0 or more; 5 minutes by default.
    ///
    /// A call is not retried later than this after its first attempt. Time in which it waits for a
    /// permit of the limiter does not count, nor does waiting after 423; waiting for the
    /// [`budget`](Self::budget) does not count for as long again. A retry that would begin later is not
    /// waited for.
    ///
    /// And no wait goes on for longer than this after the later of the call's start and the last
    /// success of the budgets that it waits for, as the [limiter](crate::Limiter::last_success)
    /// reports it, or else the client's last success. A call that was never sent then fails with an
    /// error that says how the last request failed: [`is_rate_limited`](crate::Error::is_rate_limited)
    /// if that was 429, and [`is_retryable`](crate::Error::is_retryable). While nothing has failed, as
    /// with a slow limiter, a wait has 5 minutes at least.
    #[must_use]
    pub fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = time;
        self
    }

    /// How long a call may wait for a project's running operations after 423, 0 or more; 5 minutes by
    /// default. Calls that are locked out wait one behind the other, and the time of each counts from
    /// when it is the first; the time before is bounded by [`max_elapsed`](Self::max_elapsed) without
    /// success, and by [`with_call_timeout`](crate::Neon::with_call_timeout).
    #[must_use]
    pub fn locked_timeout(mut self, time: Duration) -> Self {
        self.locked_timeout = time;
        self
    }

    /// How long a call goes on trying to connect, 0 or more; 30 seconds by default. It counts from the
    /// first of the attempts that find no connection, one after the other, without the time in the
    /// limiter's queue. A name that cannot be resolved is tried for 5 seconds at most.
    #[must_use]
    pub fn unreachable_timeout(mut self, time: Duration) -> Self {
        self.unreachable_timeout = time;
        self
    }

    /// Sends the changes of one project one at a time, each when the operations of the one before
    /// have ended, so that none of this client's gets 423 because of another. Off by
    /// default: changes that do not conflict are slower so.
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
    /// `first` and doubles up to `longest`, which must not be shorter; 250 milliseconds and 10 seconds
    /// by default. A longer `Retry-After` of the API counts instead: in seconds, or a date, which is
    /// measured against the response's own `Date`.
    #[must_use]
    pub fn delay(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.longest_delay = longest;
        self
    }

    /// The longest `Retry-After` that is obeyed, 0 or more; 2 minutes by default. A longer one ends
    /// the call with the API's error.
    #[must_use]
    pub fn longest_retry_after(mut self, time: Duration) -> Self {
        self.longest_retry_after = time;
        self
    }

    /// How many retries after server and network errors (not after 429 and 423) all calls of the
    /// client may make beyond what their successes earn, 0 or more; 100 by default. A success at the
    /// first attempt earns a fifth of a retry, one after a retry a whole, up to this number; any
    /// response but 429 and 5xx is one.
    ///
    /// It keeps an outage from being multiplied: when it is empty, all calls together make one retry a
    /// second, in order of arrival. None fails because of it.
    #[must_use]
    pub fn budget(mut self, retries: u32) -> Self {
        self.budget = retries;
        self
    }
}
