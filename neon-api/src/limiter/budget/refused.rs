//! What a budget learns from a refusal.

use std::mem;
use std::time::Duration;

use tokio::time::Instant;

use super::super::blocked::Refill;
use super::{Blocked, Budget, DECREASE, ENOUGH, EVIDENCE, SERIES, SERVERS_LAG};

impl Budget {
    pub(super) fn next_pause(&self, now: Instant) -> Duration {
        let token = (1.0 / self.per_second(now)).min(60.0);
        let blocked = self.blocked.as_ref();
        blocked.map_or(Duration::ZERO, |blocked| {
            blocked.next_pause(
                Duration::from_secs_f64(token),
                self.round_trip.spread(),
                now,
            )
        })
    }

    /// Starts a pause, and learns from what came before.
    pub(super) fn block(&mut self, sent_at: Instant, now: Instant) {
        let full = self.bucket.rate().full();
        let burst = self.bucket.capacity();
        let window = self.window.explain(sent_at, full, burst, now);
        let is_series = self.refused_at.is_some_and(|at| at + SERIES > now);
        let mut forfeited = Duration::ZERO;
        if is_series {
            self.bucket.forfeit(Duration::MAX, now);
            self.learn_rate(now);
        } else {
            self.counted = (now, 0);
            if self.bucket.is_paced() {
                forfeited = self.bucket.forfeit(SERVERS_LAG, now);
            }
        }
        let is_clean = mem::replace(&mut self.is_clean, false);
        let is_exact = window.is_some_and(|window| window.is_exact);
        let is_alone = self.gate.is_alone(sent_at) && !self.window.is_one_of_many(sent_at);
        let is_window = is_clean && is_exact && is_alone;
        let refill = self.refill(0, now);
        self.blocked = Some(Blocked {
            probes: 0,
            frozen: Duration::ZERO,
            forfeited,
            first_sent_at: sent_at,
            window,
            refutations: 0,
            is_clean: is_window,
            refused_at: now,
            is_first: !is_series,
            refill: refill.filter(|_| is_clean),
        });
    }

    /// A probe was refused that was sent at this time.
    pub(super) fn refuse_probe(&mut self, sent_at: Instant, now: Instant) {
        let Some(blocked) = &mut self.blocked else {
            return;
        };
        blocked.refused(sent_at, now);
        if !blocked.is_clean && blocked.window.is_none_or(|window| !window.is_exact) {
            // Another window may explain it, that is over later.
            let (full, burst) = (self.bucket.rate().full(), self.bucket.capacity());
            let first = blocked.first_sent_at;
            blocked.window = self.window.explain(first, full, burst, now);
            if blocked.window.is_some() {
                blocked.refutations = 0;
            }
        }
    }

    /// When a server that gives tokens back once a second does so next, if that explains a refusal now
    /// after so many fewer than were taken.
    fn refill(&self, fewer: usize, now: Instant) -> Option<Refill> {
        let spread = self.round_trip.spread();
        self.frontier.refill(fewer, &self.window, spread, now)
    }

    /// Whether a refusal of a request that was sent at this time is the first since a rest, and one that
    /// refills explain. Of many that are sent at once a narrower budget refuses some as well.
    pub(super) fn is_at_refill(&self, sent_at: Instant, now: Instant) -> bool {
        // The request itself still counts as one that was taken.
        let is_explained = || self.refill(1, now).is_some();
        self.is_clean && !self.window.is_one_of_many(sent_at) && is_explained()
    }

    /// Measures the rate from what was accepted since the series began.
    fn learn_rate(&mut self, now: Instant) {
        let (since, count) = self.counted;
        let time = now.saturating_duration_since(since);
        if count == 0 || time < EVIDENCE {
            return;
        }
        self.counted = (now, 0);
        let assumed = self.bucket.rate().per_second(now);
        let taken = f64::from(count) / time.as_secs_f64();
        if taken < assumed * ENOUGH {
            let lower = taken.max(assumed * DECREASE);
            self.bucket.rate_mut(now).lower(lower, now);
        }
    }
}
