//! Rate limiting of requests.

mod account;
mod blocked;
mod bucket;
mod budget;
mod frontier;
mod gate;
mod lane;
mod limits;
mod outcome;
mod queue;
mod ramp;
mod rate;
mod rates;
mod refills;
mod round_trip;
mod window;

use std::fmt;
use std::sync::Arc;

use neon_api_raw::{BoxFuture, Route};
use tokio::time::Instant;

pub use account::AccountLimiter;
pub use limits::{RateLimit, RateScope};
pub use outcome::{Outcome, OutcomeKind};
pub use rates::Rates;

/// Decides when a request may be sent.
///
/// A limiter belongs to one account: share it between the clients of all keys of the account, or
/// implement one that shares its budget between processes. It is asked for a permit before every
/// request that leaves the process, and is notified of the outcome of each. All methods have a
/// default body, so an implementation overrides only what it changes.
///
/// ```
/// use neon_api::raw::{BoxFuture, Route};
/// use neon_api::{AccountLimiter, Limiter, Outcome, OutcomeKind};
/// use tokio::time::Instant;
///
/// /// Counts 429s for a dashboard, with the usual rate limits.
/// #[derive(Debug, Default)]
/// struct Counted {
///     pace: AccountLimiter,
///     refusals: std::sync::atomic::AtomicU64,
/// }
///
/// impl Limiter for Counted {
///     fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
///         self.pace.permit(operation)
///     }
///
///     fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
///         if outcome.kind() == OutcomeKind::Refused {
///             self.refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         }
///         self.pace.observe(operation, outcome);
///     }
///
///     fn last_success(&self, operation: &'static Route) -> Option<Instant> {
///         self.pace.last_success(operation)
///     }
/// }
/// ```
pub trait Limiter: fmt::Debug + Send + Sync + 'static {
    /// Waits until a request of this operation may be sent; returns immediately by default.
    /// Dropping the future gives up the place in the queue.
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        let _ = operation;
        // Zero-sized, so that its box takes no memory.
        Box::pin(async {})
    }

    /// Waits until a request of the background lane leaves enough of the budgets to normal
    /// requests; returns immediately by default. The request then asks for its permit like any
    /// other.
    fn spare<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        let _ = operation;
        Box::pin(async {})
    }

    /// Called with the outcome of a request that had a permit, once for each that was sent and not
    /// dropped before its response. Must not block.
    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        let _ = (operation, outcome);
    }

    /// The time of the last success of the budgets that a request of this operation currently waits
    /// for; of several, the earliest. `None` (the default) if unknown; the engine then uses the
    /// last success of any request of the client.
    ///
    /// A call may wait for its permit as long as successes continue, and for
    /// [`max_elapsed`](crate::RetryPolicy::max_elapsed) after the last one.
    fn last_success(&self, operation: &'static Route) -> Option<Instant> {
        let _ = operation;
        None
    }

    /// The number of waiting requests and the current rate. `None` (the default) if unknown.
    fn load(&self) -> Option<Load> {
        None
    }
}

/// The current state of a limiter.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// Requests that wait for permits, in all queues together.
    pub queued: usize,
    /// The long-term rate in requests a second: the account's rate, or less while the API accepts
    /// less.
    pub per_second: f64,
}

impl Load {
    /// A load, for implementations of [`Limiter`].
    pub fn new(queued: usize, per_second: f64) -> Self {
        Self { queued, per_second }
    }
}

impl<L: Limiter + ?Sized> Limiter for Arc<L> {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        (**self).permit(operation)
    }

    fn spare<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        (**self).spare(operation)
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        (**self).observe(operation, outcome);
    }

    fn last_success(&self, operation: &'static Route) -> Option<Instant> {
        (**self).last_success(operation)
    }

    fn load(&self) -> Option<Load> {
        (**self).load()
    }
}

/// Lets every request pass immediately.
///
/// ```
/// use neon_api::{Neon, Unlimited};
///
/// // For tests against an emulator.
/// let builder = Neon::builder().api_key("test").base_url("http://127.0.0.1:8080/api/v2");
/// let neon = builder.limiter(Unlimited).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Unlimited;

impl Limiter for Unlimited {}
