//! A sliding window that remembers each request.

use std::collections::VecDeque;

use super::budget::{Budget, Nanos, Quota};

/// The requests of the last `window`, the oldest first.
#[derive(Debug)]
pub(super) struct SlidingLog {
    most: u64,
    window: Nanos,
    passed: VecDeque<Nanos>,
}

impl SlidingLog {
    pub(super) fn new(quota: Quota) -> Self {
        Self {
            most: quota.in_window,
            window: quota.window,
            passed: VecDeque::new(),
        }
    }
}

impl Budget for SlidingLog {
    fn ready_at(&mut self, now: Nanos) -> Nanos {
        let leaves = |passed: &Nanos| passed.saturating_add(self.window);
        while self
            .passed
            .front()
            .is_some_and(|first| leaves(first) <= now)
        {
            self.passed.pop_front();
        }
        // No more than `most` pass, so it is the oldest that has to leave.
        match self.passed.front() {
            Some(first) if self.passed.len() as u64 >= self.most => leaves(first),
            _ => now,
        }
    }

    fn take(&mut self, now: Nanos) {
        self.passed.push_back(now);
    }
}
