//! A poll in progress, and how its progress is reported to waits.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use super::poller::Poller;
use crate::error::Error;

/// A poll in progress. Dropping it cancels it.
pub(super) struct Round {
    poller: Arc<Poller>,
    began: Instant,
    /// Set by its first attempt.
    number: OnceLock<u64>,
}

impl Round {
    pub(super) fn begin(poller: Arc<Poller>) -> Arc<Self> {
        let mut state = poller.state();
        state.asked_for = None;
        state.pause = Duration::ZERO;
        state.has_backlog = false;
        drop(state);
        Arc::new(Self {
            poller,
            began: Instant::now(),
            number: OnceLock::new(),
        })
    }

    pub(super) fn poller(&self) -> &Poller {
        &self.poller
    }

    pub(super) fn note_attempt(&self, at: Instant) -> u64 {
        *self.number.get_or_init(|| {
            let mut state = self.poller.state();
            let number = state.attempted + 1;
            state.attempted = number;
            state.attempted_at = Some((self.began, at));
            state.under_way += 1;
            // Waits that began until now take part.
            state.asked_for = None;
            drop(state);
            self.poller.progress.send_replace(());
            number
        })
    }

    /// The newest operations are listed.
    pub(super) fn note_listed(&self) {
        if let Some(number) = self.number.get() {
            let mut state = self.poller.state();
            state.listed = state.listed.max(*number);
            state.listed_at = Instant::now();
        }
        self.poller.progress.send_replace(());
    }

    /// Other operations have been seen, or found to be missing.
    pub(super) fn note_more(&self) {
        self.poller.progress.send_replace(());
    }

    pub(super) fn end(&self, outcome: Result<(), Error>, is_final: bool) {
        let now = Instant::now();
        // A poll that failed before its first attempt counts as one.
        let number = self.note_attempt(now);
        let mut state = self.poller.state();
        state.completed = state.completed.max(number);
        state.note_outcome(number, outcome, now);
        state.refused = is_final.then_some(number);
        drop(state);
        self.poller.progress.send_replace(());
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        if self.number.get().is_some() {
            self.poller.state().under_way -= 1;
        }
    }
}
