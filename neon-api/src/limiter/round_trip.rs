//! How long requests take, and how far they overtake each other.

use std::time::Duration;

/// The least and the most of the times, both of which forget slowly.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RoundTrip(Option<(Duration, Duration)>);

impl RoundTrip {
    /// A request took this time. Whether anything is different because of it.
    pub(super) fn learn(&mut self, time: Duration) -> bool {
        let (least, most) = self.0.unwrap_or((time, time));
        let least = time.min(least + time.saturating_sub(least) / 1024);
        let most = time.max(most.saturating_sub(most.saturating_sub(time) / 1024));
        let before = self.0.replace((least, most));
        before != self.0
    }

    pub(super) fn least(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |(least, _)| least)
    }

    pub(super) fn most(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |(_, most)| most)
    }

    /// The middle of both.
    pub(super) fn middle(&self) -> Duration {
        self.0
            .map_or(Duration::ZERO, |(least, most)| (least + most) / 2)
    }

    /// How far requests overtake each other at the most, as far as has been seen.
    pub(super) fn spread(&self) -> Duration {
        let spread = |(least, most): (Duration, Duration)| most.saturating_sub(least);
        self.0.map_or(Duration::ZERO, spread)
    }
}
