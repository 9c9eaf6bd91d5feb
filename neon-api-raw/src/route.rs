//! The facts about an API operation that a transport needs.

use std::fmt;

/// One operation of the API.
///
/// All of them are constants of [`routes`](crate::routes), and each call passes its own to the
/// [`Transport`](crate::Transport).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Route {
    /// The operation ID in the spec, such as `listProjects`.
    pub id: &'static str,
    /// The name of the method of [`Client`](crate::Client), such as `list_projects`.
    pub name: &'static str,
    /// The HTTP method, in upper case.
    pub method: &'static str,
    /// The path template below the base URL, such as `/projects/{project_id}`. Together with the
    /// method it identifies the route for which the API counts requests.
    pub path: &'static str,
    /// The group that the operation belongs to, such as `Branch`.
    pub tag: &'static str,
    /// Whether the spec marks the operation as deprecated.
    pub deprecated: bool,
    /// `alpha`, `beta`, or empty for operations without such a mark.
    pub stability: &'static str,
}

impl Route {
    /// Whether a call may be retried if its outcome is unknown: GET and HEAD.
    pub fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }

    /// Returns the operation with an ID such as `listProjects`.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        crate::routes::ALL.iter().find(|o| o.id == id).copied()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
