//! A pause after refusals, and what may explain them.

use std::time::Duration;

use tokio::time::Instant;

use super::window::Limit;

/// How long a refusal without `Retry-After` pauses a budget; each that follows without a success
/// in between multiplies it.
const PAUSE: Duration = Duration::from_millis(250);
const BACKOFF: u32 = 3;
/// The longest pause that the limiter takes by itself.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// The same where a refill explains it, which comes within a second; and how many there are at the
/// most. The time of the refill is found out to within such a pause and the time that a request takes.
const REFILL_PAUSE: Duration = Duration::from_millis(45);
const REFILL_PROBES: u32 = 9;
/// Probes before the time at which a window is free again at the latest: that of a clock may be
/// over sooner.
const WINDOW_PROBES: u32 = 4;
/// How long before that time the last of them is sent.
const LAST_PROBE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Blocked {
    /// Refused probes.
    pub(super) probes: u32,
    /// How much of the time is not gained as tokens.
    pub(super) frozen: Duration,
    /// What would explain it, if it ends at that time and not before.
    pub(super) window: Option<(Limit, Instant)>,
    /// How many requests were refused since the window should have had a place.
    pub(super) refutations: u32,
    /// When the last request was sent that was refused.
    pub(super) refused_at: Instant,
    /// Whether it is the first of a series.
    pub(super) is_first: bool,
    /// Whether it is the first since the last rest: the burst was taken, so that the rates are right.
    pub(super) is_clean: bool,
    /// Whether a server would explain it that gives tokens back once a second.
    pub(super) is_at_refill: bool,
}

impl Blocked {
    /// A probe was refused that was sent at this time.
    pub(super) fn refused(&mut self, sent_at: Instant) {
        self.probes += 1;
        self.refused_at = sent_at;
        let refutes = self.window.is_some_and(|(_, at)| sent_at >= at);
        self.refutations += u32::from(refutes);
    }

    /// How long to wait until the next probe, where tokens are gained at this interval.
    pub(super) fn next_pause(&self, token: Duration, now: Instant) -> Duration {
        if self.is_at_refill && self.probes < REFILL_PROBES {
            return REFILL_PAUSE.max(token * 2);
        }
        // Half the time in which a token is gained, where that is long.
        let first = PAUSE.max(token / 2);
        let longest = LONGEST_PAUSE.max(first);
        let pause = longest.min(first * BACKOFF.saturating_pow(self.probes.min(8)));
        // A window that is twice as long where the server enforces half of what is documented.
        let free_at = |(limit, at): (Limit, Instant)| at + limit.length * self.refutations.min(1);
        let free_in = self
            .window
            .map(|window| free_at(window).saturating_duration_since(now));
        let Some(left) = free_in.filter(|left| !left.is_zero()) else {
            return pause;
        };
        if !self.is_clean || self.refutations > 0 {
            return pause.min(left);
        }
        match WINDOW_PROBES.saturating_sub(self.probes) {
            0 => left,
            probes => left.saturating_sub(LAST_PROBE) / probes,
        }
    }
}
