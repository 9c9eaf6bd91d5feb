//! Pacing of requests to what the API takes.

mod account;
mod blocked;
mod bucket;
mod budget;
mod frontier;
mod gate;
mod lane;
mod outcome;
mod queue;
mod ramp;
mod rate;
mod rates;
mod round_trip;
mod window;

use std::fmt;
use std::sync::Arc;

use neon_api_raw::{BoxFuture, Route};
use tokio::time::Instant;

pub use account::AccountLimiter;
pub use outcome::{Outcome, OutcomeKind};
pub use rates::Rates;

/// Decides when a request may be sent.
///
/// One limiter stands for one account: share it between the clients of all keys of the account, or
/// write one that shares its budget between processes. It is asked for a permit before every request
/// that leaves the process, and hears how each of them ended. All methods have a body, so that an
/// implementation states only what it changes.
///
/// ```
/// use neon_api::raw::{BoxFuture, Route};
/// use neon_api::{AccountLimiter, Limiter, Outcome, OutcomeKind};
/// use tokio::time::Instant;
///
/// /// Counts the refusals, for a dashboard, and paces as usual.
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
    /// Waits until a request of this operation may be sent; at once by default. Dropping the future
    /// gives up the place in the queue.
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        let _ = operation;
        // Of no size, so that its box takes no memory.
        Box::pin(async {})
    }

    /// Waits until a request that may wait, one of the background lane, leaves enough of the budgets
    /// to those that may not; at once by default. It then asks for its permit as any other.
    fn spare<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        let _ = operation;
        Box::pin(async {})
    }

    /// Hears how a request ended that had its permit, once for each that was sent and not dropped
    /// before its response. Must not block.
    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        let _ = (operation, outcome);
    }

    /// When the budgets that a request of this operation now waits for last had a success: of
    /// several, the one whose success is the longest ago. `None`, as by default, where the limiter
    /// does not know; the engine then goes by the last success of any request of the client.
    ///
    /// A call may wait for its permit for any time while this goes on, and for
    /// [`max_elapsed`](crate::RetryPolicy::max_elapsed) after it.
    fn last_success(&self, operation: &'static Route) -> Option<Instant> {
        let _ = operation;
        None
    }

    /// How much waits, and how fast it goes. `None`, as by default, where the limiter does not know.
    fn load(&self) -> Option<Load> {
        None
    }
}

/// What a limiter does at this moment.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// Requests that wait for their permits, in all queues together.
    pub queued: usize,
    /// Requests a second that the limiter lets pass in the long run: the account's rate, or less
    /// while the API has been found to take less.
    pub per_second: f64,
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

/// Lets every request pass at once.
///
/// ```
/// use neon_api::{Neon, Unlimited};
///
/// // For tests against a stand-in for the API.
/// let builder = Neon::builder().api_key("test").base_url("http://127.0.0.1:8080/api/v2");
/// let neon = builder.limiter(Unlimited).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Unlimited;

impl Limiter for Unlimited {}
