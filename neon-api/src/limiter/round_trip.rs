//! How long requests take, and how far they overtake each other.

use std::time::Duration;

/// The least and the most of the times, both of which forget slowly.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RoundTrip(Option<(Duration, Duration)>);

impl RoundTrip {
    pub(super) fn learn(&mut self, time: Duration) {
        let (least, most) = self.0.unwrap_or((time, time));
        let least = time.min(least + time.saturating_sub(least) / 64);
        let most = time.max(most.saturating_sub(most.saturating_sub(time) / 64));
        self.0 = Some((least, most));
    }

    pub(super) fn most(&self) -> Duration {
        self.0.map_or(Duration::ZERO, |(_, most)| most)
    }

    /// How far requests overtake each other at the most, as far as has been seen.
    pub(super) fn spread(&self) -> Duration {
        let spread = |(least, most): (Duration, Duration)| most.saturating_sub(least);
        self.0.map_or(Duration::ZERO, spread)
    }
}
