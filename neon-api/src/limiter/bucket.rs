//! A token bucket whose rate can change, and whose tokens can be given out one by one.

use std::time::Duration;

use tokio::time::Instant;

use super::budget::Quota;
use super::rate::Rate;

/// The longest that a wait for tokens is computed to be; at its end the wait is computed again.
const LONGEST_WAIT: f64 = 3600.0;
/// The part of the tokens below which the rest is given out one by one.
const LOW: f64 = 0.05;
/// How much faster than they accrue tokens are given out then.
const CATCH_UP: f64 = 1.25;
/// By how much that factor grows with each success, once the API is known to accept requests again.
const GROWTH: f64 = 0.06;
/// The maximum of that factor, so that few requests are in flight if the API rejects them again.
const FASTEST: f64 = 4.0;
/// How far permits given out one by one may fall behind and still catch up: timers have millisecond
/// resolution.
const TIMERS: Duration = Duration::from_millis(3);
/// How far requests are assumed to overtake each other on their way, at most.
const MOST_JITTER: Duration = Duration::from_millis(100);

/// Holds up to `capacity` tokens.
///
/// A full bucket may be spent at once. When it runs low, the rest, and what accrues while something
/// else delays requests, is given out at little more than its rate: a server with another algorithm
/// may not have it.
#[derive(Debug)]
pub(super) struct Bucket {
    capacity: f64,
    is_gentle: bool,
    rate: Rate,
    tokens: f64,
    at: Instant,
    /// Since when there has been a whole token, if any.
    whole_since: Instant,
    /// Tokens kept in the bucket, for requests that overtake each other on their way.
    reserve: f64,
    pace: Option<Pace>,
}

/// Tokens are given out one by one.
#[derive(Debug)]
struct Pace {
    /// How much faster than they accrue.
    factor: f64,
    grows: bool,
    next_at: Instant,
}

impl Bucket {
    pub(super) fn new(quota: &Quota, now: Instant) -> Self {
        let capacity = quota.burst;
        Self {
            capacity,
            is_gentle: quota.is_gentle,
            rate: Rate::new(quota.per_second),
            tokens: capacity,
            at: now,
            whole_since: now,
            reserve: 1.0_f64.min(capacity - 1.0),
            pace: None,
        }
    }

    /// When a token is available after this many others; a time that is not after `now` means
    /// immediately.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        self.fill(now);
        let others = f64::from(u32::try_from(others).unwrap_or(u32::MAX));
        let per_second = self.rate.per_second(now);
        let missing = others + 1.0 + self.reserve - self.tokens;
        let mut ready = now;
        if missing > 0.0 {
            // A nanosecond more, so that rounding does not wake the caller just too early. After a
            // pause, tokens accrue from its end.
            ready = self.at.max(now) + seconds(missing / per_second) + Duration::from_nanos(1);
        }
        if let Some(pace) = &self.pace {
            ready = ready.max(pace.next_at + seconds(others / (per_second * pace.factor)));
        }
        ready
    }

    /// Since when a token has been available, given that one is.
    pub(super) fn ready_since(&mut self, now: Instant) -> Instant {
        self.fill(now);
        match &self.pace {
            None => self.whole_since,
            Some(pace) => self.whole_since.max(pace.next_at),
        }
    }

    /// Takes a token, going into debt if there is none.
    pub(super) fn take(&mut self, now: Instant) {
        self.tokens -= 1.0;
        self.whole_since = now;
        if self.is_gentle && self.pace.is_none() && self.tokens < self.capacity * LOW {
            self.pace_from(now);
        }
        let per_second = self.rate.per_second(now);
        if let Some(pace) = &mut self.pace {
            let from = pace.next_at.max(now.checked_sub(TIMERS).unwrap_or(now));
            pace.next_at = from + seconds(1.0 / (per_second * pace.factor));
        }
    }

    /// Returns an unused token.
    pub(super) fn give_back(&mut self) {
        self.tokens = (self.tokens + 1.0).min(self.capacity);
    }

    /// Nobody waits: a full bucket may be spent at once again.
    pub(super) fn rest(&mut self, now: Instant) {
        if self.pace.is_some() {
            self.fill(now);
            if self.tokens >= self.capacity {
                self.pace = None;
            }
        }
    }

    /// Gives out tokens one by one from now on.
    pub(super) fn pace_from(&mut self, now: Instant) {
        self.pace = Some(Pace {
            factor: CATCH_UP,
            grows: false,
            next_at: now,
        });
    }

    /// Lets the pace grow with each success.
    pub(super) fn let_pace_grow(&mut self) {
        if let Some(pace) = &mut self.pace {
            pace.grows = true;
        }
    }

    /// A request was accepted.
    pub(super) fn succeeded(&mut self) {
        if let Some(pace) = &mut self.pace
            && pace.grows
        {
            pace.factor = (pace.factor + GROWTH).min(FASTEST);
        }
    }

    /// Accrues no tokens until then.
    pub(super) fn freeze(&mut self, until: Instant, now: Instant) {
        self.fill(now);
        self.at = self.at.max(until);
    }

    /// Removes the tokens of this duration, or all if fewer.
    pub(super) fn forfeit(&mut self, time: Duration, now: Instant) {
        self.fill(now);
        let lost = time.as_secs_f64() * self.rate.per_second(now);
        self.tokens = self.tokens.min((self.tokens - lost).max(0.0));
    }

    /// Adds the tokens of this duration.
    pub(super) fn restore(&mut self, time: Duration, now: Instant) {
        self.fill(now);
        let gained = time.as_secs_f64() * self.rate.per_second(now);
        self.tokens = (self.tokens + gained).min(self.capacity);
    }

    pub(super) fn is_paced(&self) -> bool {
        self.pace.is_some()
    }

    pub(super) fn capacity(&self) -> f64 {
        self.capacity
    }

    pub(super) fn rate(&self) -> &Rate {
        &self.rate
    }

    pub(super) fn rate_mut(&mut self, now: Instant) -> &mut Rate {
        self.fill(now);
        &mut self.rate
    }

    /// How far requests may overtake each other in transit.
    pub(super) fn set_jitter(&mut self, jitter: Duration) {
        let tokens = jitter.min(MOST_JITTER).as_secs_f64() * self.rate.full();
        self.reserve = tokens.max(1.0).min(self.capacity - 1.0);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let per_second = self.rate.per_second(now);
        let gained = passed * per_second;
        let whole = 1.0 + self.reserve;
        if self.tokens < whole && self.tokens + gained >= whole {
            let time = seconds((whole - self.tokens) / per_second);
            self.whole_since = (self.at + time).min(now);
        }
        self.tokens = (self.tokens + gained).min(self.capacity);
        self.at = self.at.max(now);
    }
}

fn seconds(number: f64) -> Duration {
    Duration::from_secs_f64(number.clamp(0.0, LONGEST_WAIT))
}
