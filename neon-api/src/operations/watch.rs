//! What takes part in a project's polls, and how it ends.

use std::sync::Arc;

use neon_api_raw::Client;
use neon_api_raw::ids::OperationId;
use neon_api_raw::types::Operation;
use tokio::time::Instant;

use super::poller::Poller;
use super::status::Progress;
use super::tracked::Tracked;
use crate::error::Error;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
    /// The key may not look at the operations, or they cannot be asked for.
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

/// One wait's share in a poller. Dropping it takes its operations off the poller.
#[derive(Debug)]
pub(crate) struct Watch {
    poller: Arc<Poller>,
    ids: Vec<OperationId>,
    since: Instant,
}

impl Watch {
    /// A share that the poller has taken note of.
    pub(super) fn new(poller: Arc<Poller>, ids: &[OperationId], since: Instant) -> Self {
        let ids = ids.to_vec();
        Self { poller, ids, since }
    }

    /// Waits until all operations have ended.
    pub(crate) async fn settle(&self, raw: &Client) -> Outcome {
        self.poller.settle(raw, || self.outcome()).await
    }

    fn outcome(&self) -> Option<Outcome> {
        let state = self.poller.state();
        let mut all_succeeded = true;
        let mut is_refused = state.refused_at.is_some_and(|at| at > self.since);
        for id in &self.ids {
            let tracked = state.tracked.get(id);
            is_refused |= tracked.is_some_and(|t| t.fault.is_some());
            match tracked.map(Tracked::progress) {
                Some(Progress::Failed) => return Some(Outcome::Failed),
                Some(Progress::Succeeded) => {}
                Some(Progress::Running) | None => all_succeeded = false,
            }
        }
        if all_succeeded {
            Some(Outcome::Succeeded)
        } else {
            is_refused.then_some(Outcome::Refused)
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

    /// Why the operations cannot be asked for, or why the last look failed, if it did.
    pub(crate) fn poll_error(&self) -> Option<Arc<Error>> {
        let state = self.poller.state();
        let mut tracked = self.ids.iter().filter_map(|id| state.tracked.get(id));
        let fault = tracked.find_map(|tracked| tracked.fault.clone());
        fault.or_else(|| {
            let (at, error) = state.last_error.as_ref()?;
            (*at > self.since).then(|| Arc::clone(error))
        })
    }

    /// Waits until somebody has looked at the project's operations.
    pub(crate) async fn first_look(&self) {
        // The sender lives in the poller, which this wait holds.
        let _ = self.poller.rounds.subscribe().changed().await;
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
    /// A wait that the poller has taken note of.
    pub(super) fn new(poller: Arc<Poller>, since: Instant) -> Self {
        Self { poller, since }
    }

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
            has_been(state.refused_at).then_some(Idle::Unknown)
        }
    }
}

impl Drop for IdleWatch {
    fn drop(&mut self) {
        self.poller.state().idle_waits -= 1;
    }
}
