//! Polling of one project's operations for everybody who waits on them.
//!
//! There is no task. The waits of a project elect a leader by a lock: whoever holds it makes the
//! next poll and publishes what it saw; the others sleep until then. A leader that is dropped lets
//! go of the lock and the next one goes on, at the time that was set for the next poll. When the
//! last wait is dropped, nothing is left that could poll.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use neon_api_raw::Client;
use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::types::{ListProjectOperationsQuery, Operation};
use tokio::sync::watch;
use tokio::time::Instant;

use super::locks::LockTimes;
use super::queue::{Queue, QueueTurn};
use super::status::{Progress, progress};
use crate::error::Error;

/// How long after a wait begins the first poll comes: short operations take about as long.
const FIRST_INTERVAL: Duration = Duration::from_millis(100);
/// The interval that polls grow to.
const LONGEST_INTERVAL: Duration = Duration::from_secs(3);
/// How much longer each interval is than the one before, in percent.
const GROWTH_PERCENT: u32 = 120;
/// The largest page of `listProjectOperations`.
const LARGEST_PAGE: usize = 1000;
/// How many operations to ask for beside the awaited ones, since others may have been started.
const SPARE_ITEMS: usize = 20;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
    /// The key may not look at the operations.
    Refused,
}

/// How a wait for a moment without operations ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// No operation ran when the wait began.
    AtOnce,
    /// Operations ran and have ended.
    AfterOperations,
    /// The key may not look at the operations.
    Unknown,
}

/// Polls one project.
#[derive(Debug)]
pub(crate) struct Poller {
    project: ProjectId,
    state: Mutex<State>,
    leader: tokio::sync::Mutex<()>,
    rounds: watch::Sender<u64>,
    /// Changes that the project's operations lock out, in order of arrival.
    queue: Arc<Queue>,
}

#[derive(Debug)]
struct State {
    tracked: HashMap<OperationId, Tracked>,
    /// How many wait until no operation runs at all.
    idle_waits: usize,
    /// When the last listing began that showed no running operation.
    idle_at: Option<Instant>,
    /// When the last listing began that showed one.
    busy_at: Option<Instant>,
    /// How long the waits for a moment without operations took.
    lock_times: LockTimes,
    next_poll: Instant,
    interval: Duration,
    last_error: Option<Error>,
    is_refused: bool,
}

#[derive(Debug)]
struct Tracked {
    waits: usize,
    seen: Option<Operation>,
}

