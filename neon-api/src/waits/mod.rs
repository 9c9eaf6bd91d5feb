//! Operations that a call started, and waiting for them.

mod check;
mod failures;
mod locks;
mod named;
mod pace;
mod poll;
mod poller;
mod ready_call;
mod round;
mod shared;
mod started;
mod state;
mod status;
mod tracked;
mod waiters;
mod watch;

use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::types::Operation;
use serde::{Deserialize, Serialize};

pub use check::Progress;
pub(crate) use failures::PollFailures;
pub use named::NamesOperations;
pub(crate) use poller::Poller;
pub use ready_call::{ReadyCall, ReadyError};
pub use started::{Ready, Started};
pub(crate) use status::{Phase, phase};
pub(crate) use waiters::Waiters;
pub(crate) use watch::Idle;

/// Names the operations that a wait is for, so that it can go on in another process.
///
/// It is serialised as its two fields. Ids that no request can name, such as an empty one, are
/// refused when it is deserialised.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::WaitToken;
///
/// let text = r#"{"project":"late-frost-12345678","operations":["a07f8772-1877-4da9-a939-3a3ae62d1d8d"]}"#;
/// let token: WaitToken = serde_json::from_str(text)?;
/// assert_eq!(token.project().unwrap(), "late-frost-12345678");
/// assert_eq!(token.operations().len(), 1);
/// assert_eq!(serde_json::to_string(&token)?, text);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WaitToken {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<ProjectId>,
    operations: Vec<OperationId>,
}

/// The form in which a token is kept.
#[derive(Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
struct Unchecked {
    #[serde(default)]
    project: Option<ProjectId>,
    operations: Vec<OperationId>,
}

impl TryFrom<Unchecked> for WaitToken {
    type Error = &'static str;

    fn try_from(token: Unchecked) -> Result<Self, Self::Error> {
        let Unchecked {
            project,
            operations,
        } = token;
        // Not the form that ids have today: the API may give others, and they are kept as it does.
        let is_nameable = |id: &str| !matches!(id, "" | "." | "..");
        match &project {
            Some(project) if !is_nameable(project.as_str()) => {
                return Err("the project's ID is not one that a request can name");
            }
            None if !operations.is_empty() => {
                return Err("the project of the operations is missing");
            }
            _ => {}
        }
        if !operations.iter().all(|id| is_nameable(id.as_str())) {
            return Err("an operation's ID is not one that a request can name");
        }
        Ok(Self {
            project,
            operations,
        })
    }
}

impl WaitToken {
    /// A token for operations of one project, as the responses to raw calls name them. One without
    /// operations waits for nothing.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// use neon_api::WaitToken;
    /// use neon_api::types::{ProjectUpdateRequest, ProjectUpdateRequestProject};
    ///
    /// let change = ProjectUpdateRequestProject::default().with_name("renamed");
    /// let response = neon.raw().update_project(&id, &ProjectUpdateRequest::new(change)).await?;
    /// let started = response.operations.iter().map(|operation| operation.id.clone());
    /// neon.wait(WaitToken::new(&id, started)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        project: impl Into<ProjectId>,
        operations: impl IntoIterator<Item = OperationId>,
    ) -> Self {
        Self {
            project: Some(project.into()),
            operations: operations.into_iter().collect(),
        }
    }

    pub(crate) fn of(operations: &[Operation]) -> Self {
        Self {
            project: operations.first().map(|first| first.project_id.clone()),
            operations: operations.iter().map(|o| o.id.clone()).collect(),
        }
    }

    /// The project that the operations belong to; `None` only where there are no operations.
    pub fn project(&self) -> Option<&ProjectId> {
        self.project.as_ref()
    }

    /// The operations' ids.
    pub fn operations(&self) -> &[OperationId] {
        &self.operations
    }
}
