//! Tracks when a prefetched page needs to be polled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// Wakes the task that walks the list, and remembers that there is something to poll. Without it
/// the fetch would have to be polled for every item delivered meanwhile.
#[derive(Debug)]
pub(super) struct Signal {
    is_set: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Signal {
    /// A signal that is set, since a new fetch needs its first poll.
    pub(super) fn set() -> Arc<Self> {
        Arc::new(Self {
            is_set: AtomicBool::new(true),
            task: Mutex::new(None),
        })
    }

    /// Whether there is something to poll; resets the signal.
    pub(super) fn take(&self) -> bool {
        self.is_set.swap(false, Ordering::AcqRel)
    }

    /// The task to wake.
    pub(super) fn wakes(&self, task: &Waker) {
        let mut known = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|waker| waker.will_wake(task)) {
            *known = Some(task.clone());
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_set.store(true, Ordering::Release);
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}
