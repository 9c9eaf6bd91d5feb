//! Token buckets.

use super::budget::{Budget, NEVER, Nanos, Quota};

/// A token bucket in whole numbers: its level is kept in parts of a token, such that a nanosecond
/// adds `rate` of them. No rounding, so the moment at which the next request passes is exact.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: u128,
    token: u128,
    capacity: u128,
    level: u128,
    seen: Nanos,
}

impl Bucket {
    pub(super) fn new(quota: Quota, now: Nanos) -> Self {
        let capacity = quota.per.saturating_mul(quota.burst.max(1).into());
        Self {
            rate: quota.rate.into(),
            token: quota.per,
            capacity,
            level: capacity,
            seen: now,
        }
    }

    fn fill(&mut self, now: Nanos) {
        let added = now.saturating_sub(self.seen).saturating_mul(self.rate);
        self.level = self.capacity.min(self.level.saturating_add(added));
        self.seen = now;
    }
}

impl Budget for Bucket {
    fn ready_at(&mut self, now: Nanos) -> Nanos {
        self.fill(now);
        let missing = self.token.saturating_sub(self.level);
        match (missing, self.rate) {
            (0, _) => now,
            (_, 0) => NEVER,
            (missing, rate) => now.saturating_add(missing.div_ceil(rate)),
        }
    }

    fn take(&mut self, now: Nanos) {
        self.fill(now);
        self.level = self.level.saturating_sub(self.token);
    }
}

const SECOND: Nanos = 1_000_000_000;

/// A bucket for which time goes by in whole seconds.
#[derive(Debug)]
pub(super) struct Refilled(Bucket);

impl Refilled {
    pub(super) fn new(quota: Quota, now: Nanos) -> Self {
        Self(Bucket::new(quota, last_second(now)))
    }
}

impl Budget for Refilled {
    fn ready_at(&mut self, now: Nanos) -> Nanos {
        let last = last_second(now);
        match self.0.ready_at(last) {
            ready if ready == last => now,
            ready => ready.checked_next_multiple_of(SECOND).unwrap_or(NEVER),
        }
    }

    fn take(&mut self, now: Nanos) {
        self.0.take(last_second(now));
    }
}

fn last_second(now: Nanos) -> Nanos {
    now - now % SECOND
}
