//! A single poll.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::ids::OperationId;
use neon_api_raw::types::Operation;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::WaitToken;
use super::poller::Poller;
use super::round::Round;
use super::watch::Outcome;
use crate::call::Call;
use crate::error::{Error, MaskedOperations};
use crate::neon::Neon;

/// The state of operations, returned by [`Neon::check`].
///
/// Each variant holds the operations in the token's order, whatever their status. As JSON it is an
/// object such as `{"running": […]}`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Progress {
    /// None has failed, and at least one is still running. A status that this version does not know
    /// counts as running, and so does `error` for as long as the API plans a retry.
    Running(Vec<Operation>),
    /// All have finished or were skipped.
    Done(Vec<Operation>),
    /// At least one has failed or was cancelled, whether or not others are still running.
    Failed(Vec<Operation>),
}

impl Progress {
    /// The operations as they were seen. If one has failed, operations that were not fetched yet
    /// may be missing.
    pub fn operations(&self) -> &[Operation] {
        match self {
            Self::Running(operations) | Self::Done(operations) | Self::Failed(operations) => {
                operations
            }
        }
    }

    /// Whether to check again.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// Whether all operations have finished or were skipped.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Whether an operation has failed or was cancelled.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Running(_) => "Running",
            Self::Done(_) => "Done",
            Self::Failed(_) => "Failed",
        };
        f.debug_tuple(name)
            .field(&MaskedOperations(self.operations()))
            .finish()
    }
}

impl Neon {
    /// Polls operations once and reports whether they run, are done or have failed.
    ///
    /// It lists the newest operations once (`listProjectOperations`). Operations that are not in
    /// that page are fetched individually (`getProjectOperation`), after up to 25 further pages if
    /// there are more than five. One that the API does not know, as may happen briefly after it was
    /// created, is fetched again for 10 to 20 seconds. A check shares no poll with waits or other
    /// checks. Without operations it returns `Done`, and nothing is sent.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, token: neon_api::WaitToken) -> Result<(), neon_api::Error> {
    /// use neon_api::Progress;
    ///
    /// match neon.check(&token).await? {
    ///     Progress::Done(_) => println!("ready"),
    ///     Progress::Failed(operations) => println!("failed: {operations:?}"),
    ///     _ => println!("not yet"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of any call, each after the retries of the client's
    /// [`RetryPolicy`](crate::RetryPolicy) and within its [call timeout](Neon::with_call_timeout):
    /// [`is_not_found`](Error::is_not_found) if the project does not exist, and
    /// [`is_forgotten`](Error::is_forgotten) if the API does not know an operation although the
    /// project exists. Failed operations are not an error here.
    pub fn check(&self, token: &WaitToken) -> Call<Progress> {
        let token = token.clone();
        Call::of(self.clone(), |client| async move {
            check(client.get(), token).await
        })
    }
}

async fn check(neon: Neon, token: WaitToken) -> Result<Progress, Error> {
    let Some(project) = token.project().filter(|_| !token.operations().is_empty()) else {
        return Ok(Progress::Done(Vec::new()));
    };
    let raw = neon.raw();
    let poller = Arc::new(Poller::new(project.clone()));
    let watch = Arc::clone(&poller).watch(token.operations(), Vec::new(), Duration::ZERO);
    let round = Round::begin(Arc::clone(&poller));
    poller.poll_operations(raw, &round).await?;
    loop {
        let next = poller.next_unseen();
        match (watch.outcome(), next) {
            (Some(Outcome::Failed), _) => return Ok(Progress::Failed(watch.operations())),
            (Some(Outcome::Succeeded), _) => return Ok(Progress::Done(watch.operations())),
            (Some(outcome), _) => {
                return Err(Error::Wait(Box::new(watch.report(token, Some(outcome)))));
            }
            (None, None) => return Ok(Progress::Running(watch.operations())),
            (None, Some((due_at, id))) => {
                if let Some(at) = due_at {
                    // Once the deadline has passed, the next request fails with that.
                    let deadline = neon.engine().deadline();
                    let at = deadline.map_or(at, |deadline| deadline.min(at));
                    tokio::time::sleep_until(at).await;
                }
                poller.ask_for(raw, &id).await?;
            }
        }
    }
}

impl Poller {
    /// The next operation to fetch, of those that were never seen, and when.
    fn next_unseen(&self) -> Option<(Option<Instant>, OperationId)> {
        let state = self.state();
        let unseen = state.unsettled().filter(|(_, t)| t.seen.is_none());
        let (id, tracked) = unseen.min_by_key(|(_, tracked)| tracked.due_at())?;
        Some((tracked.due_at(), id.clone()))
    }
}
