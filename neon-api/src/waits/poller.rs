//! Polling of one project's operations for all waits.
//!
//! No task is spawned. The waits of a project share the future of the next poll, and each of them
//! drives it when it is polled itself ([`super::shared`]). So there is one poll at a time, which is
//! neither ended nor delayed by a wait that is dropped or not polled. When the last wait is
//! dropped, so is the poll.
//!
//! Timers and connections belong to the runtime that created them. Waits on different runtimes
//! share the results, but not the future.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::types::Operation;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::failures;
use super::pace;
use super::round::Round;
use super::shared::{Drive, Shared};
use super::state::State;
use super::watch::{IdleWatch, Watch};
use crate::engine::Engine;
use crate::error::{ConfigError, Error};
use crate::queue::{Queue, QueueTurn};

/// How long the first change that is locked out may go without being polled before others pass it.
const QUEUE_LEASE: Duration = Duration::from_secs(5);

/// Polls one project.
#[derive(Debug)]
pub(crate) struct Poller {
    project: ProjectId,
    state: Mutex<State>,
    /// Wakes a scheduled poll whose time has been brought forward.
    sooner: Notify,
    /// Marked when a poll makes its first attempt, after each response that may end a wait, and
    /// when it ends.
    pub(super) progress: watch::Sender<()>,
    /// Changes that the project's operations lock out, in order of arrival.
    queue: Arc<Queue>,
}

impl Poller {
    pub(super) fn new(project: ProjectId) -> Self {
        Self {
            project,
            state: Mutex::new(State::new()),
            sooner: Notify::new(),
            progress: watch::Sender::new(()),
            queue: Arc::new(Queue::new(QUEUE_LEASE)),
        }
    }

    /// Whether a change is in the queue.
    pub(super) fn has_queue(&self) -> bool {
        self.queue.is_in_use()
    }

    /// Waits to be the first of the changes that are locked out; calls are numbered as they begin.
    pub(crate) async fn queue_up(&self, number: u64) -> QueueTurn {
        self.queue.turn(number).await
    }

    /// Whether a call that began before this one waits to be the first.
    pub(crate) fn has_earlier(&self, number: u64) -> bool {
        self.queue.has_earlier(number)
    }

    /// Starts to watch operations, some of which may have been seen already, and requests a poll
    /// after this time.
    pub(super) fn watch(
        self: Arc<Self>,
        ids: &[OperationId],
        seen: Vec<Operation>,
        first: Duration,
    ) -> Watch {
        let now = Instant::now();
        let mut state = self.state();
        let is_idle = state.is_idle();
        for id in ids {
            state.tracked.entry(id.clone()).or_default().waits += 1;
        }
        for operation in seen {
            if let Some(tracked) = state.tracked.get_mut(&operation.id) {
                tracked.seen.get_or_insert(operation);
            }
        }
        let watch = Watch::new(Arc::clone(&self), ids, now, &state);
        self.poll_soon(state, is_idle, first);
        watch
    }

    /// Starts to watch for a moment in which no operation is running.
    pub(crate) fn watch_idle(self: &Arc<Self>) -> IdleWatch {
        let now = Instant::now();
        let mut state = self.state();
        let is_idle = state.is_idle();
        state.idle_waits += 1;
        let first = state.lock_times.begin(now).max(pace::FIRST_INTERVAL);
        let watch = IdleWatch::new(Arc::clone(self), now, &state);
        self.poll_soon(state, is_idle, first);
        watch
    }

    /// A new wait brings the next poll forward.
    fn poll_soon(&self, mut state: MutexGuard<'_, State>, was_idle: bool, first: Duration) {
        let is_sooner = state.ask_for_poll(was_idle, first);
        drop(state);
        if is_sooner {
            self.sooner.notify_waiters();
        }
    }

    /// Polls, together with all other waits, until `outcome` returns one. It is checked after each
    /// response, since a poll may go on for long for other waits.
    pub(super) async fn settle<T>(
        self: &Arc<Self>,
        engine: &Engine,
        outcome: impl Fn() -> Option<T>,
    ) -> T {
        // Before the outcome is read, so that no notification is missed.
        let mut progress = self.progress.subscribe();
        // Lets waits that begin at the same moment take part in the first poll.
        pace::let_others_run().await;
        loop {
            if let Some(outcome) = outcome() {
                return outcome;
            }
            let mut poll = pin!(self.next_poll(engine));
            loop {
                tokio::select! {
                    biased;
                    () = &mut poll => break,
                    // The sender lives in this poller.
                    _ = progress.changed() => {
                        if let Some(outcome) = outcome() {
                            return outcome;
                        }
                    }
                }
            }
        }
    }

    /// The poll that is under way or next.
    fn next_poll(self: &Arc<Self>, engine: &Engine) -> Drive {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        let mut state = self.state();
        let mut of_runtime = state.polls.iter().filter(|(id, _)| *id == runtime);
        let known = of_runtime.find_map(|(_, poll)| poll.upgrade());
        if let Some(poll) = known.filter(|poll| !poll.is_done()) {
            return poll.drive();
        }
        let poll = Arc::clone(self).poll(engine.clone());
        let poll = Arc::new(Shared::new(Box::pin(poll)));
        state
            .polls
            .retain(|(id, poll)| *id != runtime && poll.strong_count() > 0);
        state.polls.push((runtime, Arc::downgrade(&poll)));
        poll.drive()
    }

    pub(super) fn project(&self) -> &ProjectId {
        &self.project
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the time of the next poll, makes it and records its result.
    async fn poll(self: Arc<Self>, engine: Engine) {
        loop {
            let sooner = self.sooner.notified();
            let due = self.state().due();
            tokio::select! {
                () = tokio::time::sleep_until(due) => break,
                () = sooner => {}
            }
        }
        engine.let_calls_go_first().await;
        let round = Round::begin(self);
        let of_attempt = Arc::clone(&round);
        let engine = engine.for_poll(Arc::new(move |at| {
            of_attempt.note_attempt(at);
        }));
        let outcome = match engine.raw() {
            Ok(raw) => round.poller().poll_operations(&raw, &round).await,
            Err(error) => Err(ConfigError::Client(error).into()),
        };
        let is_connected = engine.has_succeeded();
        let is_final = |error: &Error| failures::is_final(error, is_connected);
        let is_final = outcome.as_ref().is_err_and(is_final);
        round.end(outcome, is_final);
    }

    /// Records whether an operation was running, according to a listing that began at this time.
    pub(super) fn note_idleness(&self, began: Instant, is_any_running: bool) {
        let mut state = self.state();
        // If two runtimes poll, the response to a later poll may have arrived earlier.
        if is_any_running {
            state.busy_at = state.busy_at.max(Some(began));
        } else {
            state.idle_at = state.idle_at.max(Some(began));
            if state.idle_waits > 0 {
                let busy_at = state.busy_at;
                state.lock_times.end(Instant::now(), busy_at);
            }
        }
    }
}
