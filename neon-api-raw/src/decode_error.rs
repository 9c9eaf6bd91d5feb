//! Bodies that could not be read.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;

/// A body that does not match the API's spec.
///
/// It reports where, and never shows values of the body, which [`body`](Self::body) returns. For an
/// HTML page it shows the title.
///
/// ```
/// use neon_api_raw::ApiError;
/// use neon_api_raw::http::{HeaderMap, StatusCode};
/// use neon_api_raw::transport::Response;
/// use neon_api_raw::types::LimitsUnsatisfiedResponse;
///
/// let body = r#"{ "limits": [{ "name": "branches", "actual": "7", "expected": 5 }] }"#;
/// let answer = Response::new(StatusCode::NOT_ACCEPTABLE, HeaderMap::new(), body);
/// let error = ApiError::from(answer).decode::<LimitsUnsatisfiedResponse>().unwrap_err();
/// assert_eq!(error.path(), "$.limits[0].expected");
/// ```
pub struct DecodeError {
    pub(crate) status: Option<StatusCode>,
    path: String,
    reason: String,
    body: Bytes,
}

impl DecodeError {
    pub(crate) fn new(path: String, reason: String, body: Bytes) -> Self {
        Self {
            status: None,
            path,
            reason,
            body,
        }
    }

    /// The same body with another reason that concerns all of it.
    pub(crate) fn because(self, reason: String) -> Self {
        Self {
            path: "$".to_owned(),
            reason,
            ..self
        }
    }

    /// The same for a body that stands at a place of a larger one.
    #[cfg(feature = "dynamic")]
    pub(crate) fn below(mut self, place: &str) -> Self {
        let below = self.path.strip_prefix('$').unwrap_or_default();
        self.path = format!("$.{place}{below}");
        self
    }

    /// The status of the response; `None` for a body decoded without a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The JSON path of the fault, such as `$.projects[3].created_at`. A key that is not in the
    /// API's spec, such as that of a map, may be a secret, and is shown as `***`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The raw body. It may contain secrets.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(status) = self.status {
            write!(f, "the response {} could not be read", status.as_u16())?;
        } else {
            f.write_str("the body could not be read")?;
        }
        write!(f, " at {}: {}", self.path, self.reason)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("status", &self.status)
            .field("path", &self.path)
            .field("reason", &self.reason)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for DecodeError {}
