//! A queue that calls pass one at a time, in the order in which they began.
//!
//! Its order is best effort: a call that passes out of order is rejected by the API and waits
//! again, or takes a permit a little early. So no call waits long for one that is not polled by its
//! owner: if the first has made no progress for a lease, the call that notices wakes all, and those
//! that do not react are skipped. They get their places back when they are polled again.
//!
//! A call that leaves wakes the next one. Since that one may not be polled, each call also wakes by
//! itself, soon at first, and then at intervals that grow with its place.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long the woken calls have to react. A future that is polled reacts as soon as the runtime
/// schedules it.
const GRACE: Duration = Duration::from_millis(50);
/// How often the one that has passed shows that it is polled, in each lease.
const SHOWN_PER_LEASE: u32 = 5;
/// How many places share one interval.
const PLACES_PER_STEP: usize = 16;

/// The number of a call of the background lane, which stands behind all other calls.
pub(crate) const fn in_background(number: u64) -> u64 {
    number | 1 << 63
}

/// Lets calls pass one at a time, in the order in which they began. That is not the order in which
/// they join, since 423 responses may overtake each other.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    lease: Duration,
}

#[derive(Debug)]
struct State {
    /// By call number.
    waiting: VecDeque<Waiting>,
    /// The call that has passed and holds the others back.
    holder: Option<u64>,
    /// When the holder, or else the first, has made no progress for too long.
    lost_at: Instant,
    /// Whether all were woken since, because the first made no progress.
    has_alerted: bool,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    wake: Arc<Notify>,
    /// Whether it was woken for lack of progress, and has not reacted.
    is_silent: bool,
}

impl Queue {
    /// A queue in which the first call may go without being polled for this long before others pass
    /// it.
    pub(crate) fn new(lease: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                holder: None,
                lost_at: Instant::now() + lease,
                has_alerted: false,
            }),
            lease,
        }
    }

    /// Whether a call waits here or holds others back.
    pub(crate) fn is_in_use(&self) -> bool {
        let state = self.state();
        state.holder.is_some() || !state.waiting.is_empty()
    }

    /// Whether a call waits that began before this one.
    pub(crate) fn has_earlier(&self, number: u64) -> bool {
        let state = self.state();
        state.waiting.front().is_some_and(|w| w.number < number)
    }

    /// Waits until this call is the first and none is passing, or until those before it are
    /// skipped. Calls are numbered as they begin; each is in the queue at most once.
    pub(crate) async fn turn(self: &Arc<Self>, number: u64) -> QueueTurn {
        let mut place = Place {
            queue: Arc::clone(self),
            number,
            wake: Arc::default(),
            has_turn: false,
        };
        let mut timeouts = 0;
        while let Err(until) = place.pass(timeouts) {
            tokio::select! {
                () = place.wake.notified() => {}
                () = tokio::time::sleep_until(until) => timeouts += 1,
            }
        }
        QueueTurn { place }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to pass. Dropping it lets the next call pass.
#[derive(Debug)]
pub(crate) struct QueueTurn {
    place: Place,
}

impl QueueTurn {
    /// Whether another call has passed because this one made no progress for too long.
    pub(crate) fn is_lost(&self) -> bool {
        self.place.queue.state().holder != Some(self.place.number)
    }

    /// Keeps the right during a wait, as long as that is polled: for operations to end, for a
    /// permit, for a response.
    pub(crate) async fn keep<T>(&self, wait: impl Future<Output = T>) -> T {
        let mut wait = std::pin::pin!(wait);
        loop {
            self.extend();
            tokio::select! {
                biased;
                outcome = &mut wait => {
                    self.extend();
                    return outcome;
                }
                () = tokio::time::sleep(self.place.queue.lease / SHOWN_PER_LEASE) => {}
            }
        }
    }

    fn extend(&self) {
        let queue = &self.place.queue;
        let mut state = queue.state();
        if state.holder == Some(self.place.number) {
            state.lost_at = Instant::now() + queue.lease;
        }
    }
}

/// A place in the queue, or the right to pass that it led to. Dropping it gives it up.
#[derive(Debug)]
struct Place {
    queue: Arc<Queue>,
    number: u64,
    wake: Arc<Notify>,
    has_turn: bool,
}

impl Place {
    /// Passes, or returns when to try again at the latest.
    fn pass(&mut self, timeouts: u32) -> Result<(), Instant> {
        let lease = self.queue.lease;
        let now = Instant::now();
        let mut state = self.queue.state();
        let mut position = state.position(self);
        let is_stalled = now >= state.lost_at;
        if is_stalled && state.holder.is_none() && state.has_alerted {
            state.pass_over_silent();
            position = state.position(self);
            state.has_alerted = false;
            state.lost_at = now + lease;
        } else if is_stalled {
            state.holder = None;
            state.alert_all_but(position);
            state.lost_at = now + GRACE;
        }
        if position > 0 || state.holder.is_some() {
            let steps = u32::try_from(position / PLACES_PER_STEP).unwrap_or(u32::MAX);
            let patience = lease.saturating_mul(steps.min(4_u32.saturating_pow(timeouts)));
            let is_soon = state.has_alerted;
            return Err(state.lost_at + if is_soon { Duration::ZERO } else { patience });
        }
        state.waiting.pop_front();
        state.holder = Some(self.number);
        state.has_alerted = false;
        state.lost_at = now + lease;
        self.has_turn = true;
        Ok(())
    }
}

impl State {
    /// The position of a place that was just polled; restored if it was skipped.
    fn position(&mut self, place: &Place) -> usize {
        let found = self
            .waiting
            .binary_search_by_key(&place.number, |w| w.number);
        match found {
            Ok(position) => {
                if let Some(waiting) = self.waiting.get_mut(position) {
                    waiting.is_silent = false;
                }
                position
            }
            Err(position) => {
                let waiting = Waiting {
                    number: place.number,
                    wake: Arc::clone(&place.wake),
                    is_silent: false,
                };
                self.waiting.insert(position, waiting);
                position
            }
        }
    }

    /// Wakes all except the one at a position, which has noticed the lack of progress.
    fn alert_all_but(&mut self, position: usize) {
        self.has_alerted = true;
        for (at, waiting) in self.waiting.iter_mut().enumerate() {
            if at != position {
                waiting.is_silent = true;
                waiting.wake.notify_one();
            }
        }
    }

    /// Takes out those that have not reacted.
    fn pass_over_silent(&mut self) {
        self.waiting.retain(|waiting| !waiting.is_silent);
        self.wake_first();
    }

    fn wake_first(&self) {
        if let Some(first) = self.waiting.front() {
            first.wake.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if !self.has_turn {
            let found = state
                .waiting
                .binary_search_by_key(&self.number, |w| w.number);
            if let Ok(position) = found {
                state.waiting.remove(position);
            }
        } else if state.holder == Some(self.number) {
            state.holder = None;
            state.lost_at = Instant::now() + self.queue.lease;
        }
        if state.holder.is_none() {
            state.wake_first();
        }
    }
}

#[cfg(test)]
mod tests;
