//! Error responses.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api_form::is_api_form;
use crate::decode_error::DecodeError;
use crate::excerpt::{self, excerpt};
use crate::masked::Masked;
use crate::response::request_id;
use crate::transport::{Response, ResponseBody};
use crate::{compression, foreign, redirect};

/// How much of a message is shown, in characters.
const LONGEST_MESSAGE: usize = 1000;
/// How much of a code is shown, in characters.
const LONGEST_CODE: usize = 100;

/// An error response: of the API, or of a gateway or a proxy on the way to it.
///
/// Code, message and reason are empty if the body has none, as when a proxy responds with HTML.
/// They are verbatim and may echo secrets; `Display` and `Debug` mask these, and `Display` shows at
/// most 1000 characters of a message. For a body that is not in the API's own form it shows the
/// message, or else an excerpt of at most 200 characters; for a redirect, its target.
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
///     // Bodies of this status have their own type.
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
    /// The API's human-readable message, or the message in a body of another form, such as the
    /// `detail` of RFC 9457.
    pub message: String,
    /// The reason that distinguishes some errors of the same status.
    pub reason: String,
    /// The request ID, from the body or the headers. Secrets in it are masked, and a long one is
    /// truncated.
    pub request_id: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    /// Whether the base URL has no path.
    is_at_root: bool,
}

/// The common fields of error bodies; some bodies have none of them, and gateways send some as
/// numbers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CommonFields {
    code: Value,
    message: Value,
    reason: Value,
    request_id: Value,
}

/// The value of a field, if it is a string.
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
        if message.is_empty() && !is_api_form(&body) {
            let fault = compression::unasked(&headers);
            message = fault
                .or_else(|| foreign::message(&body))
                .unwrap_or_default();
        }
        let id = text(fields.request_id);
        let id = Some(id.as_str()).filter(|id| !id.is_empty());
        Self {
            status,
            code: text(fields.code),
            message,
            reason: text(fields.reason),
            request_id: id.or_else(|| request_id(&headers)).map(excerpt::id),
            headers,
            body,
            is_at_root: false,
        }
    }

    /// Records whether the base URL has no path.
    pub(crate) fn at_root(mut self, is_at_root: bool) -> Self {
        self.is_at_root = is_at_root;
        self
    }

    /// Whether the body is in the API's own form: a JSON object with the strings `message` and
    /// `code`. Other bodies come from a gateway or a proxy, and say nothing about what the API did.
    pub fn is_api_form(&self) -> bool {
        is_api_form(&self.body)
    }

    /// The target of a redirect (3xx), without user, query and fragment; `None` for other statuses,
    /// and if there is no valid target.
    pub fn redirect_target(&self) -> Option<String> {
        let is_redirect = self.status.is_redirection();
        is_redirect.then(|| redirect::target(&self.headers))?
    }

    /// The headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The raw body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Decodes the body as a type of the API, for operations that define their own for some
    /// statuses, such as [`LimitsUnsatisfiedResponse`](crate::types::LimitsUnsatisfiedResponse).
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the body has another form.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        crate::decode::json(self.status, self.body.clone()).map(|value: Box<T>| *value)
    }

    fn reason_phrase(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("no message")
    }
}

impl From<Response> for ApiError {
    /// Makes an error of a response with an unexpected status. A streamed body is left out.
    fn from(answer: Response) -> Self {
        let body = match answer.body {
            ResponseBody::Whole(body) => body,
            ResponseBody::Stream(_) => Bytes::new(),
        };
        Self::new(answer.status, answer.headers, body)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        if self.status.is_redirection() {
            write!(f, "the server responded {status} {}", self.reason_phrase())?;
            return match self.redirect_target() {
                Some(target) => write!(f, ", a redirect to {target}"),
                None => f.write_str(", a redirect without a valid target"),
            };
        }
        let is_api_form = self.is_api_form();
        let message = excerpt(&self.message, LONGEST_MESSAGE);
        if is_api_form {
            write!(f, "the API responded {status}")?;
            if !self.code.is_empty() {
                write!(f, " {}", excerpt(&self.code, LONGEST_CODE))?;
            }
            return match message.as_str() {
                "" => write!(f, ": {}", self.reason_phrase()),
                message => write!(f, ": {message}"),
            };
        }
        write!(f, "the server responded {status}, not in the API's form: ")?;
        match message.as_str() {
            "" => write!(
                f,
                "{}, {}",
                self.reason_phrase(),
                foreign::piece(&self.body)
            )?,
            message => f.write_str(message)?,
        }
        if self.status == StatusCode::NOT_FOUND && self.is_at_root {
            f.write_str("; the base URL has no path, `/api/v2` may be missing")?;
        }
        Ok(())
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
