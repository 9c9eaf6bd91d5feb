//! One poll on its own.

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

/// How far operations are, as [`Neon::check`] saw them.
///
/// Each variant holds the operations in the token's order, whatever their status. As JSON it is an
/// object such as `{"running": […]}`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Progress {
    /// None has failed, and one or more still run. A status that this version does not know counts
    /// as running, and so does `error` for as long as the API plans a retry.
    Running(Vec<Operation>),
    /// All have finished or were skipped.
    Done(Vec<Operation>),
    /// One or more have failed or were cancelled, whether or not others still run.
    Failed(Vec<Operation>),
}

impl Progress {
    /// The operations as they were seen. Where one has failed, those may be missing that were not yet
    /// asked for.
    pub fn operations(&self) -> &[Operation] {
        match self {
            Self::Running(operations) | Self::Done(operations) | Self::Failed(operations) => {
                operations
            }
        }
    }

    /// Whether it is worth to ask again.
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
    /// It lists the newest operations once (`listProjectOperations`). Those that are missing there are
    /// asked for one by one (`getProjectOperation`), after up to 25 further pages if they are more than
    /// five. One that the API does not know, as in the first moment after it was named, is asked for
    /// again for 10 to 20 seconds. A check shares no poll with waits or with other checks. Without
    /// operations it is done, and nothing is sent.
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
    /// Those of any call, each after the retries of the client's [`RetryPolicy`](crate::RetryPolicy) and
    /// within its [call timeout](Neon::with_call_timeout):
    /// [`is_not_found`](Error::is_not_found) when there is no such project. And
    /// [`is_forgotten`](Error::is_forgotten) when the API does not know an operation although the
    /// project exists. That operations failed is no error here.
    pub fn check(&self, token: &WaitToken) -> Call<Progress> {
        let token = token.clone();
        Call::new(self, |neon| check(neon, token))
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
                    tokio::time::sleep_until(at).await;
                }
                poller.ask_for(raw, &id).await?;
            }
        }
    }
}

impl Poller {
    /// The operation that is to be asked for next of those that were never seen, and when.
    fn next_unseen(&self) -> Option<(Option<Instant>, OperationId)> {
        let state = self.state();
        let unseen = state.unsettled().filter(|(_, t)| t.seen.is_none());
        let (id, tracked) = unseen.min_by_key(|(_, tracked)| tracked.due_at())?;
        Some((tracked.due_at(), id.clone()))
    }
}
