//! Operations started by calls, and waits for them.

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

/// Identifies the operations of a wait, so that it can be resumed in another process.
///
/// It serializes its two fields. IDs that are not valid in a request, such as an empty one, are
/// rejected on deserialization.
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

/// The serialized form of a token.
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
        // The current form of IDs is not required: the API may introduce others, which are kept as
        // they are.
        let is_nameable = |id: &str| !matches!(id, "" | "." | "..");
        match &project {
            Some(project) if !is_nameable(project.as_str()) => {
                return Err("invalid project ID");
            }
            None if !operations.is_empty() => {
                return Err("missing project ID of the operations");
            }
            _ => {}
        }
        if !operations.iter().all(|id| is_nameable(id.as_str())) {
            return Err("invalid operation ID");
        }
        Ok(Self {
            project,
            operations,
        })
    }
}

impl WaitToken {
    /// Creates a token for operations of one project, as returned by raw calls. A token without
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

    /// The project that the operations belong to; `None` only if there are no operations.
    pub fn project(&self) -> Option<&ProjectId> {
        self.project.as_ref()
    }

    /// The IDs of the operations.
    pub fn operations(&self) -> &[OperationId] {
        &self.operations
    }
}
