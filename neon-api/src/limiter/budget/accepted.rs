//! What a budget learns from requests that are accepted after others were refused.

use tokio::time::Instant;

use super::super::refills::{Refills, TRIES};
use super::super::window::{Full, number};
use super::{Blocked, Budget, Follows, Ramp};

/// How many requests may be refused until it is known how the server counts: 1 % of 1,000.
const MOST_REFUSED: usize = 10;
/// How many times as many as at the rate are under way beyond those, at most, while it is found out.
const SOON: f64 = 1.2;
/// How many requests could be sent in the time by which a refill may be earlier, for it to be found out.
const WORTH_IT: f64 = 4.0;

impl Budget {
    /// Learns from the outcome of the first request that was not refused after others were.
    pub(super) fn learn(
        &mut self,
        blocked: &Blocked,
        sent_at: Instant,
        is_success: bool,
        now: Instant,
    ) {
        if is_success && blocked.is_refilled(now) {
            self.begin_ramp(blocked, sent_at, Follows::Refill, now);
            self.follow_refill(blocked, now);
            return;
        }
        if blocked.probes > 0 {
            self.learn_window(blocked, sent_at, now);
        }
        if is_success && blocked.is_clean {
            self.begin_window(blocked, sent_at, now);
        } else if is_success && blocked.is_first {
            self.bucket.restore(blocked.forfeited, now);
        }
    }

    /// The server gives tokens back once a second, and did so before a request was taken whose outcome is
    /// known now. That may have been on its way for the longest time, and the next ones for the least.
    fn follow_refill(&mut self, blocked: &Blocked, now: Instant) {
        let early = now.saturating_duration_since(blocked.refused_at);
        let is_worth_it = early.as_secs_f64() * self.per_second(now) >= WORTH_IT;
        // Each may cost a refusal, and what is spent besides another one.
        let left = MOST_REFUSED.saturating_sub(self.frontier.refused() + 1);
        let tries = if is_worth_it { left.min(TRIES) } else { 0 };
        let refills = Refills::new(self.seen_at(now), early, tries);
        let taken = f64::from(self.counted.1);
        self.bucket.follow(refills, taken, now);
    }

    /// When a request would be sent that comes no sooner than one whose outcome is known now, even if it
    /// is somewhat faster than any so far.
    pub(super) fn seen_at(&self, now: Instant) -> Instant {
        let least = self.round_trip.least();
        let least = least.saturating_sub(self.round_trip.spread() / 32);
        now.checked_sub(least).unwrap_or(now)
    }

    fn learn_window(&mut self, blocked: &Blocked, sent_at: Instant, now: Instant) {
        if let Some(window) = blocked.window
            && blocked.refutations == 0
            && sent_at >= window.free_at
        {
            self.window.set_limit(window.limit);
            self.bucket.restore(blocked.frozen, now);
        }
        if blocked.is_first {
            // If nothing was accepted for a while, no rate can be measured.
            self.counted = (now, 0);
        }
    }

    /// Others follow a probe whose outcome is not known yet.
    pub(super) fn open(&mut self, now: Instant) {
        let is_free = self.free_at().is_some();
        let Some(blocked) = self.resume() else {
            return;
        };
        if is_free {
            self.begin_window(&blocked, now, now);
            self.counted = (now, 0);
        }
    }

    /// When the probe that comes next is over at the latest, if it is the last of a window.
    pub(super) fn free_at(&self) -> Option<Instant> {
        self.blocked.as_ref().and_then(Blocked::free_at)
    }

    /// A window that was full has moved on, or ended at a time of its own.
    fn begin_window(&mut self, blocked: &Blocked, sent_at: Instant, now: Instant) {
        let Some(Full { limit, free_at, .. }) = blocked.window else {
            return;
        };
        let has_moved = free_at <= sent_at + self.round_trip.most();
        let follows = Follows::Window(has_moved.then_some(limit));
        self.begin_ramp(blocked, sent_at, follows, now);
        if !has_moved {
            // A new one may have begun, which is then full when it holds as many.
            self.window.begin_anew(sent_at);
            self.frontier.begin_window(limit, sent_at);
            self.is_clean = true;
        }
    }

    fn begin_ramp(&mut self, blocked: &Blocked, sent_at: Instant, follows: Follows, now: Instant) {
        self.bucket.restore(blocked.frozen + blocked.forfeited, now);
        let middle = self.round_trip.middle();
        let at_rate = self.per_second(now) * middle.as_secs_f64();
        let left = MOST_REFUSED.saturating_sub(self.frontier.refused()).max(1);
        // No more than are soon made up for, and one more while few probes were refused, or at the end of
        // them, when few have to be taken for more to follow than at a rate by which several are under way.
        let left = number(left).min(1.0 + at_rate * SOON);
        let is_near_end = blocked.is_probed_out() && at_rate >= 1.0;
        let more = if blocked.probes < 2 || is_near_end {
            at_rate.fract()
        } else {
            0.0
        };
        // A server that counts evenly makes room for more until most of the first ones have arrived.
        let arrival = middle + self.round_trip.spread() / 4;
        let first = left + self.per_second(now) * arrival.as_secs_f64();
        let room = at_rate.floor() + more + left;
        self.ramp = Some(Ramp::new(
            sent_at,
            blocked.refused_at,
            (first, room),
            follows,
        ));
    }

    /// A request passes. Once no tokens have gathered any more, nothing is to be found out.
    pub(super) fn take_in_ramp(&mut self, now: Instant) {
        let Some(ramp) = &mut self.ramp else {
            return;
        };
        ramp.send();
        if matches!(ramp.follows, Follows::Window(_)) && self.bucket.unpaced_at(now) > now {
            self.ramp = None;
            self.bucket.pace_from(now);
        }
    }

    pub(super) fn climb(&mut self, sent_at: Instant, now: Instant) {
        let per_second = self.per_second(now);
        let Some(ramp) = &mut self.ramp else {
            return;
        };
        if ramp.succeeded(sent_at)
            && let Follows::Window(Some(limit)) = ramp.follows
        {
            self.window.set_limit(limit);
        }
        if ramp.is_over(per_second, now) {
            match ramp.follows {
                Follows::Window(Some(_)) => self.bucket.rely_on_window(),
                Follows::Window(None) => self.bucket.release(now),
                Follows::Refill => {}
            }
            self.ramp = None;
        }
    }

    pub(super) fn resume(&mut self) -> Option<Blocked> {
        let blocked = self.blocked.take()?;
        self.bucket.let_pace_grow();
        Some(blocked)
    }
}
