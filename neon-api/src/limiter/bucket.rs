//! A token bucket whose rate can change.

use std::time::Duration;

use tokio::time::Instant;

/// The longest that a wait for tokens is computed to be; at the end of it the wait is computed
/// anew.
const LONGEST_WAIT: f64 = 3600.0;

/// Holds up to `capacity` tokens and gains `per_second` of them.
#[derive(Debug)]
pub(super) struct Bucket {
    capacity: f64,
    per_second: f64,
    tokens: f64,
    at: Instant,
    /// Since when there has been a whole token, if there is one.
    whole_since: Instant,
}

impl Bucket {
    pub(super) fn new(capacity: f64, per_second: f64, now: Instant) -> Self {
        Self {
            capacity,
            per_second,
            tokens: capacity,
            at: now,
            whole_since: now,
        }
    }

    /// When a token is there to be taken after this many others; a time that is not after `now`
    /// means at once.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        self.fill(now);
        let others = f64::from(u32::try_from(others).unwrap_or(u32::MAX));
        let missing = others + 1.0 - self.tokens;
        if missing <= 0.0 {
            return now;
        }
        let seconds = (missing / self.per_second).min(LONGEST_WAIT);
        // A nanosecond more, so that rounding does not wake the caller just too early. Tokens that
        // are gained from a later moment on, after a pause, count from there.
        self.at.max(now) + Duration::from_secs_f64(seconds) + Duration::from_nanos(1)
    }

    /// Since when there has been a whole token, given that there is one.
    pub(super) fn ready_since(&mut self, now: Instant) -> Instant {
        self.fill(now);
        self.whole_since
    }

    /// Takes a token that is there.
    pub(super) fn take(&mut self, now: Instant) {
        self.tokens -= 1.0;
        self.whole_since = now;
    }

    pub(super) fn set_rate(&mut self, per_second: f64, now: Instant) {
        self.fill(now);
        self.per_second = per_second;
    }

    /// Takes all tokens out; new ones are gained from this time on, which may be to come.
    pub(super) fn empty(&mut self, from: Instant) {
        self.tokens = 0.0;
        self.at = self.at.max(from);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let gained = passed * self.per_second;
        if self.tokens < 1.0 && self.tokens + gained >= 1.0 {
            let seconds = ((1.0 - self.tokens) / self.per_second).min(passed);
            self.whole_since = self.at + Duration::from_secs_f64(seconds);
        }
        self.tokens = (self.tokens + gained).min(self.capacity);
        self.at = self.at.max(now);
    }
}
