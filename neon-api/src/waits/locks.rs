//! How long projects are locked, to decide when to poll next.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How many of the latest locks are remembered.
const REMEMBERED: usize = 8;
/// The longest time between two polls.
const LONGEST_INTERVAL: Duration = Duration::from_secs(3);
/// The interval of polls, in percent of how long the lock has lasted already. The end of a lock is
/// then detected with a delay of about half of that percentage, whatever its length.
const INTERVAL_PERCENT: u32 = 7;

/// The assumed length of a lock that no poll has seen, in percent of the shortest known one: short
/// enough to detect that locks have become shorter, and not so short that a wait without a lock
/// causes useless polls later.
const UNSEEN_PERCENT: u32 = 80;

/// The latest locks of a project, each from the beginning of the wait for its end.
#[derive(Debug, Default)]
pub(super) struct LockTimes {
    latest: VecDeque<Duration>,
    since: Option<Instant>,
}

impl LockTimes {
    /// A wait begins; returns the delay of the first poll.
    pub(super) fn begin(&mut self, now: Instant) -> Duration {
        self.since = Some(now);
        self.first_poll()
    }

    /// The time from a poll that found a lock to the next one.
    pub(super) fn next_poll(&self, now: Instant) -> Duration {
        let lasted = self.since.map_or(Duration::ZERO, |since| now - since);
        let interval = lasted.max(self.shortest()) * INTERVAL_PERCENT / 100;
        interval
            .max(self.first_poll().saturating_sub(lasted))
            .min(LONGEST_INTERVAL)
    }

    /// Somewhat before the shortest known lock, and the earlier, the fewer are known.
    fn first_poll(&self) -> Duration {
        let known = u32::try_from(self.latest.len()).unwrap_or_default();
        self.shortest().min(LONGEST_INTERVAL) * known / (known + 2)
    }

    /// No lock is seen anymore; takes when one was last seen.
    pub(super) fn end(&mut self, now: Instant, seen_at: Option<Instant>) {
        let Some(since) = self.since.take() else {
            return;
        };
        let mut lasted = now - since;
        if seen_at.is_none_or(|at| at <= since) {
            // There was none, or one that ended before the first poll, which says little.
            if self.latest.is_empty() {
                return;
            }
            lasted = lasted.max(self.shortest() * UNSEEN_PERCENT / 100);
        }
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(lasted);
    }

    fn shortest(&self) -> Duration {
        self.latest.iter().min().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_poll_comes_the_later_the_more_is_known() {
        let start = Instant::now();
        let seen = Some(start + Duration::from_millis(50));
        let mut times = LockTimes::default();
        assert_eq!(times.begin(start), Duration::ZERO);
        let mut first = Duration::ZERO;
        for number in 1..=20 {
            times.end(start + Duration::from_secs(2), seen);
            let later = times.begin(start);
            assert!(later >= first && later < Duration::from_secs(2), "{number}");
            first = later;
        }
        assert_eq!(first, Duration::from_millis(1600));
        times.end(start + Duration::from_millis(100), seen);
        assert_eq!(times.begin(start), Duration::from_millis(80));
    }

    #[test]
    fn waits_that_met_no_lock_show_little() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut times = LockTimes::default();
        times.begin(start);
        times.end(after(100), None);
        assert_eq!(times.shortest(), Duration::ZERO, "none is known");
        for _ in 0..8 {
            times.begin(start);
            times.end(after(2000), Some(after(1900)));
        }
        times.begin(start);
        times.end(after(100), Some(start));
        assert_eq!(times.shortest(), Duration::from_millis(1600));
        times.begin(start);
        times.end(after(1500), None);
        assert_eq!(times.shortest(), Duration::from_millis(1500));
    }

    #[test]
    fn intervals_are_a_part_of_the_time_that_has_passed() {
        let start = Instant::now();
        let mut times = LockTimes::default();
        assert_eq!(times.next_poll(start), Duration::ZERO);
        times.begin(start);
        let interval = times.next_poll(start + Duration::from_secs(10));
        assert_eq!(interval, Duration::from_millis(700));
    }
}
