//! What can go wrong.

mod config;
mod input;
mod predicates;
mod wait;

use std::fmt;

use http::StatusCode;
use neon_api_raw::error::{Failed, OneLine};
use neon_api_raw::{ApiError, DecodeError, Operation, TransportError};

pub use config::ConfigError;
pub(crate) use input::InputFault;
pub use input::InvalidInput;
pub(crate) use wait::WaitFailure;
pub use wait::{WaitError, WaitReport};

/// Why a call did not succeed.
///
/// Its `Display` is one line, says what to do where that is known, and holds no secret. Predicates
/// answer what a caller asks of any error, whatever its variant:
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// match project.branches().create("preview").await {
///     Ok(started) => println!("{}", started.branch.id),
///     Err(error) if error.is_conflict() => println!("there is one already"),
///     Err(error) if error.outcome_unknown() => println!("look whether it exists: {error}"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
///
/// and getters what is known of the call:
///
/// ```
/// fn report(error: &neon_api::Error) {
///     let operation = error.operation().map_or("none", |operation| operation.id);
///     let status = error.status().map_or(0, |status| status.as_u16());
///     eprintln!(
///         "operation={operation} status={status} code={:?} request={:?} attempts={}: {error}",
///         error.code(),
///         error.request_id(),
///         error.attempts(),
///     );
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The client cannot be built of its settings.
    Config(Box<ConfigError>),
    /// What the caller gave is not what the API takes, by rules that the client knows; nothing was
    /// sent. What only the API knows is [`Api`](Self::Api).
    InvalidInput(Box<InvalidInput>),
    /// There was no whole answer: no connection, a time-out, a reset, a deadline that passed, or no
    /// key.
    Transport(Box<Failed<TransportError>>),
    /// The API answered with an error, after what repetitions the
    /// [`RetryPolicy`](crate::RetryPolicy) allows.
    Api(Box<Failed<ApiError>>),
    /// The answer was a success that could not be read, as when a proxy answers in the API's place.
    /// Of a change nobody knows then whether it was made: [`outcome_unknown`](Self::outcome_unknown).
    Decode(Box<Failed<DecodeError>>),
    /// What a call started did not finish: an operation failed, the time ran out, or the operations
    /// could not be looked at.
    Wait(Box<WaitReport>),
    /// A list answered with a cursor that it gave before, and would never end.
    RepeatedCursor(&'static Operation),
    /// A list answered with a hundred empty pages in a row, each with a new cursor, and may never
    /// end. Where it stopped it can be resumed.
    EmptyPages(&'static Operation),
    /// The answer of a call that succeeded does not hold what was then asked of it; it says what
    /// to do instead.
    NotInAnswer(&'static str),
}

impl Error {
    /// The operation that was called; `None` where the error is of no single call: of the client's
    /// set-up, an id made of a text, a wait, or an answer that lacks something.
    pub fn operation(&self) -> Option<&'static Operation> {
        match self {
            Self::Config(_) | Self::Wait(_) | Self::NotInAnswer(_) => None,
            Self::InvalidInput(e) => e.operation(),
            Self::Transport(e) => Some(e.operation()),
            Self::Api(e) => Some(e.operation()),
            Self::Decode(e) => Some(e.operation()),
            Self::RepeatedCursor(operation) | Self::EmptyPages(operation) => Some(operation),
        }
    }

    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(e) => Some(e.status),
            Self::Decode(e) => e.status(),
            _ => None,
        }
    }

    /// The API's code, such as `BRANCHES_LIMIT_EXCEEDED`; `None` where it gave none.
    pub fn code(&self) -> Option<&str> {
        self.api()
            .map(|e| e.code.as_str())
            .filter(|c| !c.is_empty())
    }

    /// What the API said, as it came; `None` where it said nothing. It may repeat what it was asked,
    /// secrets included, which the error's `Display` masks.
    pub fn message(&self) -> Option<&str> {
        self.api()
            .map(|e| e.message.as_str())
            .filter(|m| !m.is_empty())
    }

    /// What tells apart some errors of the same status, such as `telemetry_not_enabled`; `None` for
    /// most.
    pub fn reason(&self) -> Option<&str> {
        self.api()
            .map(|e| e.reason.as_str())
            .filter(|r| !r.is_empty())
    }

    /// The id of the last attempt, to be named to Neon's support: the API's, or else the one that the
    /// request carried. `None` where there was no attempt, and for errors of waits and lists.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Transport(e) => e.request_id(),
            Self::Api(e) => Failed::request_id(e),
            Self::Decode(e) => e.request_id(),
            _ => None,
        }
    }

    /// How many attempts the call made. One that found no connection counts; one that the transport
    /// did not make does not. 0 where there was none, and for errors of waits and of lists that do not
    /// end, which are of many calls.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Transport(e) => Failed::attempts(e),
            Self::Api(e) => e.attempts(),
            Self::Decode(e) => e.attempts(),
            _ => 0,
        }
    }

    fn api(&self) -> Option<&Failed<ApiError>> {
        match self {
            Self::Api(e) => Some(e),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        match self {
            Self::Config(e) => write!(f, "{}", OneLine(e))?,
            Self::InvalidInput(e) => write!(f, "{}", OneLine(e))?,
            Self::Transport(e) => write!(f, "{}", OneLine(&***e))?,
            Self::Api(e) => write!(f, "{}", OneLine(&***e))?,
            Self::Decode(e) => write!(f, "{}", OneLine(&***e))?,
            Self::Wait(e) => write!(f, "{e}")?,
            Self::RepeatedCursor(_) => {
                f.write_str("the API repeated a cursor, so the list would never end")?;
            }
            Self::EmptyPages(_) => {
                f.write_str("the API gave only empty pages, so the list may never end")?;
            }
            Self::NotInAnswer(what) => f.write_str(what)?,
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        if let Some(id) = self.request_id() {
            write!(f, " (request {})", OneLine(id))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(e) => e.source(),
            Self::InvalidInput(e) => e.source(),
            Self::Transport(e) => std::error::Error::source(&***e),
            Self::Wait(e) => e.source(),
            _ => None,
        }
    }
}

impl From<neon_api_raw::Error> for Error {
    fn from(error: neon_api_raw::Error) -> Self {
        match error {
            neon_api_raw::Error::InvalidRequest(e) => {
                let operation = e.operation();
                InvalidInput::new(operation, InputFault::Request(e)).into()
            }
            neon_api_raw::Error::Transport(e) => Self::Transport(e),
            neon_api_raw::Error::Api(e) => Self::Api(e),
            neon_api_raw::Error::Decode(e) => Self::Decode(e),
            // The raw error may grow kinds; none exists that is not handled above.
            other => {
                let fault = InputFault::Rule(other.to_string().into());
                InvalidInput::new(other.operation(), fault).into()
            }
        }
    }
}
