//! Errors of calls.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::excerpt;
use crate::response::request_id;
use crate::route::Route;
use crate::transport::TransportError;

pub use crate::api_error::ApiError;
pub use crate::decode_error::DecodeError;
pub use crate::invalid_request::InvalidRequest;
pub use crate::masked::{Masked, mask_json};
pub use crate::one_line::OneLine;

/// A failed call.
///
/// Its `Display` is one line without secrets, and names the operation and its resource:
/// `getProjectBranch (projects/late-frost-1/branches/br-none): the API responded 404: branch not found`.
#[non_exhaustive]
pub enum Error {
    /// The request could not be built from the input; nothing was sent.
    InvalidRequest(Box<Failed<InvalidRequest>>),
    /// No complete response was received.
    Transport(Box<Failed<TransportError>>),
    /// The response is an error, of the API or of a gateway on the way to it.
    Api(Box<Failed<ApiError>>),
    /// The response is a success that could not be read. The request may have taken effect, or a
    /// proxy may have responded in the API's place.
    Decode(Box<Failed<DecodeError>>),
}

/// A failure together with the call that it belongs to. It dereferences to the failure.
#[derive(Debug)]
pub struct Failed<E> {
    operation: &'static Route,
    resource: Option<Box<str>>,
    attempts: u32,
    request_id: Option<String>,
    error: E,
}

impl<E> std::ops::Deref for Failed<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.error
    }
}

impl<E> Failed<E> {
    /// The operation that was called.
    pub fn route(&self) -> &'static Route {
        self.operation
    }

    /// Which project, branch or endpoint the call was about, such as
    /// `projects/late-frost-1/branches/br-none`: the operation's path up to its last ID. `None` if
    /// its path has none. Secrets in it are masked, and long IDs are truncated.
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// How many attempts were made, 0 or more, including failed connections, but not attempts that
    /// the transport did not make.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The request ID, to quote to Neon support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl<E: fmt::Display> fmt::Display for Failed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(resource) = &self.resource {
            write!(f, " ({resource})")?;
        }
        write!(f, ": {}", OneLine(&self.error))
    }
}

impl<E: std::error::Error> std::error::Error for Failed<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// The call that an error belongs to.
pub(crate) struct Failure {
    pub(crate) operation: &'static Route,
    pub(crate) resource: Option<Box<str>>,
    pub(crate) attempts: u32,
}

impl Failure {
    fn with<E>(self, request_id: Option<String>, error: E) -> Failed<E> {
        Failed {
            operation: self.operation,
            resource: self.resource,
            attempts: self.attempts,
            request_id,
            error,
        }
    }
}

impl Error {
    /// A request that cannot be sent.
    pub fn invalid(operation: &'static Route, error: InvalidRequest) -> Self {
        let failure = Failure {
            operation,
            resource: None,
            attempts: 0,
        };
        Self::InvalidRequest(Box::new(failure.with(None, error)))
    }

    /// Creates an error from an error response, for transports and tests.
    pub fn response(operation: &'static Route, error: ApiError) -> Self {
        let failure = Failure {
            operation,
            resource: None,
            attempts: 1,
        };
        Self::api(failure, error)
    }

    pub(crate) fn transport(failure: Failure, error: TransportError) -> Self {
        let id = error.request_id().map(excerpt::id);
        Self::Transport(Box::new(failure.with(id, error)))
    }

    pub(crate) fn api(failure: Failure, error: ApiError) -> Self {
        Self::Api(Box::new(failure.with(error.request_id.clone(), error)))
    }

    pub(crate) fn decode(
        failure: Failure,
        status: StatusCode,
        headers: &HeaderMap,
        mut error: DecodeError,
    ) -> Self {
        error.status = Some(status);
        let id = request_id(headers).map(excerpt::id);
        Self::Decode(Box::new(failure.with(id, error)))
    }

    /// The operation that was called.
    pub fn route(&self) -> &'static Route {
        match self {
            Self::InvalidRequest(e) => e.operation,
            Self::Transport(e) => e.operation,
            Self::Api(e) => e.operation,
            Self::Decode(e) => e.operation,
        }
    }

    /// Which project, branch or endpoint the call was about; see [`Failed::resource`].
    pub fn resource(&self) -> Option<&str> {
        match self {
            Self::InvalidRequest(e) => e.resource(),
            Self::Transport(e) => e.resource(),
            Self::Api(e) => e.resource(),
            Self::Decode(e) => e.resource(),
        }
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::InvalidRequest(_) | Self::Transport(_) => None,
            Self::Api(e) => Some(e.status),
            Self::Decode(e) => e.status,
        }
    }

    /// The request ID, to quote to Neon support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::InvalidRequest(e) => e.request_id(),
            Self::Transport(e) => e.request_id(),
            Self::Api(e) => e.request_id(),
            Self::Decode(e) => e.request_id(),
        }
    }

    /// How many attempts were made, 0 or more; see [`Failed::attempts`].
    pub fn attempts(&self) -> u32 {
        match self {
            Self::InvalidRequest(e) => e.attempts,
            Self::Transport(e) => e.attempts,
            Self::Api(e) => e.attempts,
            Self::Decode(e) => e.attempts,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidRequest(e) => write!(f, "{}", OneLine(e))?,
            Self::Transport(e) => write!(f, "{}", OneLine(e))?,
            Self::Api(e) => write!(f, "{}", OneLine(e))?,
            Self::Decode(e) => write!(f, "{}", OneLine(e))?,
        }
        if let Some(id) = self.request_id() {
            write!(f, " (request {})", OneLine(id))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidRequest(e) => e.fmt(f),
            Self::Transport(e) => e.fmt(f),
            Self::Api(e) => e.fmt(f),
            Self::Decode(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::InvalidRequest(e) => e.error.source(),
            Self::Transport(e) => e.error.source(),
            Self::Api(_) | Self::Decode(_) => None,
        }
    }
}
