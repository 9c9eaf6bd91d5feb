//! Pacing of requests to what the API takes.

mod account;
mod bucket;
mod lane;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::{BoxFuture, Operation};

pub use account::{AccountLimiter, Rates};

/// Decides when a request may be sent.
///
/// One limiter stands for one account: share it between the clients of all keys of the account, or
/// write one that shares its count between processes. It is asked before every request that leaves
/// the process, and told when the API refuses one with 429.
///
/// ```
/// use neon_api::raw::{BoxFuture, Operation};
/// use neon_api::{AccountLimiter, Limiter, Refusal};
///
/// /// Counts the refusals, for a dashboard, and paces as usual.
/// #[derive(Debug, Default)]
/// struct Counted {
///     pace: AccountLimiter,
///     refusals: std::sync::atomic::AtomicU64,
/// }
///
/// impl Limiter for Counted {
///     fn turn<'a>(&'a self, operation: &'static Operation) -> BoxFuture<'a, ()> {
///         self.pace.turn(operation)
///     }
///
///     fn refused(&self, operation: &'static Operation, refusal: Refusal) {
///         self.refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.pace.refused(operation, refusal);
///     }
/// }
/// ```
pub trait Limiter: fmt::Debug + Send + Sync + 'static {
    /// Waits until a request to this operation's route may be sent. Dropping the future gives up
    /// the place in the queue.
    fn turn<'a>(&'a self, operation: &'static Operation) -> BoxFuture<'a, ()>;

    /// The API answered 429 to a request that was sent at this time.
    fn refused(&self, operation: &'static Operation, refusal: Refusal);
}

/// A request that the API refused with 429.
///
/// ```
/// use std::time::Duration;
///
/// use neon_api::raw::operations::LIST_PROJECTS;
/// use neon_api::{AccountLimiter, Limiter, Refusal};
///
/// // Another process of the account has met the limit: all calls here pause for two seconds.
/// let mut refusal = Refusal::new(tokio::time::Instant::now());
/// refusal.retry_after = Some(Duration::from_secs(2));
/// AccountLimiter::default().refused(&LIST_PROJECTS, refusal);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Refusal {
    /// When the request was sent.
    pub sent_at: tokio::time::Instant,
    /// How long the API asked to wait, if it did.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal without a word on how long to wait.
    pub fn new(sent_at: tokio::time::Instant) -> Self {
        Self {
            sent_at,
            retry_after: None,
        }
    }
}

impl<L: Limiter + ?Sized> Limiter for Arc<L> {
    fn turn<'a>(&'a self, operation: &'static Operation) -> BoxFuture<'a, ()> {
        (**self).turn(operation)
    }

    fn refused(&self, operation: &'static Operation, refusal: Refusal) {
        (**self).refused(operation, refusal);
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

impl Limiter for Unlimited {
    fn turn<'a>(&'a self, _: &'static Operation) -> BoxFuture<'a, ()> {
        // Of no size, so that its box takes no memory.
        Box::pin(async {})
    }

    fn refused(&self, _: &'static Operation, _: Refusal) {}
}
