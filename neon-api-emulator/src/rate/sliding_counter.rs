//! A sliding window that is estimated from two counters.

use super::budget::{Budget, Nanos, Quota};

/// The counters of the window that is now, and of the one before. The requests of the one before
/// are taken to have come evenly.
#[derive(Debug)]
pub(super) struct SlidingCounter {
    most: u64,
    window: Nanos,
    start: Nanos,
    before: u64,
    current: u64,
}

impl SlidingCounter {
    pub(super) fn new(quota: Quota) -> Self {
        Self {
            most: quota.in_window,
            window: quota.window,
            start: 0,
            before: 0,
            current: 0,
        }
    }

    fn turn_over(&mut self, now: Nanos) {
        let start = now - now % self.window;
        if start == self.start {
            return;
        }
        let follows = start - self.start == self.window;
        self.before = if follows { self.current } else { 0 };
        self.current = 0;
        self.start = start;
    }

    /// After what part of a window one more passes, if `before` came in the window before it and
    /// `current` in it: where `before * (window - passed) / window + current + 1 <= most`.
    fn passed(&self, before: u64, current: u64) -> Option<Nanos> {
        let room = self.most.checked_sub(current + 1)?;
        let covered = self.window.saturating_mul(room.into());
        let covered = covered.checked_div(before.into()).unwrap_or(self.window);
        Some(self.window.saturating_sub(covered))
    }
}

impl Budget for SlidingCounter {
    fn ready_at(&mut self, now: Nanos) -> Nanos {
        self.turn_over(now);
        if let Some(passed) = self.passed(self.before, self.current) {
            return now.max(self.start.saturating_add(passed));
        }
        let next = self.start.saturating_add(self.window);
        let passed = self.passed(self.current, 0).unwrap_or(self.window);
        next.saturating_add(passed)
    }

    fn take(&mut self, now: Nanos) {
        self.turn_over(now);
        self.current += 1;
    }
}
