//! Changes that a project's running operations lock out (423).
//!
//! Such a change waits in a queue of its project, in order of arrival, with those of the background
//! lane behind all others. The first of the queue waits until no operation runs, through the poller
//! that all waits on the project share, and is sent again; the next one follows when it has been
//! accepted. Changes that arrive while there is a queue join it at once, since they would be locked
//! out as well. A change that is not polled loses its place, and regains it when it is polled again.

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::TransportError;
use neon_api_raw::ids::ProjectId;
use neon_api_raw::routes::{GET_PROJECT_OPERATION, LIST_PROJECT_OPERATIONS};
use neon_api_raw::transport::Exchange;
use tokio::time::Instant;

use super::run::CallRun;
use super::{backoff, trace};
use crate::queue::{QueueTurn, in_background};
use crate::waits::{Idle, Poller};

/// Why a locked call waits, in traces.
const LOCKED: &str = "locked";

/// The first place in a project's queue. Dropping it admits the next one.
#[derive(Debug)]
pub(super) struct Turn {
    turn: QueueTurn,
    /// Holds the queue in place: others find it by its poller.
    poller: Arc<Poller>,
}

impl Turn {
    /// Keeps the place during a wait, as long as that is polled.
    pub(super) async fn keep<T>(&self, wait: impl Future<Output = T>) -> T {
        self.turn.keep(wait).await
    }
}

impl CallRun<'_> {
    /// Whether the call is a change that has not been sent and stands in no queue.
    pub(super) fn may_queue(&self) -> bool {
        let is_unsent = self.attempts == 0 && self.turn.is_none();
        is_unsent && !self.call.route.is_safe() && !self.policy().is_off
    }

    /// Lets the changes pass that are locked out already; `true` when that took a while.
    pub(super) async fn join_queue_if_there_is_one(&mut self) -> Result<bool, TransportError> {
        let Some(project) = self.project() else {
            return Ok(false);
        };
        let waiters = &self.shared.waiters;
        if self.policy().queues_changes {
            self.queue_up(&project).await?;
            if !waiters.was_changed(&project) {
                return Ok(false);
            }
        } else if !waiters.has_queue(&project) {
            return Ok(false);
        }
        self.wait_until_unlocked(None).await?;
        Ok(true)
    }

    pub(super) fn project(&self) -> Option<ProjectId> {
        project_of(&self.call, &self.shared.base_path)
    }

    async fn queue_up(&mut self, project: &ProjectId) -> Result<(), TransportError> {
        if self.turn.as_ref().is_none_or(|turn| turn.turn.is_lost()) {
            self.leave_queue();
            let poller = self.shared.waiters.poller(project);
            let bounds = self.bounds();
            let wait = poller.queue_up(self.place());
            let turn = self.patience.within(bounds, LOCKED, wait).await?;
            self.turn = Some(Turn { turn, poller });
        }
        Ok(())
    }

    /// The place in a project's queue: in order of arrival, with the background lane behind all
    /// other calls.
    fn place(&self) -> u64 {
        if self.engine.is_background() {
            in_background(self.number)
        } else {
            self.number
        }
    }

    fn leave_queue(&mut self) {
        self.turn = None;
        self.locked_since = None;
    }

    /// Records a change that is about to be sent, since it may start operations even if its
    /// response is lost. Returns the project if it was not recorded yet.
    pub(super) fn note_change(&self) -> Option<ProjectId> {
        if !self.policy().queues_changes || self.call.route.is_safe() {
            return None;
        }
        let project = self.project()?;
        let is_news = self.shared.waiters.note_change(project.clone());
        is_news.then_some(project)
    }

    /// Takes back what was noted of a change that has not happened.
    pub(super) fn forget_change(&self, noted: Option<ProjectId>) {
        if let Some(project) = noted {
            self.shared.waiters.note_idle(&project);
        }
    }

    /// Waits until the call is the first of its project's queue and no operation runs there;
    /// `false` when that takes longer than the policy allows. The time in the queue is not bounded
    /// by the policy, since the time of each call at its head is.
    pub(super) async fn wait_until_unlocked(
        &mut self,
        asked: Option<Duration>,
    ) -> Result<bool, TransportError> {
        let began = Instant::now();
        let outcome = self.stand_in_queue(asked).await;
        let waited = began.elapsed();
        self.uncounted += waited;
        self.count_retry_wait(waited);
        trace::lock(waited, matches!(outcome, Ok(true)));
        outcome
    }

    async fn stand_in_queue(&mut self, asked: Option<Duration>) -> Result<bool, TransportError> {
        let Some(project) = self.project() else {
            return self.wait_at_head(asked).await;
        };
        loop {
            self.queue_up(&project).await?;
            let is_unlocked = self.wait_at_head(asked).await?;
            let Some(Turn { turn, poller }) = &self.turn else {
                return Ok(false);
            };
            if !turn.is_lost() {
                if !is_unlocked {
                    return Ok(false);
                }
                // Its refusal may have taken longer on its way back than this call's.
                if !poller.has_earlier(self.place()) {
                    self.shared.waiters.note_idle(&project);
                    return Ok(true);
                }
            }
            self.leave_queue();
        }
    }

    /// Waits until no operation runs, where that can be found out, or for a limited time.
    async fn wait_at_head(&mut self, asked: Option<Duration>) -> Result<bool, TransportError> {
        let policy = self.policy();
        let bounds = self.bounds();
        let turn = self.turn.as_ref();
        let head_since = *self.locked_since.get_or_insert_with(Instant::now);
        let backoff = backoff::delay(policy, self.lockouts);
        // A call that is locked out although no operation ran when it was sent can only let time
        // pass; so can one whose project's operations cannot be polled.
        let is_blind = self.lockouts > 0 || turn.is_none();
        let delay = if is_blind { backoff } else { Duration::ZERO };
        self.lockouts += 1;
        // Calls of either lane may stand behind this one, so that its polls do not yield.
        let engine = self.engine.without_options();
        let wait = async {
            tokio::time::sleep(delay.max(asked.unwrap_or_default())).await;
            let Some(turn) = turn else {
                return Idle::AtOnce;
            };
            let idle = turn.poller.watch_idle().settle(&engine).await;
            if idle == Idle::Unknown && !is_blind {
                tokio::time::sleep(backoff).await;
            }
            idle
        };
        let patience = policy.locked_timeout.saturating_sub(head_since.elapsed());
        let wait = tokio::time::timeout(patience, wait);
        let bounded = self.patience.within(bounds, LOCKED, wait);
        let outcome = match turn {
            Some(turn) => turn.turn.keep(bounded).await,
            None => bounded.await,
        };
        let Ok(idle) = outcome? else {
            return Ok(false);
        };
        if idle == Idle::AfterOperations {
            self.lockouts = 1;
        }
        Ok(true)
    }
}

