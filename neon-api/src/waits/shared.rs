//! A future that many waits share and each of them drives.
//!
//! There is no leader: the first wait that is polled after the future was woken polls it for all. A
//! wait that is dropped or not polled does not delay the others, which continue the future. When
//! the last one is dropped, so is the future.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use neon_api_raw::BoxFuture;

use crate::numbered::Numbered;

/// A shared future without a result.
pub(super) struct Shared {
    stage: Mutex<Stage>,
    wakers: Arc<Wakers>,
    next_key: AtomicU64,
}

enum Stage {
    Pending(BoxFuture<'static, ()>),
    /// It is being polled on another thread.
    Polled,
    Done,
}

impl Shared {
    pub(super) fn new(future: BoxFuture<'static, ()>) -> Self {
        Self {
            stage: Mutex::new(Stage::Pending(future)),
            wakers: Arc::default(),
            next_key: AtomicU64::new(0),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(*locked(&self.stage), Stage::Done)
    }

    /// Waits for the future, and drives it whenever this wait is polled.
    pub(super) fn drive(self: Arc<Self>) -> Drive {
        let key = self.next_key.fetch_add(1, Ordering::Relaxed);
        Drive { shared: self, key }
    }

    fn poll(&self) -> Poll<()> {
        let mut stage = locked(&self.stage);
        match *stage {
            Stage::Done => return Poll::Ready(()),
            // The thread that polls it wakes all if there is more to do.
            Stage::Polled => return Poll::Pending,
            Stage::Pending(_) if !self.wakers.take_wake() => return Poll::Pending,
            Stage::Pending(_) => {}
        }
        let Stage::Pending(mut future) = mem::replace(&mut *stage, Stage::Polled) else {
            return Poll::Pending;
        };
        drop(stage);
        let mut attempt = Attempt {
            shared: self,
            after: Stage::Done,
        };
        let waker = Waker::from(Arc::clone(&self.wakers));
        let outcome = future.as_mut().poll(&mut Context::from_waker(&waker));
        if outcome.is_pending() {
            attempt.after = Stage::Pending(future);
        }
        outcome
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A poll of the future, which ends it if it panics: the others then begin a new one.
struct Attempt<'a> {
    shared: &'a Shared,
    after: Stage,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let after = mem::replace(&mut self.after, Stage::Done);
        let is_done = matches!(after, Stage::Done);
        *locked(&self.shared.stage) = after;
        // Waits that arrived during the poll may have missed its result.
        if is_done || self.shared.wakers.was_woken() {
            self.shared.wakers.wake_all();
        }
    }
}

/// One wait for a shared future.
pub(super) struct Drive {
    shared: Arc<Shared>,
    key: u64,
}

impl Future for Drive {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Before the stage is read, so that no change is missed.
        self.shared.wakers.register(self.key, cx.waker());
        self.shared.poll()
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        self.shared.wakers.leave(self.key);
    }
}

/// The waits. The future's waker wakes them all, since any of them may not be polled.
#[derive(Default)]
struct Wakers {
    waiting: Mutex<Numbered<Waker>>,
    /// Whether the future has been polled since it was last woken.
    is_idle: AtomicBool,
}

impl Wakers {
    /// Whether the future is to be polled.
    fn take_wake(&self) -> bool {
        !self.is_idle.swap(true, Ordering::AcqRel)
    }

    fn was_woken(&self) -> bool {
        !self.is_idle.load(Ordering::Acquire)
    }

    // Wakers are woken and dropped without the lock: either may run foreign code.

    fn register(&self, key: u64, waker: &Waker) {
        let replaced = locked(&self.waiting).insert(key, waker.clone());
        drop(replaced);
    }

    fn leave(&self, key: u64) {
        let left = locked(&self.waiting).remove(key);
        drop(left);
    }

    fn wake_all(&self) {
        let waiting = mem::take(&mut *locked(&self.waiting));
        waiting.into_values().for_each(Waker::wake);
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_idle.store(false, Ordering::Release);
        self.wake_all();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
