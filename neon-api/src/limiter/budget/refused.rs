//! What a budget learns from a refusal.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    BACKOFF, Blocked, Budget, DECREASE, ENOUGH, EVIDENCE, LONGEST_PAUSE, PAUSE, SERIES, SERVERS_LAG,
};

impl Budget {
    /// How long a refusal that says nothing of it holds requests up.
    pub(super) fn next_pause(&self, now: Instant) -> Duration {
        // Half the time in which a token is gained, where that is long.
        let token = 1.0 / self.bucket.rate().per_second(now);
        let first = PAUSE.max(Duration::from_secs_f64(token.min(60.0) / 2.0));
        let Some(blocked) = &self.blocked else {
            return first;
        };
        let longest = LONGEST_PAUSE.max(first);
        let pause = longest.min(first * BACKOFF.saturating_pow(blocked.probes.min(8)));
        match blocked.window {
            Some((_, free_at)) if free_at > now => {
                pause.min(free_at.saturating_duration_since(now))
            }
            _ => pause,
        }
    }

    /// Begins to hold requests up, and learns from what came before.
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
        self.blocked = Some(Blocked {
            probes: 0,
            frozen: Duration::ZERO,
            window,
            refutes: false,
            is_first: !is_series,
        });
    }

    /// Reads the rate from what was taken since the series began.
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
