//! What can go wrong.

mod predicates;
mod wait;

use std::fmt;

use http::StatusCode;
use neon_api_raw::client::ConfigError as ClientConfigError;
use neon_api_raw::error::Failed;
use neon_api_raw::ids::InvalidId;
use neon_api_raw::{ApiError, DecodeError, InvalidRequest, Operation, TransportError};

pub(crate) use wait::WaitFailure;
pub use wait::{WaitError, WaitReport};

/// Why a call did not succeed.
///
/// Its `Display` is one line, says what to do where that is known, and holds no secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The client cannot be built of its settings.
    Config(Box<ConfigError>),
    /// What the caller gave is not what the API takes; nothing was sent.
    InvalidInput(Box<InvalidInput>),
    /// There was no whole answer.
    Transport(Box<Failed<TransportError>>),
    /// The API answered with an error.
    Api(Box<Failed<ApiError>>),
    /// The API answered with a success that could not be read.
    Decode(Box<Failed<DecodeError>>),
    /// What a call started did not finish: an operation failed, or the time ran out.
    Wait(Box<WaitReport>),
    /// A list answered with a cursor that it gave before, and would never end.
    RepeatedCursor(&'static Operation),
}

impl Error {
    /// The operation that was called.
    pub fn operation(&self) -> Option<&'static Operation> {
        match self {
            Self::Config(_) | Self::Wait(_) => None,
            Self::InvalidInput(e) => e.operation,
            Self::Transport(e) => Some(e.operation()),
            Self::Api(e) => Some(e.operation()),
            Self::Decode(e) => Some(e.operation()),
            Self::RepeatedCursor(operation) => Some(operation),
        }
    }

    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(e) => Some(e.status),
            _ => None,
        }
    }

    /// The API's code, such as `BRANCHES_LIMIT_EXCEEDED`; `None` where it gave none.
    pub fn code(&self) -> Option<&str> {
        self.api()
            .map(|e| e.code.as_str())
            .filter(|c| !c.is_empty())
    }

    /// What the API said; `None` where it said nothing.
    pub fn message(&self) -> Option<&str> {
        self.api()
            .map(|e| e.message.as_str())
            .filter(|m| !m.is_empty())
    }

    /// What tells apart some errors of the same status; `None` for most.
    pub fn reason(&self) -> Option<&str> {
        self.api()
            .map(|e| e.reason.as_str())
            .filter(|r| !r.is_empty())
    }

    /// The request's id, to be named to Neon's support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Transport(e) => e.request_id(),
            Self::Api(e) => Failed::request_id(e),
            Self::Decode(e) => e.request_id(),
            _ => None,
        }
    }

    /// How many requests were sent for the call.
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
            Self::Config(e) => write!(f, "{e}")?,
            Self::InvalidInput(e) => write!(f, "{e}")?,
            Self::Transport(e) => write!(f, "{}", ***e)?,
            Self::Api(e) => write!(f, "{}", ***e)?,
            Self::Decode(e) => write!(f, "{}", ***e)?,
            Self::Wait(e) => write!(f, "{e}")?,
            Self::RepeatedCursor(_) => {
                f.write_str("the API repeated a cursor, so the list would never end")?;
            }
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        if let Some(id) = self.request_id() {
            write!(f, " (request {id})")?;
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
            other => InvalidInput {
                operation: Some(other.operation()),
                fault: InputFault::Rule(other.to_string().into()),
            }
            .into(),
        }
    }
}

/// A setting that no client can work with.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the builder nor the environment names a key.
    NoKey,
    /// An environment variable holds what is no id.
    Id(&'static str, InvalidId),
    /// The key or the base URL cannot be used.
    Client(ClientConfigError),
    /// TLS or the resolver could not be set up.
    Transport(TransportError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str(
                "there is no API key: set NEON_API_KEY, or give one to Neon::builder().api_key(…)",
            ),
            Self::Id(variable, e) => write!(f, "{variable}: {e}"),
            Self::Client(e) => e.fmt(f),
            Self::Transport(e) => write!(f, "the HTTP transport could not be set up: {e}"),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoKey => None,
            Self::Id(_, e) => Some(e),
            Self::Client(e) => Some(e),
            Self::Transport(e) => Some(e),
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

/// What the caller gave and the API does not take. Nothing was sent.
#[derive(Debug)]
pub struct InvalidInput {
    operation: Option<&'static Operation>,
    fault: InputFault,
}

#[derive(Debug)]
pub(crate) enum InputFault {
    Id(InvalidId),
    Request(Box<Failed<InvalidRequest>>),
    Rule(std::borrow::Cow<'static, str>),
}

impl InvalidInput {
    pub(crate) fn new(operation: &'static Operation, fault: InputFault) -> Self {
        Self {
            operation: Some(operation),
            fault,
        }
    }

    /// An input that breaks a rule which belongs to no operation.
    pub(crate) fn rule(rule: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self {
            operation: None,
            fault: InputFault::Rule(rule.into()),
        }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            InputFault::Id(e) => e.fmt(f),
            InputFault::Request(e) => (***e).fmt(f),
            InputFault::Rule(rule) => f.write_str(rule),
        }
    }
}

impl std::error::Error for InvalidInput {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            InputFault::Id(e) => Some(e),
            InputFault::Request(e) => Some(&***e),
            InputFault::Rule(_) => None,
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(error: InvalidInput) -> Self {
        Self::InvalidInput(Box::new(error))
    }
}