impl Tracked {
    fn progress(&self) -> Progress {
        self.seen
            .as_ref()
            .map_or(Progress::Running, |o| progress(&o.status))
    }
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
                next_poll: Instant::now(),
                interval: FIRST_INTERVAL,
                last_error: None,
                is_refused: false,
            }),
            leader: tokio::sync::Mutex::new(()),
            rounds: watch::Sender::new(0),
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

    /// Begins to watch operations, of which some may have been seen already.
    pub(super) fn watch(self: Arc<Self>, ids: &[OperationId], seen: Vec<Operation>) -> Watch {
        let now = Instant::now();
        let mut state = self.state();
        let is_idle = state.is_idle();
        for id in ids {
            let tracked = state.tracked.entry(id.clone()).or_insert(Tracked {
                waits: 0,
                seen: None,
            });
            tracked.waits += 1;
        }
        for operation in seen {
            if let Some(tracked) = state.tracked.get_mut(&operation.id) {
                tracked.seen.get_or_insert(operation);
            }
        }
        state.poll_soon(is_idle, now + with_jitter(FIRST_INTERVAL));
        drop(state);
        Watch {
            poller: self,
            ids: ids.to_vec(),
        }
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
        IdleWatch {
            poller: Arc::clone(self),
            since: now,
        }
    }

    /// Leads, or follows whoever does, until `outcome` has one.
    async fn settle<T>(&self, raw: &Client, outcome: impl Fn() -> Option<T>) -> T {
        let mut rounds = self.rounds.subscribe();
        loop {
            if let Some(outcome) = outcome() {
                return outcome;
            }
            tokio::select! {
                biased;
                // The sender lives in the poller, which the caller holds.
                _ = rounds.changed() => {}
                leader = self.leader.lock() => {
                    if outcome().is_none() {
                        self.lead(raw).await;
                    }
                    drop(leader);
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the time of the next poll, makes it and publishes what it saw.
    async fn lead(&self, raw: &Client) {
        let due = self.state().next_poll;
        tokio::time::sleep_until(due).await;
        let result = self.poll(raw).await;
        let mut state = self.state();
        match result {
            Ok(()) => {
                state.last_error = None;
                state.is_refused = false;
            }
            Err(error) => {
                state.is_refused = error.is_auth();
                state.last_error = Some(error);
            }
        }
        let now = Instant::now();
        let mut interval = state.interval;
        state.interval = (interval * GROWTH_PERCENT / 100).min(LONGEST_INTERVAL);
        if state.idle_waits > 0 {
            // While a change is locked out, its project does nothing for anybody once its
            // operations have ended, so that is looked for more often than their waits need.
            interval = state
                .lock_times
                .interval(now)
                .max(FIRST_INTERVAL)
                .min(interval);
        }
        state.next_poll = now + with_jitter(interval);
        drop(state);
        self.rounds
            .send_modify(|round| *round = round.wrapping_add(1));
    }

    /// Asks for the newest operations at once, and for those that are not among them one by one.
    async fn poll(&self, raw: &Client) -> Result<(), Error> {
        let awaited = self.unsettled();
        if awaited.is_empty() && self.state().idle_waits == 0 {
            return Ok(());
        }
        let began = Instant::now();
        let limit = (awaited.len() + SPARE_ITEMS).min(LARGEST_PAGE);
        let query = ListProjectOperationsQuery {
            limit: i64::try_from(limit).ok(),
            ..Default::default()
        };
        let page = raw.list_project_operations(&self.project, &query).await?;
        let listed = page.into_inner().operations;
        let is_running = |o: &Operation| progress(&o.status) == Progress::Running;
        if listed.iter().any(is_running) {
            self.state().busy_at = Some(began);
        } else {
            let mut state = self.state();
            state.idle_at = Some(began);
            if state.idle_waits > 0 {
                state.lock_times.end(Instant::now());
            }
        }
        // What an earlier answer told of an operation does not count: newer operations may have
        // pushed it off the page.
        let missing: HashSet<OperationId> = {
            let listed: HashSet<&OperationId> = listed.iter().map(|o| &o.id).collect();
            let missing = awaited.into_iter().filter(|id| !listed.contains(id));
            missing.collect()
        };
        self.record(listed);
        for id in missing {
            match raw.get_project_operation(&self.project, &id).await {
                Ok(answer) => self.record([answer.into_inner().operation]),
                // An operation may be missing for a moment after it is named.
                Err(error) if error.status().is_some_and(|s| s.as_u16() == 404) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn unsettled(&self) -> Vec<OperationId> {
        self.state()
            .tracked
            .iter()
            .filter(|(_, tracked)| tracked.progress() == Progress::Running)
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn record(&self, operations: impl IntoIterator<Item = Operation>) {
        let mut state = self.state();
        for operation in operations {
            if let Some(tracked) = state.tracked.get_mut(&operation.id) {
                tracked.seen = Some(operation);
            }
        }
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.tracked.is_empty() && self.idle_waits == 0
    }

    /// A new wait brings the next poll forward and starts the intervals anew.
    fn poll_soon(&mut self, is_idle: bool, soon: Instant) {
        self.interval = FIRST_INTERVAL;
        self.next_poll = if is_idle {
            soon
        } else {
            self.next_poll.min(soon)
        };
    }
}

/// Up to a tenth shorter, so that many clients do not poll in step.
fn with_jitter(interval: Duration) -> Duration {
    interval.mul_f64(1.0 - 0.1 * fastrand::f64())
}

/// One wait's share in a poller. Dropping it takes its operations off the poller.
#[derive(Debug)]
pub(crate) struct Watch {
    poller: Arc<Poller>,
    ids: Vec<OperationId>,
}

impl Watch {
    /// Waits until all operations have ended.
    pub(crate) async fn settle(&self, raw: &Client) -> Outcome {
        self.poller.settle(raw, || self.outcome()).await
    }

    fn outcome(&self) -> Option<Outcome> {
        let state = self.poller.state();
        let mut all_succeeded = true;
        for id in &self.ids {
            match state.tracked.get(id).map(Tracked::progress) {
                Some(Progress::Failed) => return Some(Outcome::Failed),
                Some(Progress::Succeeded) => {}
                Some(Progress::Running) | None => all_succeeded = false,
            }
        }
        if all_succeeded {
            Some(Outcome::Succeeded)
        } else if state.is_refused {
            Some(Outcome::Refused)
        } else {
            None
        }
    }

    /// The operations as they were last seen.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let state = self.poller.state();
        self.ids
            .iter()
            .filter_map(|id| state.tracked.get(id)?.seen.clone())
            .collect()
    }

    /// Why the last poll failed, if it did.
    pub(crate) fn take_poll_error(&self) -> Option<Error> {
        self.poller.state().last_error.take()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.poller.state();
        for id in &self.ids {
            if let Some(tracked) = state.tracked.get_mut(id) {
                tracked.waits -= 1;
                if tracked.waits == 0 {
                    state.tracked.remove(id);
                }
            }
        }
    }
}

/// A wait until no operation of the project runs. Dropping it takes it off the poller.
#[derive(Debug)]
pub(crate) struct IdleWatch {
    poller: Arc<Poller>,
    since: Instant,
}

impl IdleWatch {
    /// Waits.
    pub(crate) async fn settle(&self, raw: &Client) -> Idle {
        self.poller.settle(raw, || self.outcome()).await
    }

    fn outcome(&self) -> Option<Idle> {
        let state = self.poller.state();
        // A listing that began when the wait did may be the one that let the change before pass.
        let has_been = |at: Option<Instant>| at.is_some_and(|at| at > self.since);
        if has_been(state.idle_at) {
            let was_busy = has_been(state.busy_at);
            Some(if was_busy {
                Idle::AfterOperations
            } else {
                Idle::AtOnce
            })
        } else {
            state.is_refused.then_some(Idle::Unknown)
        }
    }
}

impl Drop for IdleWatch {
    fn drop(&mut self) {
        self.poller.state().idle_waits -= 1;
    }
}
