//! Polling of one project's operations for everybody who waits on them.
//!
//! There is no task. The waits of a project elect a leader by a lock: whoever holds it makes the
//! next poll and publishes what it saw; the others sleep until then. A leader that is dropped lets
//! go of the lock and the next one goes on, at the time that was set for the next poll. When the
//! last wait is dropped, nothing is left that could poll.
//!
//! A leader that nobody polls, as one in a buffer of futures whose owner does something else, keeps
//! the lock. When its poll is overdue, the others elect a leader by a new one; a poll too many does
//! no harm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use neon_api_raw::Client;
use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::types::Operation;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::locks::LockTimes;
use super::tracked::Tracked;
use super::watch::{IdleWatch, Watch};
use crate::error::Error;
use crate::queue::{Queue, QueueTurn};

/// How long after a wait begins the first poll comes: short operations take about as long.
const FIRST_INTERVAL: Duration = Duration::from_millis(100);
/// The interval that polls grow to.
const LONGEST_INTERVAL: Duration = Duration::from_secs(3);
/// How much longer each interval is than the one before, in percent.
const GROWTH_PERCENT: u32 = 115;
/// How long after its time a poll may be missing before others take over from the leader. Longer
/// than a poll takes, since each takeover may cost a request; short against the waits themselves,
/// since a leader that its owner does not poll costs everybody else this time.
const TAKEOVER_AFTER: Duration = Duration::from_secs(5);
/// How long a change that is locked out and whose move it is may go without being polled before
/// others pass it.
const QUEUE_LEASE: Duration = Duration::from_secs(5);

/// Polls one project.
#[derive(Debug)]
pub(crate) struct Poller {
    project: ProjectId,
    state: Mutex<State>,
    /// Tells the leader that the next poll has been brought forward.
    sooner: Notify,
    pub(super) rounds: watch::Sender<u64>,
    /// Changes that the project's operations lock out, in order of arrival.
    queue: Arc<Queue>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) tracked: HashMap<OperationId, Tracked>,
    /// How many wait until no operation runs at all.
    pub(super) idle_waits: usize,
    /// When the last listing began that showed no running operation.
    pub(super) idle_at: Option<Instant>,
    /// When the last listing began that showed one.
    pub(super) busy_at: Option<Instant>,
    /// How long the waits for a moment without operations took.
    lock_times: LockTimes,
    /// Whoever holds it makes the next poll. A new one takes its place when its holder is overdue.
    leader: Arc<tokio::sync::Mutex<()>>,
    /// When the leader is overdue.
    takeover_at: Instant,
    next_poll: Instant,
    interval: Duration,
    /// Why the last look failed, if it did, and when it began.
    pub(super) last_error: Option<(Instant, Arc<Error>)>,
    /// When the last look began that is of no use to repeat, if it was that one.
    pub(super) refused_at: Option<Instant>,
}

impl Poller {
    pub(super) fn new(project: ProjectId) -> Self {
        let now = Instant::now();
        Self {
            project,
            state: Mutex::new(State {
                tracked: HashMap::new(),
                idle_waits: 0,
                idle_at: None,
                busy_at: None,
                lock_times: LockTimes::default(),
                leader: Arc::default(),
                takeover_at: now + TAKEOVER_AFTER,
                next_poll: now,
                interval: FIRST_INTERVAL,
                last_error: None,
                refused_at: None,
            }),
            sooner: Notify::new(),
            rounds: watch::Sender::new(0),
            queue: Arc::new(Queue::new(QUEUE_LEASE)),
        }
    }

    /// Whether a change stands in the queue.
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

    /// Begins to watch operations, of which some may have been seen already.
    pub(super) fn watch(self: Arc<Self>, ids: &[OperationId], seen: Vec<Operation>) -> Watch {
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
        state.poll_soon(is_idle, now + with_jitter(FIRST_INTERVAL));
        drop(state);
        self.sooner.notify_waiters();
        Watch::new(self, ids, now)
    }

    /// Begins to watch for a moment in which no operation runs.
    pub(crate) fn watch_idle(self: &Arc<Self>) -> IdleWatch {
        let now = Instant::now();
        let mut state = self.state();
        let is_idle = state.is_idle();
        state.idle_waits += 1;
        let first = state.lock_times.begin(now).max(FIRST_INTERVAL);
        state.poll_soon(is_idle, now + with_jitter(first));
        drop(state);
        self.sooner.notify_waiters();
        IdleWatch::new(Arc::clone(self), now)
    }

