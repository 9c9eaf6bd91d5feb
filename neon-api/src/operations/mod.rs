//! Operations that a call started, and waiting for them.

mod check;
mod failures;
mod locks;
mod pace;
mod poll;
mod poller;
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

pub use check::{Check, Progress};
pub(crate) use failures::PollFailures;
pub(crate) use poller::Poller;
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
/// use neon_api::WaitHandle;
///
/// let text = r#"{"project":"late-frost-12345678","operations":["a07f8772-1877-4da9-a939-3a3ae62d1d8d"]}"#;
/// let handle: WaitHandle = serde_json::from_str(text)?;
/// assert_eq!(*handle.project(), "late-frost-12345678");
/// assert_eq!(handle.operations().len(), 1);
/// assert_eq!(serde_json::to_string(&handle)?, text);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct WaitHandle {
    project: ProjectId,
    operations: Vec<OperationId>,
}

/// The form in which a handle is kept.
#[derive(Deserialize)]
struct Unchecked {
    project: ProjectId,
    operations: Vec<OperationId>,
}

impl TryFrom<Unchecked> for WaitHandle {
    type Error = &'static str;

    fn try_from(handle: Unchecked) -> Result<Self, Self::Error> {
        let Unchecked {
            project,
            operations,
        } = handle;
        // Not the form that ids have today: the API may give others, and they are kept as it does.
        let is_nameable = |id: &str| !matches!(id, "" | "." | "..");
        if !is_nameable(project.as_str()) {
            return Err("the project's ID is not one that a request can name");
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

impl WaitHandle {
    /// A handle for operations of one project, as the responses to raw calls name them. One without
    /// operations waits for nothing.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// use neon_api::WaitHandle;
    /// use neon_api::types::{ProjectUpdateRequest, ProjectUpdateRequestProject};
    ///
    /// let change = ProjectUpdateRequestProject::default().with_name("renamed");
    /// let response = neon.raw().update_project(&id, &ProjectUpdateRequest::new(change)).await?;
    /// let started = response.operations.iter().map(|operation| operation.id.clone());
    /// neon.wait(WaitHandle::new(&id, started)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        project: impl Into<ProjectId>,
        operations: impl IntoIterator<Item = OperationId>,
    ) -> Self {
        Self {
            project: project.into(),
            operations: operations.into_iter().collect(),
        }
    }

    pub(crate) fn of(project: &ProjectId, operations: &[Operation]) -> Self {
        Self::new(project, operations.iter().map(|o| o.id.clone()))
    }

    /// The project that the operations belong to.
    pub fn project(&self) -> &ProjectId {
        &self.project
    }

    /// The operations' ids.
    pub fn operations(&self) -> &[OperationId] {
        &self.operations
    }
}
