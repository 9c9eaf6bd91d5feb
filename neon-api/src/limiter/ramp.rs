//! What follows a window that was full.
//!
//! It may begin anew, so that all may be sent at once that it holds; or what was sent in the one before
//! counts on in parts, so that requests are taken evenly, at the rate. To find out, requests are sent
//! a little faster than that, so that few are under way should they be refused, until more were taken
//! than the second kind takes.

use tokio::time::Instant;

/// How many requests may be refused in all, those before included.
const RISKED: f64 = 9.0;

#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    since: Instant,
    /// What is taken beyond the rate by a server that counts on, at the most.
    excess: f64,
    taken: f64,
}

impl Ramp {
    /// From a request on that was sent at this time and taken, when one had been refused that was sent
    /// at that time.
    pub(super) fn new(since: Instant, refused_at: Instant, per_second: f64) -> Self {
        let time = since.saturating_duration_since(refused_at).as_secs_f64();
        Self {
            since,
            excess: time * per_second + 2.0,
            taken: 0.0,
        }
    }

    /// How much faster than the rate requests are sent, given how many were refused before, and
    /// how many are under way at the rate.
    pub(super) fn factor(refused: u32, under_way: f64) -> f64 {
        1.0 + (RISKED - f64::from(refused)).max(1.0) / under_way
    }

    /// A request was taken that was sent at this time. Whether it shows that the window began anew.
    pub(super) fn succeeded(&mut self, sent_at: Instant, per_second: f64, now: Instant) -> bool {
        if sent_at < self.since {
            return false;
        }
        self.taken += 1.0;
        let time = now.saturating_duration_since(self.since).as_secs_f64();
        self.taken >= self.excess + time * per_second
    }
}
