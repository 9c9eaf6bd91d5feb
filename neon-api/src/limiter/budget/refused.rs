//! What a budget learns from a refusal.

use std::mem;
use std::time::Duration;

use tokio::time::Instant;

use super::{Blocked, Budget, DECREASE, ENOUGH, EVIDENCE, SERIES, SERVERS_LAG};

impl Budget {
    pub(super) fn next_pause(&self, now: Instant) -> Duration {
        let token = (1.0 / self.per_second(now)).min(60.0);
        let blocked = self.blocked.as_ref();
        blocked.map_or(Duration::ZERO, |blocked| {
            blocked.next_pause(Duration::from_secs_f64(token), now)
        })
    }

    /// Starts a pause, and learns from what came before.
    pub(super) fn block(&mut self, sent_at: Instant, now: Instant) {
        let full = self.bucket.rate().full();
        let burst = self.bucket.capacity();
        let window = self.window.explain(sent_at, full, burst);
        let is_series = self.refused_at.is_some_and(|at| at + SERIES > now);
        if is_series {
            self.bucket.forfeit(Duration::MAX, now);
            self.learn_rate(now);
        } else {
            self.counted = (now, 0);
            if self.bucket.is_paced() {
                self.bucket.forfeit(SERVERS_LAG, now);
            }
        }
        let is_clean = mem::replace(&mut self.is_clean, false);
        let spread = self.round_trip.spread();
        self.blocked = Some(Blocked {
            probes: 0,
            frozen: Duration::ZERO,
            window,
            refutations: 0,
            is_clean,
            refused_at: sent_at,
            is_first: !is_series,
            is_at_refill: is_clean && self.frontier.is_at_refill(sent_at, spread, now),
        });
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
