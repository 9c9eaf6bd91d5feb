//! What a budget learns from requests that are accepted after others were refused.

use tokio::time::Instant;

use super::super::window::Full;
use super::{Blocked, Budget, Follows, Ramp};

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
            // It may have been on its way for the longest time, and the next ones for the least.
            let refilled_at = now.checked_sub(self.round_trip.least());
            self.bucket
                .follow_refill(refilled_at.unwrap_or(sent_at), now);
            return;
        }
        if blocked.probes > 0 {
            self.learn_window(blocked, sent_at, now);
        }
        if is_success && blocked.is_clean {
            self.begin_window(blocked, sent_at, now);
        }
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
        self.bucket.restore(blocked.frozen, now);
        let at_rate = self.per_second(now) * self.round_trip.middle().as_secs_f64();
        self.ramp = Some(Ramp::new(
            sent_at,
            blocked.refused_at,
            at_rate.floor() + blocked.left_to_risk(),
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
            if matches!(ramp.follows, Follows::Window(_)) {
                self.bucket.release(now);
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
