//! Requests that cannot be sent.

use std::fmt;

/// Why a request cannot be sent.
///
/// ```
/// use neon_api_raw::ids::{BranchId, ProjectId};
/// use neon_api_raw::{Client, Error, InvalidRequest};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().api_key("napi_abc").build()?;
/// let (project, branch) = (ProjectId::new("late-frost-1")?, BranchId::new("br-noisy-breeze-1")?);
/// // With an empty name this would be the route of the list.
/// match client.get_project_branch_database(&project, &branch, "").await {
///     Err(Error::InvalidRequest(e)) => assert!(matches!(**e, InvalidRequest::PathParameter("database_name"))),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The path parameter of this name is empty, `.` or `..`, which would lead to another route.
    PathParameter(&'static str),
    /// The base URL and the path are not a valid URL.
    Url(http::Error),
    /// The body cannot be serialized as JSON.
    Body(serde_json::Error),
    /// A query parameter cannot be serialized as a string.
    Query(serde_json::Error),
    /// A rule of the API that its spec does not state.
    Rule(&'static str),
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathParameter(name) => write!(
                f,
                "{name}: a path cannot contain an empty string, `.` or `..`; nothing was sent"
            ),
            Self::Url(e) => write!(f, "the URL is malformed: {e}; nothing was sent"),
            Self::Body(e) => write!(
                f,
                "the body cannot be serialized as JSON: {e}; nothing was sent"
            ),
            Self::Query(e) => write!(
                f,
                "a query parameter cannot be serialized as a string: {e}; nothing was sent"
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
            Self::PathParameter(_) | Self::Rule(_) => None,
        }
    }
}
