//! Counters of what the engine did.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a client has done so far. Clones of a client count together.
///
/// ```
/// use neon_api::Neon;
///
/// let neon = Neon::builder().api_key("napi_abc").build()?;
/// // … calls, and then, for a dashboard:
/// let stats = neon.stats();
/// println!("{} requests, {} of them retries", stats.requests, stats.retries);
/// println!("{} times too fast, {} times locked out", stats.rate_limited, stats.locked);
/// println!("{} calls in the queue, {:?} waited there", stats.queued, stats.waited_for_turn);
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Attempts that the transport made: retries, pages and polls included, and those that found no
    /// connection or whose calls were dropped before the response.
    pub requests: u64,
    /// Those of them that retried an earlier one.
    pub retries: u64,
    /// Responses with 429.
    pub rate_limited: u64,
    /// Responses with 423.
    pub locked: u64,
    /// Calls that wait for a permit of the limiter now.
    pub queued: u64,
    /// Time that calls waited for a permit of the limiter, all calls together: more than has passed,
    /// where several waited at once. Calls that still wait are not in it.
    pub waited_for_turn: Duration,
    /// Time that calls waited before a retry or in the queue of a locked project, all calls
    /// together.
    pub waited_to_retry: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    rate_limited: AtomicU64,
    locked: AtomicU64,
    queued: AtomicU64,
    turn_micros: AtomicU64,
    retry_micros: AtomicU64,
}

impl Counters {
    pub(super) fn request(&self, is_retry: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if is_retry {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The transport did not even try a request that was counted.
    pub(super) fn not_sent(&self, is_retry: bool) {
        self.requests.fetch_sub(1, Ordering::Relaxed);
        if is_retry {
            self.retries.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(super) fn rate_limited(&self) {
        self.rate_limited.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn locked(&self) {
        self.locked.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call that waits for a permit, for as long as the result lives.
    pub(super) fn queued(&self) -> Queued<'_> {
        self.queued.fetch_add(1, Ordering::Relaxed);
        Queued(&self.queued)
    }

    pub(super) fn waited_for_turn(&self, time: Duration) {
        add(&self.turn_micros, time);
    }

    pub(super) fn waited_to_retry(&self, time: Duration) {
        add(&self.retry_micros, time);
    }

    pub(crate) fn read(&self) -> Stats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            requests: load(&self.requests),
            retries: load(&self.retries),
            rate_limited: load(&self.rate_limited),
            locked: load(&self.locked),
            queued: load(&self.queued),
            waited_for_turn: Duration::from_micros(load(&self.turn_micros)),
            waited_to_retry: Duration::from_micros(load(&self.retry_micros)),
        }
    }
}

/// A call in the limiter's queue.
#[derive(Debug)]
pub(super) struct Queued<'a>(&'a AtomicU64);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn add(counter: &AtomicU64, time: Duration) {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    counter.fetch_add(micros, Ordering::Relaxed);
}
