//! The assumed rate, which rejections lower and time restores.

use tokio::time::Instant;

/// How much slower than its limits a client runs, so that small clock differences do not exceed the
/// limit.
const MARGIN: f64 = 0.998;
/// The minimum assumed part of the full rate, so that rejections cannot stop a client permanently.
const LEAST: f64 = 0.02;
/// A lowered rate recovers faster the longer nothing is rejected: it doubles after this many
/// seconds or this many requests.
const DOUBLES_AFTER: f64 = 10.0;
const OR_REQUESTS: f64 = 6.0;

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

    /// The assumed rate at this time.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.exact(now) * MARGIN
    }

    /// The same without the margin for clocks.
    pub(super) fn exact(&self, now: Instant) -> f64 {
        self.per_second * self.part(now)
    }

    fn part(&self, now: Instant) -> f64 {
        let Some(Lowered { part, at }) = self.lowered else {
            return 1.0;
        };
        let time = now.saturating_duration_since(at).as_secs_f64();
        let doubles_after = DOUBLES_AFTER.max(OR_REQUESTS / (part * self.per_second));
        (part * (1.0 + (time / doubles_after).powi(2))).min(1.0)
    }

    /// Assumes that the API accepts no more than this.
    pub(super) fn lower(&mut self, per_second: f64, now: Instant) {
        let part = (per_second / self.per_second).clamp(LEAST, 1.0);
        self.lowered = Some(Lowered { part, at: now });
    }
}
