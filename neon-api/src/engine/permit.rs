//! The wait for a permit of the limiter.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use neon_api_raw::ids::ProjectId;
use neon_api_raw::{BoxFuture, TransportError};
use tokio::time::Instant;

use super::run::{CallRun, at_once};
use super::trace;
use crate::waits::Waiters;

/// The wait for a permit, which ends without one (`false`) when changes of the project are locked
/// out: those go first, and a permit held while waiting for them would be lost. This is checked
/// before each poll of the limiter, which takes a permit only when it is polled.
struct PermitUnlessLocked<'a> {
    permit: BoxFuture<'a, ()>,
    waiters: &'a Waiters,
    /// The project whose queue goes first, if any.
    project: Option<ProjectId>,
}

impl Future for PermitUnlessLocked<'_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let project = self.project.as_ref();
        if project.is_some_and(|project| self.waiters.has_queue(project)) {
            return Poll::Ready(false);
        }
        self.permit.as_mut().poll(cx).map(|()| true)
    }
}

impl CallRun<'_> {
    /// Waits for a permit, behind the changes that are locked out by then; `true` when that took a
    /// while.
    pub(super) async fn wait_for_turn(&mut self) -> Result<bool, TransportError> {
        let mut has_waited = false;
        let mut waited = Duration::ZERO;
        loop {
            let mut permit = PermitUnlessLocked {
                permit: self.permit(),
                waiters: &self.shared.waiters,
                project: self.may_queue().then(|| self.project()).flatten(),
            };
            let is_permitted = if let Some(is_permitted) = at_once(&mut permit).await {
                is_permitted
            } else {
                has_waited = true;
                let since = Instant::now();
                let is_permitted = Box::pin(self.wait_longer_for_turn(permit)).await?;
                waited += since.elapsed();
                is_permitted
            };
            if is_permitted {
                let metrics = &self.shared.settings.metrics;
                metrics.permit(self.call.route, waited);
                return Ok(has_waited);
            }
            has_waited |= Box::pin(self.join_queue_if_there_is_one()).await?;
        }
    }

    async fn wait_longer_for_turn(
        &mut self,
        permit: PermitUnlessLocked<'_>,
    ) -> Result<bool, TransportError> {
        let since = Instant::now();
        let _queued = self.shared.counters.queued();
        let _in_queue = self.shared.settings.metrics.queued();
        let _precedence = self.precedence();
        let bounds = self.bounds();
        let wait = self.patience.within(bounds, "limiter", permit);
        let is_permitted = match &self.turn {
            None => wait.await?,
            Some(turn) => turn.keep(wait).await?,
        };
        let waited = since.elapsed();
        self.count_permit_wait(waited);
        trace::turn(waited);
        self.uncounted += waited;
        Ok(is_permitted)
    }
}
