//! Faults of operations in the API's sense: work on a project.

use serde::{Deserialize, Serialize};

use super::fault::Often;

/// How an operation ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    Finished,
    Skipped,
    Cancelled,
    Failed(String),
    Error(String),
    /// It does not end.
    Never,
}

impl Ending {
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
            Self::Error(_) => "error",
            Self::Never => "running",
        }
    }

    /// Whether what it is for happens.
    pub(crate) fn has_effect(&self) -> bool {
        match self {
            Self::Finished | Self::Skipped | Self::Never => true,
            Self::Cancelled | Self::Failed(_) | Self::Error(_) => false,
        }
    }

    /// While it is running.
    pub(crate) fn status_before(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelling",
            _ => "running",
        }
    }

    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(message) | Self::Error(message) => Some(message),
            _ => None,
        }
    }
}

/// A fault of operations (work on a project, such as `start_compute`): which ones, how they end,
/// and how often. Decided when an operation is scheduled.
///
/// ```
/// use neon_api_emulator::{Emulator, OperationFault};
///
/// let emulator = Emulator::builder().build();
/// // The next start of a compute fails; every tenth deletion never ends.
/// let faults = emulator.faults();
/// faults.inject_operation(OperationFault::fail("no capacity").on("start_compute"));
/// faults.inject_operation(OperationFault::stick().on("delete_timeline").probability(0.1).always());
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct OperationFault {
    pub(super) action: Option<String>,
    pub(super) often: Often,
    pub(super) ending: Ending,
}

impl OperationFault {
    fn new(ending: Ending) -> Self {
        Self {
            action: None,
            often: Often::ONCE,
            ending,
        }
    }

    /// Ends as `failed` with this message. By default once, whatever the action.
    pub fn fail(message: impl Into<String>) -> Self {
        Self::new(Ending::Failed(message.into()))
    }

    /// Ends as `error` with this message.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Ending::Error(message.into()))
    }

    /// Never ends. The project stays locked, if changes conflict.
    pub fn stick() -> Self {
        Self::new(Ending::Never)
    }

    /// Is `cancelling`, and ends as `cancelled`.
    pub fn cancel() -> Self {
        Self::new(Ending::Cancelled)
    }

    /// Ends as `skipped`, which is a success.
    pub fn skip() -> Self {
        Self::new(Ending::Skipped)
    }

    /// Applies only to operations with this action.
    pub fn on(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Skips this many matching operations first.
    pub fn after(mut self, operations: u32) -> Self {
        self.often.skip = operations;
        self
    }

    /// Happens this many times.
    pub fn times(mut self, times: u32) -> Self {
        self.often.remaining = Some(times);
        self
    }

    /// Happens until the faults are cleared.
    pub fn always(mut self) -> Self {
        self.often.remaining = None;
        self
    }

    /// Happens only with this probability, drawn from the emulator's seed.
    pub fn probability(mut self, probability: f64) -> Self {
        self.often.probability = probability;
        self
    }

    pub(super) fn applies_to(&self, action: &str) -> bool {
        self.action.as_deref().is_none_or(|wanted| wanted == action)
    }
}
