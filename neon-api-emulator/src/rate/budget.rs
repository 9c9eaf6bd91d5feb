//! One budget of requests: a limit, counted by a model.

use std::fmt::Debug;

use super::bucket::{Bucket, Refilled};
use super::fixed::FixedWindow;
use super::settings::RateLimitModel;
use super::sliding_counter::SlidingCounter;
use super::sliding_log::SlidingLog;

/// Nanoseconds, counted from a midnight.
pub(super) type Nanos = u128;

/// The moment of what never happens.
pub(super) const NEVER: Nanos = Nanos::MAX;

/// A limit, in the terms of each model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    /// What buckets gain: this many requests in every `per`.
    pub(super) rate: u64,
    pub(super) per: Nanos,
    /// What buckets hold, at least 1.
    pub(super) burst: u64,
    /// What windows of the length `window` let through, at least 1.
    pub(super) in_window: u64,
    pub(super) window: Nanos,
}

/// How much of a limit is used. `now` never goes back from one call to the next.
pub(super) trait Budget: Debug + Send {
    /// The first moment, not before `now`, at which a request passes if no other does before it.
    /// From then on it passes at any time.
    fn ready_at(&mut self, now: Nanos) -> Nanos;

    /// Counts a request that passes now.
    fn take(&mut self, now: Nanos);
}

/// A budget of which nothing is used.
pub(super) fn unused(model: RateLimitModel, quota: Quota, now: Nanos) -> Box<dyn Budget> {
    match model {
        RateLimitModel::TokenBucket => Box::new(Bucket::new(quota, now)),
        RateLimitModel::SecondRefill => Box::new(Refilled::new(quota, now)),
        RateLimitModel::SlidingLog => Box::new(SlidingLog::new(quota)),
        RateLimitModel::SlidingCounter => Box::new(SlidingCounter::new(quota)),
        RateLimitModel::FixedWindow => Box::new(FixedWindow::new(quota)),
    }
}
