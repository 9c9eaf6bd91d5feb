//! Counters of the engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The counters of a client. Clones of a client count together.
///
/// ```
/// use neon_api::Neon;
///
/// let neon = Neon::builder().api_key("napi_abc").build()?;
/// // … calls, and then, for a dashboard:
/// let stats = neon.stats();
/// println!("{} requests, {} of them retries", stats.requests, stats.retries);
/// println!("{} times too fast, {} times locked out", stats.rate_limited, stats.locked);
/// println!("{} calls in the queue, {:?} waited there", stats.queued, stats.waited_for_permit);
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Attempts made by the transport, including retries, pages and polls, failed connections, and
    /// calls dropped before the response.
    pub requests: u64,
    /// Requests that were retries.
    pub retries: u64,
    /// Responses with 429.
    pub rate_limited: u64,
    /// Responses with 423.
    pub locked: u64,
    /// Calls that currently wait for a permit of the limiter.
    pub queued: u64,
    /// Total time that calls waited for a permit of the limiter, summed over all calls, without
    /// calls that still wait.
    pub waited_for_permit: Duration,
    /// Total time that calls waited before a retry or in the queue of a locked project, summed over
    /// all calls.
    pub waited_to_retry: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    rate_limited: AtomicU64,
    locked: AtomicU64,
    queued: AtomicU64,
    permit_micros: AtomicU64,
    retry_micros: AtomicU64,
}

impl Counters {
    pub(super) fn request(&self, is_retry: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if is_retry {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A counted request was not attempted by the transport.
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

    pub(super) fn waited_for_permit(&self, time: Duration) {
        add(&self.permit_micros, time);
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
            waited_for_permit: Duration::from_micros(load(&self.permit_micros)),
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
