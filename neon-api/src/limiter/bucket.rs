//! A token bucket whose rate can change.

use std::time::Duration;

use tokio::time::Instant;

/// Holds up to `capacity` tokens and gains `per_second` of them.
#[derive(Debug)]
pub(super) struct Bucket {
    capacity: f64,
    per_second: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(capacity: f64, per_second: f64, now: Instant) -> Self {
        Self {
            capacity,
            per_second,
            tokens: capacity,
            at: now,
        }
    }

    /// When a token is there to be taken; a time that is not after `now` means at once.
    pub(super) fn ready_at(&mut self, now: Instant) -> Instant {
        self.fill(now);
        let missing = 1.0 - self.tokens;
        if missing <= 0.0 {
            now
        } else {
            // A nanosecond more, so that rounding does not wake the caller just too early.
            now + Duration::from_secs_f64(missing / self.per_second) + Duration::from_nanos(1)
        }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let has_token = self.tokens >= 1.0;
        if has_token {
            self.tokens -= 1.0;
        }
        has_token
    }

    pub(super) fn set_rate(&mut self, per_second: f64, now: Instant) {
        self.fill(now);
        self.per_second = per_second;
    }

    pub(super) fn empty(&mut self, now: Instant) {
        self.tokens = 0.0;
        self.at = now;
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.capacity);
        self.at = self.at.max(now);
    }
}
