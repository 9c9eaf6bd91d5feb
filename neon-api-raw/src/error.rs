//! What can go wrong with a call.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api_form::is_api_form;
use crate::compression;
use crate::operation::Operation;
use crate::response::request_id;
use crate::transport::{Answer, AnswerBody, TransportError};

pub use crate::decode_error::DecodeError;
pub use crate::invalid_request::InvalidRequest;
pub use crate::masked::Masked;
pub use crate::one_line::OneLine;

/// A call that did not succeed.
///
/// Its `Display` is one line and holds no secret.
#[non_exhaustive]
pub enum Error {
    /// The request could not be made of what the caller gave; nothing was sent.
    InvalidRequest(Box<Failed<InvalidRequest>>),
    /// There was no whole answer.
    Transport(Box<Failed<TransportError>>),
    /// The API answered with an error.
    Api(Box<Failed<ApiError>>),
    /// There was a success that could not be read: of the API, which may have done what was asked, or
    /// of a proxy in its place.
    Decode(Box<Failed<DecodeError>>),
}

/// A failure together with the call that it belongs to. It dereferences to the failure.
#[derive(Debug)]
pub struct Failed<E> {
    operation: &'static Operation,
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
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// How many attempts were made, 0 or more. One that found no connection counts; one that the
    /// transport did not make does not.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The request's id, to be named to the provider's support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl<E: fmt::Display> fmt::Display for Failed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, OneLine(&self.error))
    }
}

impl<E: std::error::Error> std::error::Error for Failed<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl Error {
    /// A request that cannot be sent.
    pub fn invalid(operation: &'static Operation, error: InvalidRequest) -> Self {
        Self::InvalidRequest(Box::new(Failed {
            operation,
            attempts: 0,
            request_id: None,
            error,
        }))
    }

    pub(crate) fn transport(operation: &'static Operation, error: TransportError) -> Self {
        Self::Transport(Box::new(Failed {
            operation,
            attempts: error.attempts(),
            request_id: error.request_id().map(str::to_owned),
            error,
        }))
    }

    pub(crate) fn api(operation: &'static Operation, attempts: u32, error: ApiError) -> Self {
        Self::Api(Box::new(Failed {
            operation,
            attempts,
            request_id: error.request_id.clone(),
            error,
        }))
    }

    pub(crate) fn decode(
        operation: &'static Operation,
        attempts: u32,
        status: StatusCode,
        headers: &HeaderMap,
        mut error: DecodeError,
    ) -> Self {
        error.status = Some(status);
        Self::Decode(Box::new(Failed {
            operation,
            attempts,
            request_id: request_id(headers).map(str::to_owned),
            error,
        }))
    }

    /// The operation that was called.
    pub fn operation(&self) -> &'static Operation {
        match self {
            Self::InvalidRequest(e) => e.operation,
            Self::Transport(e) => e.operation,
            Self::Api(e) => e.operation,
            Self::Decode(e) => e.operation,
        }
    }

    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::InvalidRequest(_) | Self::Transport(_) => None,
            Self::Api(e) => Some(e.status),
            Self::Decode(e) => e.status,
        }
    }

    /// The request's id, to be named to the provider's support.
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

/// An answer of the API that is an error.
///
/// Code, message and reason are empty where the body has none, as when a proxy answers with HTML.
/// They are as they came, and may repeat secrets; `Display` and `Debug` mask these.
///
/// ```no_run
/// # use neon_api_raw::{Client, Error, types};
/// # async fn run(
/// #     client: Client,
/// #     request: types::TransferProjectsToOrganizationRequest,
/// # ) -> Result<(), Error> {
/// use neon_api_raw::types::LimitsUnsatisfiedResponse;
///
/// match client.transfer_projects_from_user_to_org(&request).await {
///     Ok(_) => println!("transferred"),
///     // The bodies of this status are of a type of their own.
///     Err(Error::Api(error)) if error.status == 406 => {
///         if let Ok(unmet) = error.decode::<LimitsUnsatisfiedResponse>() {
///             println!("{:?}", unmet.limits);
///         }
///     }
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub struct ApiError {
    /// The status.
    pub status: StatusCode,
    /// A code such as `BRANCHES_LIMIT_EXCEEDED`; often empty.
    pub code: String,
    /// What the API says to a person.
    pub message: String,
    /// What tells apart some errors of the same status.
    pub reason: String,
    /// The request's id, from the body or the headers.
    pub request_id: Option<String>,
    headers: HeaderMap,
    body: Bytes,
}

/// The fields that error bodies share; some bodies have none of them, and those of gateways have
/// some as numbers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CommonFields {
    code: Value,
    message: Value,
    reason: Value,
    request_id: Value,
}

/// What a field says, if it is a text.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        _ => String::new(),
    }
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let fields: CommonFields = serde_json::from_slice(&body).unwrap_or_default();
        let mut message = text(fields.message);
        if message.is_empty()
            && let Some(fault) = compression::unasked(&headers)
        {
            message = fault;
        }
        let told_id = Some(text(fields.request_id)).filter(|id| !id.is_empty());
        Self {
            status,
            code: text(fields.code),
            message,
            reason: text(fields.reason),
            request_id: told_id.or_else(|| request_id(&headers).map(str::to_owned)),
            headers,
            body,
        }
    }

    /// Whether the body is in the API's own form: a JSON object with the strings `message` and
    /// `code`. Others come from a gateway or a proxy, and say nothing about what the API did.
    pub fn is_api_form(&self) -> bool {
        is_api_form(&self.body)
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as it came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as a type of the interface, for operations that state one of their own for some
    /// statuses, such as [`LimitsUnsatisfiedResponse`](crate::types::LimitsUnsatisfiedResponse).
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the body is of another form.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        crate::decode::json(self.status, self.body.clone()).map(|value: Box<T>| *value)
    }
}

impl From<Answer> for ApiError {
    /// The error that an answer of any status is, for who has expected another. A body that is a
    /// stream is left out.
    fn from(answer: Answer) -> Self {
        let body = match answer.body {
            AnswerBody::Whole(body) => body,
            AnswerBody::Stream(_) => Bytes::new(),
        };
        Self::new(answer.status, answer.headers, body)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the API answered {}", self.status.as_u16())?;
        if !self.code.is_empty() {
            write!(f, " {}", OneLine(Masked(&self.code)))?;
        }
        match self.message.as_str() {
            "" => {
                let reason = self.status.canonical_reason().unwrap_or("no message");
                write!(f, ": {reason}")
            }
            message => write!(f, ": {}", OneLine(Masked(message))),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("code", &Masked(&self.code))
            .field("message", &Masked(&self.message))
            .field("reason", &Masked(&self.reason))
            .field("request_id", &self.request_id)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}
