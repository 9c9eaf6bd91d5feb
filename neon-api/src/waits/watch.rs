//! The participants of a project's polls, and how they end.

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::ids::OperationId;
use neon_api_raw::types::Operation;
use tokio::sync::watch;
use tokio::time::Instant;

use super::WaitToken;
use super::failures::PollFailures;
use super::poller::Poller;
use super::state::State;
use super::status::{Phase, phase};
use super::tracked::Tracked;
use crate::clock;
use crate::engine::Engine;
use crate::error::{WaitFailure, WaitReport};

/// How long after its timeout a wait insists on a complete poll of its own. A poll that was in
/// progress when it began may have read older data; and its own may go on for long with operations
/// that are not among the newest.
const OWN_POLL_GRACE: Duration = Duration::from_secs(5);

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
    /// The key lacks permission to poll the operations, they cannot be fetched, or the API cannot
    /// be reached.
    Refused,
    /// The project does not exist.
    Gone,
    /// The API does not know an operation.
    Forgotten,
}

impl Outcome {
    /// What metrics call it; `None` is a timeout.
    pub(super) fn name(outcome: Option<Self>) -> &'static str {
        match outcome {
            Some(Self::Succeeded) => "succeeded",
            Some(Self::Failed) => "failed",
            Some(Self::Refused) => "refused",
            Some(Self::Gone) => "not_found",
            Some(Self::Forgotten) => "forgotten",
            None => "timeout",
        }
    }
}

/// How a wait for a moment without operations ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// No operation was running when the wait began.
    AtOnce,
    /// Operations were running and have ended.
    AfterOperations,
    /// The operations cannot be polled.
    Unknown,
}

/// The position in the sequence of polls at which a wait began.
#[derive(Debug, Clone, Copy)]
struct Joined {
    at: Instant,
    /// The last poll that had made an attempt.
    attempted: u64,
    /// The last poll that had listed the newest operations.
    listed: u64,
    /// The last poll that had ended.
    completed: u64,
    /// Whether a poll had made an attempt and was still to list the newest operations.
    amid_poll: bool,
}

impl Joined {
    fn new(at: Instant, state: &State) -> Self {
        Self {
            at,
            attempted: state.attempted,
            listed: state.listed,
            completed: state.completed,
            amid_poll: state.under_way > 0 && state.listed < state.attempted,
        }
    }

    /// From when the wait's timeout counts, once there has been an attempt to poll. Time spent
    /// waiting for a permit does not count; the wait's own delay of the poll does.
    fn started(&self, state: &State) -> Option<Instant> {
        if self.amid_poll {
            return Some(self.at);
        }
        let is_since = state.attempted > self.attempted;
        let (began, attempted_at) = state.attempted_at.filter(|_| is_since)?;
        Some(self.at + (attempted_at - began.max(self.at)))
    }

    /// Whether a poll has ended that made its first attempt after the wait began.
    fn had_own_poll(&self, state: &State) -> bool {
        state.completed > self.attempted
    }

    /// The same as soon as that poll has listed the newest operations.
    fn had_own_listing(&self, state: &State) -> bool {
        state.listed > self.attempted
    }

    /// Whether the poll that was in progress when the wait began has listed them, or has ended
    /// without.
    fn had_poll_amid(&self, state: &State) -> bool {
        self.amid_poll && (state.listed > self.listed || state.completed > self.completed)
    }

    /// Whether the operations were polled since the wait began, or that failed.
    fn had_poll(&self, state: &State) -> bool {
        self.had_own_poll(state) || self.had_own_listing(state) || self.had_poll_amid(state)
    }
}

/// One wait's registration with a poller. Dropping it removes its operations from the poller.
#[derive(Debug)]
pub(crate) struct Watch {
    poller: Arc<Poller>,
    ids: Vec<OperationId>,
    joined: Joined,
}

impl Watch {
    /// An active registration.
    pub(super) fn new(
        poller: Arc<Poller>,
        ids: &[OperationId],
        now: Instant,
        state: &State,
    ) -> Self {
        Self {
            poller,
            ids: ids.to_vec(),
            joined: Joined::new(now, state),
        }
    }

    /// Waits until all operations have ended, or it is clear that their end cannot be observed.
    pub(crate) async fn settle(&self, engine: &Engine) -> Outcome {
        self.poller.settle(engine, || self.outcome()).await
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        let state = self.poller.state();
        let mut all_succeeded = true;
        let mut is_refused = state.refused.is_some_and(|n| n > self.joined.attempted);
        let mut is_forgotten = false;
        for tracked in self.tracked(&state) {
            is_refused |= tracked.fault.is_some();
            is_forgotten |= tracked.is_forgotten;
            match tracked.phase() {
                Phase::Failed => return Some(Outcome::Failed),
                Phase::Succeeded => {}
                Phase::Running => all_succeeded = false,
            }
        }
        if all_succeeded {
            Some(Outcome::Succeeded)
        } else if is_refused {
            Some(Outcome::Refused)
        } else if state.is_gone(self.joined.attempted) {
            Some(Outcome::Gone)
        } else {
            is_forgotten.then_some(Outcome::Forgotten)
        }
    }

    fn tracked<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a Tracked> {
        self.ids.iter().filter_map(|id| state.tracked.get(id))
    }

