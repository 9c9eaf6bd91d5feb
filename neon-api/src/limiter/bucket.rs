//! A token bucket whose rate can change, and whose tokens can be given out one by one.

use std::time::Duration;

use tokio::time::Instant;

use super::budget::Quota;
use super::rate::Rate;
use super::refills::{REFILL, Refills};

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
const MOST_UNDER_WAY: f64 = 5.0;
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
    /// The times of the server's refills, if they are known: no tokens but theirs are given out then.
    refills: Option<Refills>,
    /// Until when requests were held up that may all be sent now.
    held_until: Option<Instant>,
}

/// Tokens are given out one by one.
#[derive(Debug)]
struct Pace {
    /// How much faster than they accrue.
    factor: f64,
    grows: bool,
    /// Whether those are, too, that a server has given back whenever it does so: it has refused some.
    is_strict: bool,
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
            jitter: Duration::ZERO,
            fastest: FASTEST,
            known_at: now,
            is_even: false,
            pace: None,
            refills: None,
            held_until: None,
        }
    }

    /// When a token is available after this many others; a time that is not after `now` means
    /// immediately.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        self.fill(now);
        let others = f64::from(u32::try_from(others).unwrap_or(u32::MAX));
        if let Some(refills) = &self.refills {
            return self.refill_at(refills, others, now);
        }
        let per_second = self.rate.per_second(now);
        let mut ready = self.gained_at(others, now);
        if let Some(pace) = &self.pace
            && (pace.is_strict || self.certain(now) < others + 1.0 + self.reserve)
        {
            ready = ready.max(pace.next_at + seconds(others / (per_second * pace.factor)));
        }
        ready
    }

    /// When there are so many tokens and one more.
    fn gained_at(&self, others: f64, now: Instant) -> Instant {
        let missing = others + 1.0 + self.reserve - self.tokens;
        if missing <= 0.0 {
            return now;
        }
        // A nanosecond more, so that rounding does not wake the caller just too early. After a
        // pause, tokens accrue from its end.
        let time = seconds(missing / self.rate.per_second(now));
        self.at.max(now) + time + Duration::from_nanos(1)
    }

    /// When a token is available, whatever the pace.
    pub(super) fn unpaced_at(&mut self, now: Instant) -> Instant {
        self.fill(now);
        self.gained_at(0.0, now)
    }

    /// Whether the times of the server's refills are known.
    pub(super) fn follows_refills(&self) -> bool {
        self.refills.is_some()
    }

    /// When the server has given back a token for one more than these.
    fn refill_at(&self, refills: &Refills, others: f64, now: Instant) -> Instant {
        let missing = others + 1.0 - refills.more(now) - self.certain(now);
        let count = missing / (self.per_second(now) * REFILL.as_secs_f64());
        if count <= 0.0 {
            return now;
        }
        let at = refills.last(now) + seconds(count.ceil() * REFILL.as_secs_f64());
        if others > 0.0 {
            return at;
        }
        refills.try_at(at, now)
    }

    /// The tokens that a server has given back whenever it does so: those of whole refills.
    fn certain(&self, now: Instant) -> f64 {
        if let Some(refills) = &self.refills {
            let since = now.saturating_duration_since(refills.last(now));
            return self.tokens - since.as_secs_f64() * self.per_second(now);
        }
        let passed = now.saturating_duration_since(self.known_at + self.jitter);
        let time = if passed.is_zero() {
            now.saturating_duration_since(self.known_at)
        } else {
            // A refill takes a second.
            Duration::from_nanos(passed.subsec_nanos().into()) + self.jitter
        };
        self.tokens - time.as_secs_f64() * self.rate.per_second(now)
    }

    /// Since when a token has been available, given that one is.
    pub(super) fn ready_since(&mut self, now: Instant) -> Instant {
        self.fill(now);
        let since = match (&self.refills, &self.pace) {
            (Some(refills), _) => refills.last(now).min(now),
            (None, Some(pace)) if pace.next_at <= now => pace.next_at,
            _ => return self.whole_since,
        };
        self.whole_since.max(since)
    }

    /// Takes a token, going into debt if there is none.
    pub(super) fn take(&mut self, now: Instant) {
        let mut is_certain = self.pace.as_ref().is_some_and(|pace| !pace.is_strict);
        if is_certain {
            let certain = self.certain(now);
            is_certain = certain >= 1.0 + self.reserve;
            if let Some(refills) = &mut self.refills {
                refills.take(certain, now);
            }
        }
        self.tokens -= 1.0;
        self.whole_since = now;
        if self.is_gentle && self.pace.is_none() && self.is_low(now) {
            self.pace_from(now);
        }
        let per_second = self.rate.per_second(now);
        if let Some(pace) = &mut self.pace
            && !is_certain
        {
            let is_behind = self.held_until.is_some_and(|at| pace.next_at < at);
            let since = now.checked_sub(TIMERS).filter(|_| !is_behind);
            let from = since.map_or(pace.next_at, |since| pace.next_at.max(since));
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
            self.refills = None;
            self.is_even = false;
        }
        is_full
    }

    /// Gives out tokens one by one from now on.
    pub(super) fn pace_from(&mut self, now: Instant) {
        self.refills = None;
        self.pace = Some(Pace {
            factor: if self.is_even { 1.0 } else { CATCH_UP },
            grows: false,
            is_strict: false,
            next_at: now,
        });
    }

    /// The server gives tokens back regularly, of which so many were taken since it last did.
    pub(super) fn follow(&mut self, refills: Refills, taken: f64, now: Instant) {
        self.fill(now);
        self.pace_from(now);
        let time = REFILL + now.saturating_duration_since(refills.last(now));
        let gained = self.rate.per_second(now) * time.as_secs_f64();
        self.tokens = (gained - taken).min(self.capacity);
        self.refills = Some(refills);
    }

    /// A request was refused that was sent at this time, and those that are sent at that time come no
    /// sooner than it did. Whether it was sent to find out when refills come.
    pub(super) fn refused(&mut self, sent_at: Instant, seen_at: Instant) -> bool {
        let (refills, jitter) = (self.refills.as_mut(), self.jitter);
        let is_expected = refills.is_some_and(|refills| refills.refused(sent_at, seen_at, jitter));
        self.tokens += f64::from(u8::from(is_expected));
        is_expected
    }

    /// Tokens are spent at once that have gathered while requests were held up.
    pub(super) fn let_catch_up(&mut self, now: Instant) {
        self.held_until = Some(now);
    }

    /// A window is known, and decides when tokens are spent that have gathered.
    pub(super) fn rely_on_window(&mut self) {
        self.is_gentle = false;
        self.pace = None;
    }

    /// Lets all tokens be spent at once that there are.
    pub(super) fn release(&mut self, now: Instant) {
        self.fill(now);
        self.known_at = now;
        self.pace = None;
        self.refills = None;
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
            pace.is_strict = true;
        }
    }

    /// Lets the pace grow with each success.
    pub(super) fn let_pace_grow(&mut self) {
        if let Some(pace) = &mut self.pace {
            pace.grows = true;
        }
    }

    /// A request was taken that was sent at this time; those that are sent at that time come no sooner.
    pub(super) fn learn_refill(&mut self, sent_at: Instant, seen_at: Instant) {
        if let Some(refills) = &mut self.refills {
            let earlier = refills.succeeded(sent_at, seen_at);
            self.tokens += earlier.as_secs_f64() * self.rate.full();
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

    /// Removes the tokens of this duration, or all if fewer. Of how much time they are.
    pub(super) fn forfeit(&mut self, time: Duration, now: Instant) -> Duration {
        self.fill(now);
        let per_second = self.rate.per_second(now);
        let lost = (time.as_secs_f64() * per_second).min(self.tokens.max(0.0));
        self.tokens -= lost;
        seconds(lost / per_second)
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

    pub(super) fn reserve(&self) -> f64 {
        self.reserve
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

    /// The rate at which tokens are gained. While the times of refills are found out they are counted
    /// exactly.
    fn per_second(&self, now: Instant) -> f64 {
        match &self.refills {
            Some(refills) if refills.is_inexact() => self.rate.exact(now),
            _ => self.rate.per_second(now),
        }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let per_second = self.per_second(now);
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
