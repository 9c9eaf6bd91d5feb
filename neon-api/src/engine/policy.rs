//! How calls are repeated.

use std::time::Duration;

/// How calls are repeated when the API can still answer.
///
/// What is repeated is fixed; how long and how often is set here.
///
/// | outcome | GET, HEAD | others |
/// |---|---|---|
/// | 429, 503 | again | again |
/// | no connection, or refused unseen by an HTTP/2 server | again | again |
/// | 423 | again, once the project's running operations have ended | the same |
/// | 500, 502, 504, 520 to 524 | again | no: a change may have happened |
/// | reset, time-out or truncated answer | again | no: a change may have happened |
/// | anything else | no | no |
///
/// Where it is not repeated, [`outcome_unknown`](crate::Error::outcome_unknown) tells of a change
/// that may have happened. A body that is read as a stream is not fetched again once it has begun.
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

    /// Nothing is repeated, whatever else is set: calls fail with the first outcome, and changes that
    /// are locked out (423) do not queue. Pages and polls get one attempt each as well; a wait goes on
    /// polling until its time runs out.
    pub fn never() -> Self {
        Self {
            is_off: true,
            ..Self::default()
        }
    }

    /// How long after its first attempt a call may still be repeated, 0 or more; 5 minutes by
    /// default. Time spent waiting for a turn of the limiter does not count, nor does waiting after
    /// 423. A repetition that would begin later is not waited for.
    #[must_use]
    pub fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = time;
        self
    }

    /// How long a call may wait for a project's running operations after 423, 0 or more; 5 minutes by
    /// default. Calls that are locked out wait one behind the other, and the time of each counts from
    /// when it is the first; the time before is bounded only by
    /// [`with_call_timeout`](crate::Neon::with_call_timeout).
    #[must_use]
    pub fn locked_timeout(mut self, time: Duration) -> Self {
        self.locked_timeout = time;
        self
    }

    /// Sends the changes of one project one at a time, each when the operations of the one before
    /// have ended, so that none of this client's is answered 423 because of another. Off by
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

    /// The bounds of the delay before a repetition: it is drawn from zero to a limit that starts at
    /// `first` and doubles up to `longest`, which must not be shorter; 250 milliseconds and 10 seconds
    /// by default. A longer `Retry-After` of the API counts instead.
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

    /// How many repetitions after server and network errors (not after 429 and 423) all calls of the
    /// client may make beyond what their successes earn, 0 or more; 100 by default. A success at the
    /// first attempt earns a fifth of a repetition, one after a repetition a whole, up to this number.
    /// It keeps an outage from being multiplied.
    #[must_use]
    pub fn budget(mut self, repetitions: u32) -> Self {
        self.budget = repetitions;
        self
    }
}
