//! Calls that the client itself blocked.

use neon_api_raw::TransportError;
use neon_api_raw::error::Failed;

use super::{Error, InvalidInput};
use crate::engine::{Blocked, Inadmissible, OptionFault};

impl Error {
    /// Why the call was blocked, if the client itself blocked it.
    pub fn blocked(&self) -> Option<&Blocked> {
        match self {
            Self::Blocked(blocked) => Some(blocked),
            Self::Wait(report) => report.poll_error()?.blocked(),
            _ => None,
        }
    }

    /// A failure of the transport that is one of the client's own rules.
    fn held_back(error: &TransportError) -> Option<Self> {
        let source = std::error::Error::source(error)?;
        let blocked = source.downcast_ref::<Blocked>()?;
        Some(Self::Blocked(Box::new(
            blocked.with_attempts(error.attempts()),
        )))
    }

    /// A failure of the transport, or the engine's own error before anything was sent.
    pub(super) fn from_transport(error: Box<Failed<TransportError>>) -> Self {
        if let Some(blocked) = Self::held_back(&error) {
            return blocked;
        }
        let source = std::error::Error::source(&**error);
        match source.and_then(|source| source.downcast_ref::<OptionFault>()) {
            Some(fault) => Inadmissible::Option(error.route(), fault.clone()).into(),
            None => Self::Transport(error),
        }
    }
}

impl From<Inadmissible> for Error {
    fn from(call: Inadmissible) -> Self {
        match call {
            Inadmissible::Option(operation, fault) => {
                InvalidInput::new(operation, fault.into()).into()
            }
            Inadmissible::Blocked(blocked) => Self::Blocked(blocked),
        }
    }
}
