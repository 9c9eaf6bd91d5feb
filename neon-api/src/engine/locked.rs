//! Changes that a project's running operations lock out (423).
//!
//! Such a change stands in a queue of its project, in order of arrival. The first of the queue
//! waits until no operation runs, through the poller that all waits on the project share, and is
//! sent again; the next one follows when it has been taken. Changes that arrive while there is a
//! queue join it at once, since they would be locked out as well.

use neon_api_raw::TransportError;
use neon_api_raw::ids::ProjectId;
use neon_api_raw::transport::Call;
use tokio::time::Instant;

use super::{CallRun, trace};
use crate::operations::QueueTurn;

/// The first place in a project's queue. Dropping it lets the next one in.
pub(super) type Turn = QueueTurn;

impl CallRun<'_> {
    pub(super) async fn join_queue_if_there_is_one(&mut self) -> Result<(), TransportError> {
        if self.call.operation.is_safe() || self.shared.policy.is_off {
            return Ok(());
        }
        let Some(project) = project_of(&self.call) else {
            return Ok(());
        };
        if !self.shared.waiters.has_queue(&project) {
            return Ok(());
        }
        self.wait_until_unlocked().await?;
        Ok(())
    }

    /// Waits until the call is the first of its project's queue and no operation runs there;
    /// `false` when that cannot be had, or takes longer than the policy allows.
    pub(super) async fn wait_until_unlocked(&mut self) -> Result<bool, TransportError> {
        let Some(project) = project_of(&self.call) else {
            return Ok(false);
        };
        let Ok(raw) = self.engine.raw() else {
            return Ok(false);
        };
        let since = Instant::now();
        let poller = self.shared.waiters.poller(&project);
        let held = self.turn.take();
        let wait = async {
            let turn = match held {
                Some(turn) => turn,
                None => poller.queue_up().await,
            };
            let is_idle = poller.watch_idle().settle(&raw).await;
            (turn, is_idle)
        };
        let bounded = tokio::time::timeout(self.shared.policy.locked_timeout, wait);
        let outcome = self.within_deadline(bounded).await?;
        let waited = since.elapsed();
        self.uncounted += waited;
        self.shared.counters.waited_to_retry(waited);
        trace::retry("locked", waited);
        match outcome {
            Ok((turn, is_idle)) => {
                self.turn = Some(turn);
                Ok(is_idle)
            }
            Err(_) => Ok(false),
        }
    }
}

/// The project that a call's path names.
fn project_of(call: &Call) -> Option<ProjectId> {
    let template = call.operation.path.strip_prefix("/projects/{project_id}")?;
    if !template.is_empty() && !template.starts_with('/') {
        return None;
    }
    let mut segments = call.request.uri().path().split('/');
    segments.find(|segment| *segment == "projects")?;
    ProjectId::new(segments.next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use neon_api_raw::Operation;
    use neon_api_raw::operations::{CREATE_PROJECT, LIST_PROJECT_BRANCHES, UPDATE_PROJECT};

    fn project(operation: &'static Operation, uri: &str) -> Option<String> {
        let request = http::Request::builder()
            .uri(uri)
            .body(Bytes::new())
            .unwrap();
        project_of(&Call::new(operation, request)).map(String::from)
    }

    #[test]
    fn the_project_is_read_from_the_path() {
        let base = "https://console.neon.tech/api/v2";
        assert_eq!(
            project(
                &LIST_PROJECT_BRANCHES,
                &format!("{base}/projects/late-frost-1/branches?x=1")
            ),
            Some("late-frost-1".to_owned())
        );
        assert_eq!(
            project(&UPDATE_PROJECT, &format!("{base}/projects/p-1")),
            Some("p-1".to_owned())
        );
        assert_eq!(project(&CREATE_PROJECT, &format!("{base}/projects")), None);
    }
}
