//! The rate that is assumed, which evidence lowers and time recovers.

use tokio::time::Instant;

/// How much slower than its limits a client runs, so that clocks which differ a little do not
/// meet the limit.
const MARGIN: f64 = 0.998;
/// The least part of the full rate that is assumed, so that refusals cannot stop a client for good.
const LEAST: f64 = 0.02;
/// A lowered rate is given up the faster the longer nothing is refused: after this many seconds, or
/// this many requests, it has doubled.
const DOUBLES_AFTER: f64 = 14.0;
const OR_REQUESTS: f64 = 30.0;

#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    lowered: Option<Lowered>,
}

#[derive(Debug, Clone, Copy)]
struct Lowered {
    part: f64,
    at: Instant,
}

impl Rate {
    pub(super) fn new(per_second: f64) -> Self {
        Self {
            per_second,
            lowered: None,
        }
    }

    /// The rate that the account has.
    pub(super) fn full(&self) -> f64 {
        self.per_second
    }

    /// The rate that is assumed at this time.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.per_second * MARGIN * self.part(now)
    }

    fn part(&self, now: Instant) -> f64 {
        let Some(Lowered { part, at }) = self.lowered else {
            return 1.0;
        };
        let time = now.saturating_duration_since(at).as_secs_f64();
        let doubles_after = DOUBLES_AFTER.max(OR_REQUESTS / (part * self.per_second));
        (part * (1.0 + (time / doubles_after).powi(2))).min(1.0)
    }

    /// Assumes that the API takes no more than this.
    pub(super) fn lower(&mut self, per_second: f64, now: Instant) {
        let part = (per_second / self.per_second).clamp(LEAST, 1.0);
        self.lowered = Some(Lowered { part, at: now });
    }
}
