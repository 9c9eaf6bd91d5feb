//! The queue of a project's changes that its running operations lock out.
//!
//! Its order is a courtesy: a change that is sent out of turn is refused and waits again. So nobody
//! waits long for a change that does not move because its owner does not poll it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long the one whose move it is may go without being polled before others pass it. Those that
/// are polled move at once, or show themselves every [`SHOWS_EVERY`].
const LEASE: Duration = Duration::from_secs(5);
/// How often a turn shows that it is polled, several times in a lease.
const SHOWS_EVERY: Duration = Duration::from_secs(1);

/// Lets changes pass one at a time, in the order in which their calls began. That is not the order
/// in which they join: the responses that lock them out may overtake each other.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Marked whenever the next one may pass.
    moves: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    waiting: BTreeSet<u64>,
    /// The change that has the turn.
    holder: Option<u64>,
    /// When the one whose move it is, the holder or else the first, has not moved for too long.
    lost_at: Instant,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                waiting: BTreeSet::new(),
                holder: None,
                lost_at: Instant::now() + LEASE,
            }),
            moves: watch::Sender::new(()),
        }
    }

    /// Whether a change waits here or has its turn.
    pub(super) fn is_in_use(&self) -> bool {
        let state = self.state();
        state.holder.is_some() || !state.waiting.is_empty()
    }

    /// Whether a change waits whose call began before this one.
    pub(super) fn has_earlier(&self, number: u64) -> bool {
        let state = self.state();
        state.waiting.first().is_some_and(|first| *first < number)
    }

    /// Waits until this change is the first and nobody has a turn, or until those before it are
    /// lost. Calls are numbered as they begin; each stands here once at a time.
    pub(super) async fn turn(self: &Arc<Self>, number: u64) -> QueueTurn {
        let mut moves = self.moves.subscribe();
        let mut place = Place {
            queue: Arc::clone(self),
            number,
            has_turn: false,
        };
        while let Err(lost_at) = place.pass() {
            tokio::select! {
                // The sender lives in the queue, which the place holds.
                _ = moves.changed() => {}
                () = tokio::time::sleep_until(lost_at) => {}
            }
        }
        QueueTurn { place }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to pass. Dropping it lets the next change pass.
#[derive(Debug)]
pub(crate) struct QueueTurn {
    place: Place,
}

impl QueueTurn {
    /// Whether another change has passed, since this one did not move for too long.
    pub(crate) fn is_lost(&self) -> bool {
        self.place.queue.state().holder != Some(self.place.number)
    }

    /// Keeps the turn during a wait, as long as that is polled: for operations to end, for a
    /// permit of the limiter, for a response.
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
                () = tokio::time::sleep(SHOWS_EVERY) => {}
            }
        }
    }

    fn extend(&self) {
        let mut state = self.place.queue.state();
        if state.holder == Some(self.place.number) {
            state.lost_at = Instant::now() + LEASE;
        }
    }
}

/// A place in the queue, or the turn that it led to. Dropping it gives it up.
#[derive(Debug)]
struct Place {
    queue: Arc<Queue>,
    number: u64,
    has_turn: bool,
}

impl Place {
    /// Takes the turn, or returns until when others may take it before this one does.
    fn pass(&mut self) -> Result<(), Instant> {
        let now = Instant::now();
        let mut state = self.queue.state();
        // Anew when others have passed.
        state.waiting.insert(self.number);
        let is_next = state.holder.is_none() && state.waiting.first() == Some(&self.number);
        if !is_next && now < state.lost_at {
            return Err(state.lost_at);
        }
        // Whoever stands before this one comes back when it is polled.
        state.waiting = state.waiting.split_off(&self.number);
        state.waiting.remove(&self.number);
        state.holder = Some(self.number);
        state.lost_at = now + LEASE;
        self.has_turn = true;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if !self.has_turn {
            state.waiting.remove(&self.number);
        } else if state.holder == Some(self.number) {
            state.holder = None;
            state.lost_at = Instant::now() + LEASE;
        }
        drop(state);
        self.queue.moves.send_replace(());
    }
}
