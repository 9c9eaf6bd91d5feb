//! Windows that follow each other.

use super::budget::{Budget, Nanos, Quota};

/// The requests of the window that is now.
#[derive(Debug)]
pub(super) struct FixedWindow {
    most: u64,
    window: Nanos,
    start: Nanos,
    passed: u64,
}

impl FixedWindow {
    pub(super) fn new(quota: Quota) -> Self {
        Self {
            most: quota.in_window,
            window: quota.window,
            start: 0,
            passed: 0,
        }
    }

    fn turn_over(&mut self, now: Nanos) {
        let start = now - now % self.window;
        if start != self.start {
            self.start = start;
            self.passed = 0;
        }
    }
}

impl Budget for FixedWindow {
    fn ready_at(&mut self, now: Nanos) -> Nanos {
        self.turn_over(now);
        if self.passed < self.most {
            now
        } else {
            self.start.saturating_add(self.window)
        }
    }

    fn take(&mut self, now: Nanos) {
        self.turn_over(now);
        self.passed += 1;
    }
}