/// The project that a call's path names.
///
/// The poller's own calls have none: the call that it polls for is in the queue already, and would
/// wait for the poll, which would wait for it.
fn project_of(call: &Exchange, base_path: &str) -> Option<ProjectId> {
    if [&LIST_PROJECT_OPERATIONS, &GET_PROJECT_OPERATION].contains(&call.route) {
        return None;
    }
    let template = call.route.path.strip_prefix("/projects/{project_id}")?;
    if !template.is_empty() && !template.starts_with('/') {
        return None;
    }
    let path = call.request.uri().path().strip_prefix(base_path)?;
    let (project, _) = path
        .strip_prefix("/projects/")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))?;
    ProjectId::new(project).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use neon_api_raw::Route;
    use neon_api_raw::routes::{CREATE_PROJECT, LIST_PROJECT_BRANCHES, UPDATE_PROJECT};

    fn project(operation: &'static Route, path: &str) -> Vec<Option<String>> {
        let bases = ["", "/api/v2", "/projects/neon/api/v2"];
        let projects = bases.map(|base_path| {
            let uri = format!("https://gateway.example{base_path}{path}");
            let request = http::Request::builder().uri(uri);
            let call = Exchange::new(operation, request.body(Bytes::new()).unwrap());
            project_of(&call, base_path).map(String::from)
        });
        projects.into()
    }

    #[test]
    fn the_project_is_read_from_the_path_below_the_base() {
        assert_eq!(
            project(
                &LIST_PROJECT_BRANCHES,
                "/projects/late-frost-1/branches?x=1"
            ),
            vec![Some("late-frost-1".to_owned()); 3]
        );
        assert_eq!(
            project(&UPDATE_PROJECT, "/projects/p-1"),
            vec![Some("p-1".to_owned()); 3]
        );
        assert_eq!(project(&CREATE_PROJECT, "/projects"), vec![None; 3]);
    }
}
