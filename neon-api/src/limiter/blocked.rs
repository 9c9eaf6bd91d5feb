//! A pause after refusals, and what may explain them.

use std::time::Duration;

use tokio::time::Instant;

use super::window::Full;

/// How long a refusal without `Retry-After` pauses a budget; each that follows without a success
/// in between multiplies it.
const PAUSE: Duration = Duration::from_millis(250);
const BACKOFF: u32 = 3;
/// The longest pause that the limiter takes by itself: the time in which this many tokens are gained,
/// within these bounds. The higher the rate, the more a pause costs compared to a refused probe.
const MISSED: u32 = 40;
const LONGEST_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
/// The same where a refill explains it. The time of the refill is found out to within such a pause and
/// the time that a request takes.
const REFILL_PAUSE: Duration = Duration::from_millis(53);
/// Probes before the time at which a window is free again at the latest, since that of a clock may be
/// over sooner: after which part of the time until just before then each is sent.
///
/// Whichever of them is the first after the end, the time that is lost is about the same part of the
/// least possible. Each that is refused leaves one request less under way to find out what follows, so
/// that the next ones have to be closer.
const PROBES: [f64; 6] = [0.553, 0.31, 0.23, 0.32, 0.44, 1.0];

#[derive(Debug)]
pub(super) struct Blocked {
    /// Refused probes.
    pub(super) probes: usize,
    /// How much of the time is not gained as tokens.
    pub(super) frozen: Duration,
    /// The tokens of how much time were removed.
    pub(super) forfeited: Duration,
    /// When the first request was sent that was refused.
    pub(super) first_sent_at: Instant,
    /// What would explain it, if it ends at that time and not before.
    pub(super) window: Option<Full>,
    /// How many requests were refused since the window should have had a place.
    pub(super) refutations: u32,
    /// When it was known that the last one was refused.
    pub(super) refused_at: Instant,
    /// Whether it is the first of a series.
    pub(super) is_first: bool,
    /// Whether it is the first since the last rest, at a count at which windows are full: the burst was
    /// taken, so that the rates are right.
    pub(super) is_clean: bool,
    /// When a server gives tokens back that does so once a second, if one would explain it.
    pub(super) refill: Option<Refill>,
}

/// When tokens are given back, from and to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refill {
    pub(super) at: Instant,
    pub(super) until: Instant,
}

impl Blocked {
    /// A probe was refused that was sent at this time.
    pub(super) fn refused(&mut self, sent_at: Instant, now: Instant) {
        self.probes += 1;
        self.refused_at = now;
        let refutes = self.window.is_some_and(|window| sent_at >= window.free_at);
        self.refutations += u32::from(refutes);
    }

    /// Whether a window was probed as often as it is.
    pub(super) fn is_probed_out(&self) -> bool {
        self.probes >= PROBES.len()
    }

    /// Whether a request that was taken now is what follows a refill.
    pub(super) fn is_refilled(&self, now: Instant) -> bool {
        self.refill
            .is_some_and(|refill| (refill.at..refill.until).contains(&now))
    }

    /// When requests are taken, however the server counts in windows, if the next is the last probe.
    pub(super) fn free_at(&self) -> Option<Instant> {
        let is_last = self.is_clean && self.refutations == 0 && self.probes + 1 >= PROBES.len();
        self.window.filter(|_| is_last).map(|window| window.free_at)
    }

    /// How long to wait until the next probe, where tokens are gained at this interval, and requests
    /// overtake each other by so much.
    ///
    /// Of a window that is full the end is not known, only when it is over at the latest. An early end
    /// may be found out late, since the tokens that have gathered by then are spent at once; after a
    /// late end less time is left for that. So the first probe is sent after more than half of the time, and
    /// the others at shrinking intervals, the last one just before the time at which it could be taken in any
    /// case.
    pub(super) fn next_pause(&self, token: Duration, spread: Duration, now: Instant) -> Duration {
        // A window may explain it too, but ends later: a request at the refill shows which it is.
        if let Some(Refill { at, until }) = self.refill
            && now < until
        {
            let pause = at.saturating_duration_since(now);
            if self.probes == 0 && pause > PAUSE {
                return PAUSE;
            }
            return pause.max(REFILL_PAUSE).max(token * 2);
        }
        // A window that is twice as long where the server enforces half of what is documented.
        let free_at = |window: Full| window.free_at + window.limit.length * self.refutations.min(1);
        let free_in = self
            .window
            .map(|window| free_at(window).saturating_duration_since(now));
        let is_unrefuted = self.is_clean && self.refutations == 0;
        let Some(left) = free_in.filter(|left| is_unrefuted || !left.is_zero()) else {
            return self.backoff(token);
        };
        if !is_unrefuted {
            return self.backoff(token).min(left);
        }
        let until_last = left.saturating_sub(spread * 7 / 5);
        let part = PROBES.get(self.probes);
        part.map_or(left, |part| until_last.mul_f64(*part))
    }

    fn backoff(&self, token: Duration) -> Duration {
        // Half the time in which a token is gained, where that is long.
        let first = PAUSE.max(token / 2);
        let (least, most) = LONGEST_PAUSE;
        let longest = (token * MISSED).clamp(least, most).max(first);
        let probes = u32::try_from(self.probes).unwrap_or(u32::MAX);
        longest.min(first * BACKOFF.saturating_pow(probes.min(8)))
    }
}
