//! The queue of a project's changes that its running operations lock out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Lets changes pass one at a time, in the order in which their calls began. That is not the order
/// in which they join: the answers that lock them out may overtake each other.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Marked whenever the next one may pass.
    moves: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeSet<u64>,
    is_taken: bool,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            moves: watch::Sender::new(()),
        }
    }

    /// Whether a change waits here or has its turn.
    pub(super) fn is_in_use(&self) -> bool {
        let state = self.state();
        state.is_taken || !state.waiting.is_empty()
    }

    /// Whether a change waits whose call began before this one.
    pub(super) fn has_earlier(&self, number: u64) -> bool {
        let state = self.state();
        state.waiting.first().is_some_and(|first| *first < number)
    }

    /// Waits until this change is the first and nobody has a turn. Calls are numbered as they
    /// begin; each number is used once.
    pub(super) async fn turn(self: &Arc<Self>, number: u64) -> QueueTurn {
        let mut moves = self.moves.subscribe();
        self.state().waiting.insert(number);
        let mut place = Place {
            queue: Arc::clone(self),
            number,
            has_turn: false,
        };
        while !place.pass() {
            // The sender lives in the queue, which the place holds.
            let _ = moves.changed().await;
        }
        QueueTurn { _place: place }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to pass. Dropping it lets the next change pass.
#[derive(Debug)]
pub(crate) struct QueueTurn {
    _place: Place,
}

/// A place in the queue, or the turn that it led to. Dropping it gives it up.
#[derive(Debug)]
struct Place {
    queue: Arc<Queue>,
    number: u64,
    has_turn: bool,
}

impl Place {
    fn pass(&mut self) -> bool {
        let mut state = self.queue.state();
        if !state.is_taken && state.waiting.first() == Some(&self.number) {
            state.waiting.remove(&self.number);
            state.is_taken = true;
            self.has_turn = true;
        }
        self.has_turn
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if self.has_turn {
            state.is_taken = false;
        } else {
            state.waiting.remove(&self.number);
        }
        drop(state);
        self.queue.moves.send_replace(());
    }
}
