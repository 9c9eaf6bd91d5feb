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
/// How many requests may be under way beyond those of the rate while it is so.
const MOST_UNDER_WAY: f64 = 8.0;
/// How far permits given out one by one may fall behind and still catch up: timers have millisecond
/// resolution.
const TIMERS: Duration = Duration::from_millis(3);
/// Servers give tokens back this often at the least, and then those of all the time since.
const REFILL: Duration = Duration::from_secs(1);
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
    /// How far requests may overtake each other in transit.
    jitter: Duration,
    /// How much faster than they are gained tokens are given out at most.
    fastest: f64,
    /// When the bucket was last full, or else last known to be empty.
    known_at: Instant,
    /// Whether tokens that have gathered are not given out: a server that counts evenly has refused
    /// them.
    is_even: bool,
    pace: Option<Pace>,
}

/// Tokens are given out one by one.
#[derive(Debug)]
struct Pace {
    /// How much faster than they accrue.
    factor: f64,
    grows: bool,
    certain: Certain,
    next_at: Instant,
}

/// What becomes of tokens that a server has given back whenever it does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certain {
    /// They may be spent at once.
    AtOnce,
    /// They may, and no others: the times of the server's refills are known.
    Only,
    /// They are given out as others are, since the server has refused some.
    Paced,
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
            jitter: Duration::ZERO,
            fastest: FASTEST,
            known_at: now,
            is_even: false,
            pace: None,
        }
    }

    /// When a token is available after this many others; a time that is not after `now` means
    /// immediately.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        self.fill(now);
        let others = f64::from(u32::try_from(others).unwrap_or(u32::MAX));
        if self.follows_refills() {
            return self.refill_at(others, now);
        }
        let per_second = self.rate.per_second(now);
        let missing = others + 1.0 + self.reserve - self.tokens;
        let mut ready = now;
        if missing > 0.0 {
            // A nanosecond more, so that rounding does not wake the caller just too early. After a
            // pause, tokens accrue from its end.
            ready = self.at.max(now) + seconds(missing / per_second) + Duration::from_nanos(1);
        }
        if let Some(pace) = &self.pace
            && !(pace.certain == Certain::AtOnce
                && self.certain(now) >= others + 1.0 + self.reserve)
        {
            ready = ready.max(pace.next_at + seconds(others / (per_second * pace.factor)));
        }
        ready
    }

    fn follows_refills(&self) -> bool {
        let pace = self.pace.as_ref();
        pace.is_some_and(|pace| pace.certain == Certain::Only)
    }

    /// When the server has given back a token for one more than these, as its refills are known.
    fn refill_at(&self, others: f64, now: Instant) -> Instant {
        let refill = REFILL.as_secs_f64();
        let missing = others + 1.0 - self.certain(now);
        let refills = missing / (self.rate.per_second(now) * refill);
        if refills <= 0.0 {
            return now;
        }
        self.refilled_at(now) + seconds(refills.ceil() * refill)
    }

    /// The last of the refills that are known.
    fn refilled_at(&self, now: Instant) -> Instant {
        let first = self.known_at + self.jitter;
        let passed = now.saturating_duration_since(first).as_secs_f64();
        first + seconds(passed - passed % REFILL.as_secs_f64())
    }

    /// The tokens that a server has given back whenever it does so: those of whole refills.
    fn certain(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.known_at + self.jitter);
        let of_refill = passed.as_secs_f64() % REFILL.as_secs_f64();
        let time = if passed.is_zero() {
            now.saturating_duration_since(self.known_at).as_secs_f64()
        } else {
            of_refill + self.jitter.as_secs_f64()
        };
        self.tokens - time * self.rate.per_second(now)
    }

    /// Since when a token has been available, given that one is.
    pub(super) fn ready_since(&mut self, now: Instant) -> Instant {
        self.fill(now);
        match &self.pace {
            Some(pace) if pace.certain == Certain::Only => {
                self.whole_since.max(self.refilled_at(now).min(now))
            }
            Some(pace) if pace.next_at <= now => self.whole_since.max(pace.next_at),
            _ => self.whole_since,
        }
    }

    /// Takes a token, going into debt if there is none.
    pub(super) fn take(&mut self, now: Instant) {
        let is_certain = self.pace.as_ref().is_some_and(|pace| {
            pace.certain != Certain::Paced && self.certain(now) >= 1.0 + self.reserve
        });
        self.tokens -= 1.0;
        self.whole_since = now;
        if self.is_gentle && self.pace.is_none() && self.is_low(now) {
            self.pace_from(now);
        }
        let per_second = self.rate.per_second(now);
        if let Some(pace) = &mut self.pace
            && !is_certain
        {
            let from = pace.next_at.max(now.checked_sub(TIMERS).unwrap_or(now));
            pace.next_at = from + seconds(1.0 / (per_second * pace.factor));
        }
    }

    /// Whether few tokens are left that a server has whenever it gives them back.
    fn is_low(&self, now: Instant) -> bool {
        let low = self.capacity * LOW;
        let most = (REFILL + self.jitter).as_secs_f64() * self.rate.full();
        self.tokens - most < low && self.certain(now) < low
    }

    /// Returns an unused token.
    pub(super) fn give_back(&mut self) {
        self.tokens = (self.tokens + 1.0).min(self.capacity);
    }

    /// Nobody waits: a full bucket may be spent at once again. Whether it is.
    pub(super) fn rest(&mut self, now: Instant) -> bool {
        self.fill(now);
        let is_full = self.tokens >= self.capacity;
        if is_full {
            self.pace = None;
            self.is_even = false;
        }
        is_full
    }

    /// Gives out tokens one by one from now on.
    pub(super) fn pace_from(&mut self, now: Instant) {
        self.pace = Some(Pace {
            factor: if self.is_even { 1.0 } else { CATCH_UP },
            grows: false,
            certain: Certain::AtOnce,
            next_at: now,
        });
    }

    /// The server has given tokens back shortly before it took a request that was sent then, and does
    /// so regularly.
    pub(super) fn follow_refill(&mut self, sent_at: Instant, now: Instant) {
        self.fill(now);
        let per_second = self.rate.per_second(now);
        let since = now.saturating_duration_since(sent_at).as_secs_f64();
        self.tokens = (per_second * (REFILL.as_secs_f64() + since) - 1.0).min(self.capacity);
        self.known_at = sent_at;
        self.pace_from(now);
        if let Some(pace) = &mut self.pace {
            pace.certain = Certain::Only;
        }
    }

    /// Gives out tokens faster from now on.
    pub(super) fn climb(&mut self, factor: f64, now: Instant) {
        self.pace_strictly_from(now);
        if let Some(pace) = &mut self.pace {
            pace.factor = if self.is_even {
                1.0
            } else {
                factor.clamp(CATCH_UP, FASTEST)
            };
        }
    }

    /// Lets all tokens be spent at once that there are.
    pub(super) fn release(&mut self, now: Instant) {
        self.fill(now);
        self.known_at = now;
        self.pace = None;
    }

    /// Gives out tokens as they are gained, until the bucket has been full.
    pub(super) fn pace_evenly(&mut self, now: Instant) {
        self.forfeit(Duration::MAX, now);
        self.is_even = true;
        self.pace_strictly_from(now);
    }

    /// Gives out tokens one by one from a refusal on, however many there are.
    pub(super) fn pace_strictly_from(&mut self, now: Instant) {
        self.pace_from(now);
        if let Some(pace) = &mut self.pace {
            pace.certain = Certain::Paced;
        }
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
            && !self.is_even
        {
            pace.factor = (pace.factor + GROWTH).min(self.fastest);
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

    /// How long requests are under way.
    pub(super) fn set_round_trip(&mut self, time: Duration) {
        let under_way = time.as_secs_f64() * self.rate.full();
        self.fastest = (1.0 + MOST_UNDER_WAY / under_way).clamp(CATCH_UP, FASTEST);
    }

    /// How far requests may overtake each other in transit.
    pub(super) fn set_jitter(&mut self, jitter: Duration) {
        let tokens = jitter.min(MOST_JITTER).as_secs_f64() * self.rate.full();
        self.reserve = tokens.max(1.0).min(self.capacity - 1.0);
        self.jitter = jitter.min(MOST_JITTER);
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
        if self.tokens >= self.capacity {
            self.known_at = self.at;
        }
    }
}

fn seconds(number: f64) -> Duration {
    Duration::from_secs_f64(number.clamp(0.0, LONGEST_WAIT))
}
