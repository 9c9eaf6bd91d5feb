//! What the owner of a job sees while it runs.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::event::{Event, Status};

/// Events on their way from a job to its owner, who polls both.
pub(super) struct Feed<T>(Mutex<Shown<T>>);

struct Shown<T> {
    is_open: bool,
    events: VecDeque<Event<T>>,
    status: Status,
}

impl<T> Feed<T> {
    pub(super) fn new(is_open: bool) -> Self {
        Self(Mutex::new(Shown {
            is_open,
            events: VecDeque::new(),
            status: Status::default(),
        }))
    }

    pub(super) fn take(&self) -> Option<Event<T>> {
        self.shown().events.pop_front()
    }

    pub(super) fn status(&self) -> Status {
        self.shown().status
    }

    /// No more events are wanted.
    pub(super) fn close(&self) {
        let mut shown = self.shown();
        shown.is_open = false;
        shown.events.clear();
    }

    pub(super) fn show(&self, event: impl FnOnce() -> Event<T>) {
        let mut shown = self.shown();
        if shown.is_open {
            shown.events.push_back(event());
        }
    }

    pub(super) fn set_status(&self, status: Status) {
        self.shown().status = status;
    }

    fn shown(&self) -> MutexGuard<'_, Shown<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
