//! What holds requests up, whatever the rate.

use std::time::Duration;

use tokio::time::Instant;

/// How long the one request that is sent after a pause may take until others follow.
pub(super) const PROBE: Duration = Duration::from_secs(1);
/// How long a request that may show how the server counts holds up others, if its outcome takes
/// longer.
const ALONE: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy)]
pub(super) enum Gate {
    Open,
    /// Nobody passes until then, and then one.
    Paused(Instant),
    /// One has passed; others do when its outcome is known, or at that time.
    Probing {
        since: Instant,
        until: Instant,
    },
    /// One has passed that may show how the server counts; others do soon after the outcome of so
    /// many that were sent at that time is known, or when it takes long.
    Alone {
        since: Instant,
        awaited: usize,
        until: Instant,
    },
}

impl Gate {
    pub(super) fn probing(now: Instant) -> Self {
        Self::Probing {
            since: now,
            until: now + PROBE,
        }
    }

    /// One has passed together with others of the same time, so many in all.
    pub(super) fn alone(sent: usize, now: Instant) -> Self {
        Self::Alone {
            since: now,
            awaited: sent,
            until: now + ALONE,
        }
    }

    /// When requests pass, or the next one does.
    pub(super) fn until(&self) -> Option<Instant> {
        match *self {
            Self::Open => None,
            Self::Paused(until) | Self::Probing { until, .. } | Self::Alone { until, .. } => {
                Some(until)
            }
        }
    }

    pub(super) fn is_closed(&self, now: Instant) -> bool {
        self.until().is_some_and(|until| until > now)
    }

    /// Whether a request that was sent at this time is one that others wait for, or may have been
    /// overtaken by it.
    pub(super) fn is_probed_by(&self, sent_at: Instant) -> bool {
        match *self {
            Self::Probing { since, .. } => sent_at >= since,
            Self::Alone { since, .. } => sent_at + ALONE >= since,
            _ => false,
        }
    }

    /// Whether a request that was sent at this time is one by which it is found out how the server
    /// counts.
    pub(super) fn is_alone(&self, sent_at: Instant) -> bool {
        matches!(self, Self::Alone { .. }) && self.is_probed_by(sent_at)
    }

    /// The outcome of a request is known that was sent at this time. Whether others pass sooner because
    /// of it: after the time by which requests overtake each other, since those that were sent before
    /// it may come after it.
    pub(super) fn answered_alone(
        &mut self,
        sent_at: Instant,
        jitter: Duration,
        now: Instant,
    ) -> bool {
        let Self::Alone {
            since,
            awaited,
            until,
        } = self
        else {
            return false;
        };
        if sent_at < *since {
            return false;
        }
        *awaited = awaited.saturating_sub(1);
        if *awaited == 0 {
            *until = (*until).min(now + jitter);
        }
        *awaited == 0
    }
}
