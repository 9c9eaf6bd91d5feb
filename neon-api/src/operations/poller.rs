//! Polling of one project's operations for everybody who waits on them.
//!
//! There is no task. The waits of a project share the future of the next poll, and each of them
//! drives it when it is polled itself ([`super::shared`]). So there is one poll at a time, which a
//! wait that is dropped or not polled neither ends nor holds up. When the last wait is dropped, so
//! is the poll.
//!
//! Timers and connections belong to the runtime that they were made on. Waits on different runtimes
//! share what was seen, and not the future.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::types::Operation;
use tokio::runtime::{self, Handle};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::failures::{self, Failures};
use super::locks::LockTimes;
use super::pace;
use super::queue::{Queue, QueueTurn};
use super::shared::{Drive, Shared};
use super::tracked::Tracked;
use super::watch::{IdleWatch, Watch};
use crate::engine::Engine;
use crate::error::{ConfigError, Error};

/// For how long a project must be missing before its waits end, so that one that was only just
/// created may be missing for a moment, and how many polls must say so.
const GONE_AFTER: (Duration, u32) = (Duration::from_secs(5), 3);

/// Polls one project.
#[derive(Debug)]
pub(crate) struct Poller {
    project: ProjectId,
    state: Mutex<State>,
    /// Tells the poll that waits for its time that this has been brought forward.
    sooner: Notify,
    /// Marked when a poll makes its first attempt, and when it ends.
    pub(super) progress: watch::Sender<()>,
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
    /// The poll that is under way or next, for each runtime.
    polls: Vec<(Option<runtime::Id>, Weak<Shared>)>,
    next_poll: Instant,
    /// When a wait that came since the last poll began asks for one.
    asked_for: Option<Instant>,
    /// Until when the API asked not to be polled.
    not_before: Option<Instant>,
    interval: Duration,
    /// The shortest interval after the poll under way, by what it cost.
    pub(super) pause: Duration,
    /// Whether that left operations to be sought by the next one.
    pub(super) has_backlog: bool,
    /// Polls are numbered by their first attempts; the number of the last one.
    pub(super) attempted: u64,
    /// When that poll began, and when it made its first attempt.
    pub(super) attempted_at: Option<(Instant, Instant)>,
    /// How many polls have made an attempt and not ended.
    pub(super) under_way: usize,
    /// The number of the last poll that has ended.
    pub(super) completed: u64,
    /// Polls that failed since the last one that did not.
    pub(super) failures: Failures,
    /// The number of the last poll if that is of no use to retry.
    pub(super) refused: Option<u64>,
    missing: Option<Missing>,
}

/// Polls one after another that found no project.
#[derive(Debug, Clone, Copy)]
struct Missing {
    since: Instant,
    until: Instant,
    polls: u32,
    /// The number of the last of them.
    last: u64,
}

