//! The times at which a server gives tokens back, once a second.
//!
//! The first is known from a request that was taken when others had been refused, and so only to within
//! the time between the two. The next ones are found out more exactly: a request is sent half of that
//! time early. Its success means something only if the server had no tokens left, so one or two more are
//! spent than are certain before that. That is done twice at the most: each may cost a refusal, and near
//! the end of what is to be sent there is no time to make up for one.

use std::time::Duration;

use tokio::time::Instant;

/// Servers give tokens back this often at the least, and then those of all the time since.
pub(super) const REFILL: Duration = Duration::from_secs(1);
/// How exactly the time is found out.
const PRECISE: Duration = Duration::from_millis(60);
/// How often it is tried at the most.
pub(super) const TRIES: usize = 2;
/// How many tokens more than are certain a server may have: parts of them, and what the rate's margin
/// leaves.
const MORE: f64 = 1.5;

/// What is known of them. Times are those at which a request is sent that comes after a refill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refills {
    at: Instant,
    /// How much earlier they may be.
    early: Duration,
    /// How often a request may still be sent before the time of a refill.
    tries: usize,
    /// When the last one was.
    tried_at: Option<Instant>,
    /// When the first request since the last refill was sent for which the server may have had no token.
    extra_at: Option<Instant>,
    /// When one of those was sent that was refused.
    refused_at: Option<Instant>,
}

impl Refills {
    /// From this time on, or so much earlier, which is tried so often.
    pub(super) fn new(at: Instant, early: Duration, tries: usize) -> Self {
        Self {
            at,
            early,
            tries,
            tried_at: None,
            extra_at: None,
            refused_at: None,
        }
    }

    /// Whether their times are still to be found out more exactly.
    pub(super) fn is_inexact(&self) -> bool {
        self.early >= PRECISE && self.tries > 0
    }

    /// The last one before this time.
    pub(super) fn last(&self, now: Instant) -> Instant {
        // A refill takes a second.
        self.at + Duration::from_secs(now.saturating_duration_since(self.at).as_secs())
    }

    /// How many more tokens than are certain may be spent.
    pub(super) fn more(&self, now: Instant) -> f64 {
        if self.is_inexact() && !is_recent(self.refused_at, now) {
            MORE
        } else {
            0.0
        }
    }

    /// When a request may be sent, if the next refill is known to have come at this time.
    pub(super) fn try_at(&self, at: Instant, now: Instant) -> Instant {
        if !self.is_inexact() || is_recent(self.tried_at, now) {
            return at;
        }
        at.checked_sub(self.early / 2).unwrap_or(at)
    }

    /// A request is sent, when so many tokens are certain.
    pub(super) fn take(&mut self, certain: f64, now: Instant) {
        if !self.is_inexact() || certain >= 1.0 {
            return;
        }
        if certain < 1.0 - MORE || is_recent(self.refused_at, now) {
            self.tried_at = Some(now);
        } else if !is_recent(self.extra_at, now) {
            self.extra_at = Some(now);
        }
    }

    /// A request was refused that was sent at this time, and those that are sent at that time come no
    /// sooner than it did. Whether that was to be expected, also of one that was overtaken by as much as
    /// they overtake each other.
    pub(super) fn refused(
        &mut self,
        sent_at: Instant,
        seen_at: Instant,
        overtaken: Duration,
    ) -> bool {
        let next = self.last(sent_at) + REFILL;
        let is_extra = |at: Instant| {
            sent_at + overtaken >= at && sent_at < self.last(at) + REFILL - self.early / 2
        };
        if is_recent(self.extra_at, sent_at) && self.extra_at.is_some_and(is_extra) {
            self.refused_at = Some(sent_at);
            return true;
        }
        let is_tried = self.is_inexact() && self.tried_at == Some(sent_at);
        if is_tried {
            self.tries = self.tries.saturating_sub(1);
            self.early = self.early.min(next.saturating_duration_since(seen_at));
        }
        is_tried
    }

    /// A request was taken that was sent at this time, and those that are sent at that time come no
    /// sooner than it did. How much earlier refills are because of it.
    pub(super) fn succeeded(&mut self, sent_at: Instant, seen_at: Instant) -> Duration {
        if !self.is_inexact() || self.tried_at != Some(sent_at) {
            return Duration::ZERO;
        }
        let earlier = (self.last(sent_at) + REFILL).saturating_duration_since(seen_at);
        self.tries = self.tries.saturating_sub(1);
        self.early = self.early.saturating_sub(earlier);
        self.at = self.at.checked_sub(earlier).unwrap_or(self.at);
        earlier
    }
}

/// Whether that was since the last refill, or just before it.
fn is_recent(at: Option<Instant>, now: Instant) -> bool {
    at.is_some_and(|at| now.saturating_duration_since(at) < REFILL / 2)
}
