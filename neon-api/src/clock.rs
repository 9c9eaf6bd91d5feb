//! Deadlines.

use std::time::Duration;

use tokio::time::Instant;

/// The value for "never": tokio's clock cannot hold every sum of a time and a duration, and
/// `Duration::MAX` is how callers say that there is no limit.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The time after a duration.
pub(crate) fn after(now: Instant, duration: Duration) -> Instant {
    now + duration.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_duration_is_too_long() {
        let now = Instant::now();
        assert!(after(now, Duration::MAX) > now);
        assert_eq!(
            after(now, Duration::from_secs(1)),
            now + Duration::from_secs(1)
        );
    }
}