impl Poller {
    pub(super) fn new(project: ProjectId) -> Self {
        Self {
            project,
            state: Mutex::new(State {
                tracked: HashMap::new(),
                idle_waits: 0,
                idle_at: None,
                busy_at: None,
                lock_times: LockTimes::default(),
                polls: Vec::new(),
                next_poll: Instant::now(),
                asked_for: None,
                not_before: None,
                interval: pace::FIRST_INTERVAL,
                pause: Duration::ZERO,
                has_backlog: false,
                attempted: 0,
                attempted_at: None,
                under_way: 0,
                completed: 0,
                failures: Failures::default(),
                refused: None,
                missing: None,
            }),
            sooner: Notify::new(),
            progress: watch::Sender::new(()),
            queue: Arc::new(Queue::new()),
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

    /// Begins to watch operations, of which some may have been seen already, and asks for a poll
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

    /// Begins to watch for a moment in which no operation runs.
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

    /// A new wait brings the next poll forward and starts the intervals anew.
    fn poll_soon(&self, mut state: MutexGuard<'_, State>, was_idle: bool, first: Duration) {
        let now = Instant::now();
        state.interval = pace::FIRST_INTERVAL;
        let due = state.due();
        let is_sooner = was_idle || now + first < due;
        if is_sooner {
            let soon = now + pace::with_jitter(first);
            state.asked_for = Some(soon);
            if was_idle {
                state.next_poll = soon;
            }
        } else if state.under_way > 0 && state.asked_for.is_none() {
            // The poll under way does not count for this wait, whenever the next one is due.
            state.asked_for = Some(now + first);
        }
        drop(state);
        if is_sooner {
            self.sooner.notify_waiters();
        }
    }

    /// Polls, with all others who wait, until `outcome` has one.
    pub(super) async fn settle<T>(
        self: &Arc<Self>,
        engine: &Engine,
        outcome: impl Fn() -> Option<T>,
    ) -> T {
        // Waits that begin at the same moment are to take part in the first poll.
        pace::let_others_run().await;
        loop {
            if let Some(outcome) = outcome() {
                return outcome;
            }
            self.next_poll(engine).await;
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

    /// Waits for the time of the next poll, makes it and takes note of what came of it.
    async fn poll(self: Arc<Self>, engine: Engine) {
        loop {
            let sooner = self.sooner.notified();
            let due = self.state().due();
            tokio::select! {
                () = tokio::time::sleep_until(due) => break,
                () = sooner => {}
            }
        }
        let round = Round::begin(self);
        let of_attempt = Arc::clone(&round);
        let engine = engine.for_poll(Arc::new(move |at| {
            of_attempt.note_attempt(at);
        }));
        let outcome = match engine.raw() {
            Ok(raw) => round.poller.poll_operations(&raw).await,
            Err(error) => Err(ConfigError::Client(error).into()),
        };
        round.end(outcome);
    }

    /// Takes note of whether an operation ran, as a listing showed it that began at this time.
    pub(super) fn note_idleness(&self, began: Instant, is_any_running: bool) {
        let mut state = self.state();
        // Where two runtimes poll, the response to a poll that began later may have come earlier.
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

/// A poll under way. Dropping it gives it up.
struct Round {
    poller: Arc<Poller>,
    began: Instant,
    /// Set by its first attempt.
    number: OnceLock<u64>,
}

impl Round {
    fn begin(poller: Arc<Poller>) -> Arc<Self> {
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

    fn note_attempt(&self, at: Instant) -> u64 {
        *self.number.get_or_init(|| {
            let mut state = self.poller.state();
            let number = state.attempted + 1;
            state.attempted = number;
            state.attempted_at = Some((self.began, at));
            state.under_way += 1;
            // Those who came until now take part.
            state.asked_for = None;
            drop(state);
            self.poller.progress.send_replace(());
            number
        })
    }

    fn end(&self, outcome: Result<(), Error>) {
        let now = Instant::now();
        // One that failed before it could make an attempt counts as one.
        let number = self.note_attempt(now);
        let mut state = self.poller.state();
        state.completed = state.completed.max(number);
        state.note_outcome(number, outcome, now);
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

impl State {
    fn is_idle(&self) -> bool {
        self.tracked.is_empty() && self.idle_waits == 0
    }

    pub(super) fn unsettled(&self) -> impl Iterator<Item = (&OperationId, &Tracked)> {
        let tracked = self.tracked.iter();
        tracked.filter(|(_, tracked)| tracked.is_unsettled())
    }

    /// Whether polls have said for long enough that there is no such project, the last of them after
    /// the one with this number.
    pub(super) fn is_gone(&self, after: u64) -> bool {
        let (time, polls) = GONE_AFTER;
        self.missing.is_some_and(|missing| {
            let is_certain = missing.polls >= polls && missing.until - missing.since >= time;
            is_certain && missing.last > after
        })
    }

    /// When the next poll is to be made.
    fn due(&self) -> Instant {
        let due = self
            .asked_for
            .map_or(self.next_poll, |at| at.min(self.next_poll));
        self.not_before.map_or(due, |at| at.max(due))
    }

    fn note_outcome(&mut self, number: u64, outcome: Result<(), Error>, now: Instant) {
        let mut interval = self.pause.max(self.interval);
        if self.has_backlog && outcome.is_ok() {
            interval = self.pause.max(pace::FIRST_INTERVAL);
        }
        self.interval = pace::longer(self.interval, outcome.is_ok());
        if self.idle_waits > 0 {
            // A change is locked out until all operations have ended, and the waits for them end
            // no later: one rhythm serves both.
            interval = self.lock_times.next_poll(now).max(pace::FIRST_INTERVAL);
        }
        self.next_poll = now + pace::with_jitter(interval);
        self.not_before = None;
        self.refused = None;
        match outcome {
            Ok(()) => {
                self.failures.clear();
                self.missing = None;
            }
            Err(error) => {
                self.not_before = failures::retry_after(&error).map(|time| now + time);
                // The project's id makes no request, or the key may not poll.
                let is_final = error.is_auth() || matches!(error, Error::InvalidInput(_));
                self.refused = is_final.then_some(number);
                if failures::is_missing_project(&error) {
                    self.note_missing(number, now);
                }
                self.failures.add(number, error);
            }
        }
    }

    fn note_missing(&mut self, number: u64, now: Instant) {
        let missing = self.missing.get_or_insert(Missing {
            since: now,
            until: now,
            polls: 0,
            last: number,
        });
        missing.until = now;
        missing.polls += 1;
        missing.last = number;
    }
}
