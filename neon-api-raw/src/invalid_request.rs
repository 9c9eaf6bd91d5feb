//! Requests that cannot be sent.

use std::fmt;

/// Why a request cannot be sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A path parameter is empty, `.` or `..`, which would lead to another route.
    PathParameter,
    /// The base URL and the path make no URL.
    Url(http::Error),
    /// The body has no JSON form.
    Body(serde_json::Error),
    /// A query parameter has no text form.
    Query(serde_json::Error),
    /// A rule of the API that its description does not state.
    Rule(&'static str),
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathParameter => {
                f.write_str("a path parameter is empty, `.` or `..`; nothing was sent")
            }
            Self::Url(e) => write!(f, "the URL is malformed: {e}; nothing was sent"),
            Self::Body(e) => write!(f, "the body has no JSON form: {e}; nothing was sent"),
            Self::Query(e) => write!(
                f,
                "a query parameter has no text form: {e}; nothing was sent"
            ),
            Self::Rule(rule) => write!(f, "{rule}; nothing was sent"),
        }
    }
}

impl std::error::Error for InvalidRequest {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url(e) => Some(e),
            Self::Body(e) | Self::Query(e) => Some(e),
            Self::PathParameter | Self::Rule(_) => None,
        }
    }
}
