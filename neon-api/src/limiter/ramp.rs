//! What follows a refill, or a window that was full.
//!
//! All may be sent at once that the server has given back; or it only seemed so, and what was sent before
//! counts on in part, so that requests are taken evenly, at the rate. To find out, few more are under way
//! than at the rate, so that few are refused should it be the second, until more were taken than that
//! takes.

use std::time::Duration;

use tokio::time::Instant;

use super::window::Limit;

/// How many more than at the rate show that requests are not taken evenly.
const MARGIN: f64 = 1.1;
/// The longest that what a refill has given back is given out little by little.
const REFILL: Duration = Duration::from_millis(900);

/// What seems to have happened.
#[derive(Debug, Clone, Copy)]
pub(super) enum Follows {
    Refill,
    /// A window that ends at a time of its own, or one that moves on, of which a success shows this
    /// limit.
    Window(Option<Limit>),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    pub(super) follows: Follows,
    since: Instant,
    /// When it was known that the last one was refused before.
    refused_at: Instant,
    /// How many may be sent at first: a server makes room for more while they are on their way.
    first: f64,
    /// How many may be under way.
    room: f64,
    under_way: f64,
    sent: f64,
    taken: f64,
}

impl Ramp {
    /// From this time on, when a request was known to be refused at that time. So many may be under way
    /// at first, and so many later.
    pub(super) fn new(
        since: Instant,
        refused_at: Instant,
        (first, room): (f64, f64),
        follows: Follows,
    ) -> Self {
        Self {
            follows,
            since,
            refused_at,
            first,
            room,
            under_way: 0.0,
            sent: 0.0,
            taken: 0.0,
        }
    }

    /// When the next may be sent: at once while few are under way, or else at the rate.
    pub(super) fn ready_at(&self, per_second: f64) -> Instant {
        if self.sent < self.first || self.under_way < self.room {
            return self.since;
        }
        self.since + Duration::from_secs_f64((self.sent / per_second).min(3600.0))
    }

    pub(super) fn send(&mut self) {
        self.under_way += 1.0;
        self.sent += 1.0;
    }

    /// Whether it was sent before; its refusal then shows that all went on later.
    pub(super) fn refused_before(&mut self, sent_at: Instant, now: Instant) -> bool {
        let is_before = sent_at < self.since;
        if is_before {
            self.refused_at = self.refused_at.max(now);
        }
        is_before
    }

    /// The outcome is known of a request that was sent at this time.
    pub(super) fn answered(&mut self, sent_at: Instant) {
        if sent_at >= self.since {
            self.under_way = (self.under_way - 1.0).max(0.0);
        }
    }

    /// A request was taken. Whether it is the first of those that were sent since.
    pub(super) fn succeeded(&mut self, sent_at: Instant) -> bool {
        if sent_at < self.since {
            return false;
        }
        self.taken += 1.0;
        self.taken <= 1.0
    }

    /// Whether more were taken than by a server that takes requests evenly.
    pub(super) fn is_over(&self, per_second: f64, now: Instant) -> bool {
        let time = now.saturating_duration_since(self.refused_at);
        let is_refilled = matches!(self.follows, Follows::Refill) && now >= self.since + REFILL;
        is_refilled || self.taken >= time.as_secs_f64() * per_second + MARGIN
    }
}