    /// How the wait failed; `None` means a timeout.
    pub(super) fn report(&self, token: WaitToken, outcome: Option<Outcome>) -> WaitReport {
        let failure = match outcome {
            Some(Outcome::Failed) => WaitFailure::Failed,
            Some(Outcome::Refused) => WaitFailure::Refused,
            Some(Outcome::Gone) => WaitFailure::NotFound,
            Some(Outcome::Forgotten) => WaitFailure::Forgotten(self.forgotten()),
            Some(Outcome::Succeeded) | None => WaitFailure::Timeout,
        };
        WaitReport {
            failure,
            operations: self.operations(),
            poll_failures: self.poll_failures(),
            unpolled: self.unpolled(),
            token,
            value: None,
        }
    }

    /// The operations as they were last seen.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let state = self.poller.state();
        self.tracked(&state)
            .filter_map(|tracked| tracked.seen.clone())
            .collect()
    }

    /// Those of the operations that have ended, as they were last seen.
    pub(super) fn ended(&self) -> Vec<Operation> {
        let mut operations = self.operations();
        operations.retain(|operation| phase(operation) != Phase::Running);
        operations
    }

    /// Those of the operations that the API does not know.
    fn forgotten(&self) -> Vec<OperationId> {
        let state = self.poller.state();
        let is_forgotten =
            |id: &&OperationId| state.tracked.get(*id).is_some_and(|t| t.is_forgotten);
        self.ids.iter().filter(is_forgotten).cloned().collect()
    }

    /// Why the operations cannot be fetched, or how the last polls failed, if they did.
    fn poll_failures(&self) -> Option<PollFailures> {
        let state = self.poller.state();
        let fault = self.tracked(&state).find_map(|t| t.fault.clone());
        match fault {
            Some(fault) => Some(PollFailures::one(fault)),
            None => state.failures.after(self.joined.completed),
        }
    }

    /// How much longer the API has asked not to be polled, if it was not polled for that reason.
    fn unpolled(&self) -> Option<Duration> {
        let state = self.poller.state();
        let until = state
            .paused_until()
            .filter(|_| !self.joined.had_poll(&state))?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// Waits for this duration, not counting the wait of the first attempt to poll for a permit,
    /// and until the first poll has shown what it can, or has failed.
    pub(crate) async fn expire(&self, timeout: Duration) {
        // The sender lives in the poller, which this wait holds.
        let mut progress = self.poller.progress.subscribe();
        let Some(started) = self.started(&mut progress, timeout).await else {
            return;
        };
        let deadline = clock::after(started, timeout);
        tokio::time::sleep_until(deadline).await;
        loop {
            let ends_at = self.ends_at(deadline);
            let is_known = ends_at.is_some();
            let ends_at = ends_at.unwrap_or(deadline);
            if is_known && ends_at <= Instant::now() {
                return;
            }
            tokio::select! {
                _ = progress.changed() => {}
                () = tokio::time::sleep_until(ends_at), if is_known => {}
            }
        }
    }

    /// From when the wait's timeout counts, once there has been an attempt to poll. `None` if it
    /// expires before the end of a pause requested by the API.
    async fn started(
        &self,
        progress: &mut watch::Receiver<()>,
        timeout: Duration,
    ) -> Option<Instant> {
        let deadline = clock::after(self.joined.at, timeout);
        loop {
            let is_held = {
                let state = self.poller.state();
                if let Some(at) = self.joined.started(&state) {
                    return Some(at);
                }
                state.paused_until().is_some_and(|until| until > deadline)
            };
            tokio::select! {
                _ = progress.changed() => {}
                () = tokio::time::sleep_until(deadline), if is_held => return None,
            }
        }
    }

    /// When a wait that has timed out ends, if known.
    fn ends_at(&self, deadline: Instant) -> Option<Instant> {
        let state = self.poller.state();
        let is_sought = self.tracked(&state).any(|tracked| tracked.is_sought);
        let has_listing = self.joined.had_own_listing(&state);
        if self.joined.had_own_poll(&state) || has_listing && !is_sought {
            return Some(deadline);
        }
        let grace_end = clock::after(deadline, OWN_POLL_GRACE);
        if self.joined.had_poll_amid(&state) {
            let is_held = state.paused_until().is_some_and(|until| until > grace_end);
            return Some(if is_held { deadline } else { grace_end });
        }
        has_listing.then(|| clock::after(deadline.max(state.listed_at), OWN_POLL_GRACE))
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

/// A wait until no operation of the project is running. Dropping it removes it from the poller.
#[derive(Debug)]
pub(crate) struct IdleWatch {
    poller: Arc<Poller>,
    joined: Joined,
}

impl IdleWatch {
    /// A registered wait.
    pub(super) fn new(poller: Arc<Poller>, now: Instant, state: &State) -> Self {
        Self {
            poller,
            joined: Joined::new(now, state),
        }
    }

    /// Waits.
    pub(crate) async fn settle(&self, engine: &Engine) -> Idle {
        self.poller.settle(engine, || self.outcome()).await
    }

    fn outcome(&self) -> Option<Idle> {
        let state = self.poller.state();
        // A listing that began when the wait did may be the one that let the previous change pass.
        let has_been = |at: Option<Instant>| at.is_some_and(|at| at > self.joined.at);
        if has_been(state.idle_at) {
            let was_busy = has_been(state.busy_at);
            return Some(if was_busy {
                Idle::AfterOperations
            } else {
                Idle::AtOnce
            });
        }
        let is_refused = state.refused.is_some_and(|n| n > self.joined.attempted);
        let is_gone = state.is_gone(self.joined.attempted);
        (is_refused || is_gone).then_some(Idle::Unknown)
    }
}

impl Drop for IdleWatch {
    fn drop(&mut self) {
        self.poller.state().idle_waits -= 1;
    }
}