    /// Leads, or follows whoever does, until `outcome` has one.
    pub(super) async fn settle<T>(&self, raw: &Client, outcome: impl Fn() -> Option<T>) -> T {
        let mut rounds = self.rounds.subscribe();
        loop {
            if let Some(outcome) = outcome() {
                return outcome;
            }
            let (leader, takeover_at) = {
                let state = self.state();
                (Arc::clone(&state.leader), state.takeover_at)
            };
            tokio::select! {
                biased;
                // The sender lives in the poller, which the caller holds.
                _ = rounds.changed() => {}
                leader = leader.lock() => {
                    if outcome().is_none() {
                        tokio::select! {
                            biased;
                            // Somebody else has taken over and made the poll.
                            _ = rounds.changed() => {}
                            () = self.lead(raw) => {}
                        }
                    }
                    drop(leader);
                }
                () = tokio::time::sleep_until(takeover_at) => self.take_over(),
            }
        }
    }

    /// Has a new leader elected if the one that there is has not polled in time.
    fn take_over(&self) {
        let now = Instant::now();
        let mut state = self.state();
        if state.takeover_at <= now {
            state.takeover_at = now + TAKEOVER_AFTER;
            state.leader = Arc::default();
        }
    }

    pub(super) fn project(&self) -> &ProjectId {
        &self.project
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the time of the next poll, makes it and publishes what it saw.
    async fn lead(&self, raw: &Client) {
        loop {
            let sooner = self.sooner.notified();
            let due = self.state().next_poll;
            tokio::select! {
                () = tokio::time::sleep_until(due) => break,
                () = sooner => {}
            }
        }
        let began = Instant::now();
        self.state().takeover_at = began + TAKEOVER_AFTER;
        let result = self.look(raw).await;
        let mut state = self.state();
        let error = result.err();
        // The project's id makes no request, or the key may not look.
        let is_final = |e: &Error| e.is_auth() || matches!(e, Error::InvalidInput(_));
        state.refused_at = error.as_ref().is_some_and(is_final).then_some(began);
        state.last_error = error.map(|error| (began, Arc::new(error)));
        let now = Instant::now();
        let mut interval = state.interval;
        state.interval = (interval * GROWTH_PERCENT / 100).min(LONGEST_INTERVAL);
        if state.idle_waits > 0 {
            // A change is locked out until all operations have ended, and the waits for them end
            // no later: one rhythm serves both.
            interval = state.lock_times.next_look(now).max(FIRST_INTERVAL);
        }
        state.next_poll = now + with_jitter(interval);
        state.takeover_at = state.next_poll + TAKEOVER_AFTER;
        drop(state);
        self.rounds
            .send_modify(|round| *round = round.wrapping_add(1));
    }

    /// Takes note of whether an operation ran, as a listing showed it that began at this time.
    pub(super) fn note_idleness(&self, began: Instant, is_any_running: bool) {
        let mut state = self.state();
        // After a takeover, the answer of a poll that began later may have come earlier.
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

impl State {
    fn is_idle(&self) -> bool {
        self.tracked.is_empty() && self.idle_waits == 0
    }

    pub(super) fn unsettled(&self) -> Vec<OperationId> {
        let tracked = self.tracked.iter();
        tracked
            .filter(|(_, tracked)| tracked.is_unsettled())
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// A new wait brings the next poll forward and starts the intervals anew.
    fn poll_soon(&mut self, is_idle: bool, soon: Instant) {
        self.interval = FIRST_INTERVAL;
        let overdue = soon + TAKEOVER_AFTER;
        if is_idle {
            self.next_poll = soon;
            self.takeover_at = overdue;
        } else {
            self.next_poll = self.next_poll.min(soon);
            // Never later, or new waits could put off a takeover again and again.
            self.takeover_at = self.takeover_at.min(overdue);
        }
    }
}

/// Up to a tenth shorter, so that many clients do not poll in step.
fn with_jitter(interval: Duration) -> Duration {
    interval.mul_f64(1.0 - 0.1 * fastrand::f64())
}
