//! Why a call was refused or failed.

use std::fmt;

use neon_api_raw::error::{Masked, OneLine};
use neon_api_raw::strict::Refused;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::error::Error;

/// Longer messages are cut.
const MOST_CHARACTERS: usize = 2_000;

/// Why a call was refused or failed.
///
/// Its `Display` is one line for the model, without secrets: what failed, why, and what to do. The API's
/// own messages are in it, which may repeat what others wrote. It is serialized as
/// `{"error": {"kind", "message", "retryable", "outcome_unknown", "request_id"}}`.
#[derive(Debug)]
pub struct ToolError {
    tool: String,
    kind: ToolErrorKind,
    message: String,
    path: Option<String>,
    error: Option<Box<Error>>,
}

/// The kinds of errors of calls. All but [`Failed`](Self::Failed) mean that nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolErrorKind {
    /// There is no tool of this name, or it is not allowed.
    UnknownTool,
    /// The input is not as the tool's schema says; [`path`](ToolError::path) is the place.
    InvalidInput,
    /// The call would have to be confirmed, and was not.
    NotConfirmed,
    /// The input is about something outside of the project that the tools are restricted to.
    OtherProject,
    /// The call failed; [`error`](ToolError::error) is why.
    Failed,
}

impl ToolError {
    fn new(tool: &str, kind: ToolErrorKind, message: impl fmt::Display) -> Self {
        let message = Masked(&message.to_string()).to_string();
        Self {
            tool: bounded(&OneLine(Masked(tool)).to_string(), 100),
            kind,
            message: bounded(&OneLine(message).to_string(), MOST_CHARACTERS),
            path: None,
            error: None,
        }
    }

    pub(super) fn unknown(tool: &str, known: &[&str]) -> Self {
        let message = match known {
            [] => "no tools are allowed".to_owned(),
            _ => format!("there is no such tool; there are {}", known.join(", ")),
        };
        Self::new(tool, ToolErrorKind::UnknownTool, message)
    }

    pub(super) fn input(tool: &str, refused: &Refused) -> Self {
        let message = format!("{refused}; correct the input, nothing was sent");
        let path = bounded(&Masked(refused.path()).to_string(), 500);
        Self {
            path: Some(path),
            ..Self::new(tool, ToolErrorKind::InvalidInput, message)
        }
    }

    pub(super) fn without_confirmation(tool: &str) -> Self {
        let message = "it may delete, overwrite or interrupt something or give access, and nobody can confirm that here; nothing was sent";
        Self::new(tool, ToolErrorKind::NotConfirmed, message)
    }

    pub(super) fn declined(tool: &str) -> Self {
        let message = "it was not confirmed; nothing was sent, do not try again unless asked to";
        Self::new(tool, ToolErrorKind::NotConfirmed, message)
    }

    pub(super) fn other_project(tool: &str, message: impl fmt::Display) -> Self {
        Self::new(tool, ToolErrorKind::OtherProject, message)
    }

    pub(super) fn failed(tool: &str, error: Error) -> Self {
        let kind = match &error {
            Error::InvalidInput(_) => ToolErrorKind::InvalidInput,
            _ => ToolErrorKind::Failed,
        };
        let mut failed = Self::new(tool, kind, &error);
        failed.error = Some(Box::new(error));
        failed
    }

    /// The name of the tool as it was called; at most 100 characters of it.
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The kind.
    pub fn kind(&self) -> ToolErrorKind {
        self.kind
    }

    /// The place in the input that is at fault, such as `$.body.branch.nam`.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The error of the call, if one was made.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_deref()
    }
}

/// The beginning of a text.
pub(super) fn bounded(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_named = self.error().is_some_and(|error| error.route().is_some());
        if !is_named {
            write!(f, "{}: ", self.tool)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ToolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.as_deref().map(|error| error as _)
    }
}

impl Serialize for ToolError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("error", &Body(self))?;
        map.end()
    }
}

struct Body<'a>(&'a ToolError);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(error) = self;
        let cause = error.error();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &error.kind)?;
        map.serialize_entry("message", &error.to_string())?;
        if let Some(path) = error.path() {
            map.serialize_entry("path", path)?;
        }
        map.serialize_entry("retryable", &cause.is_some_and(Error::is_retryable))?;
        map.serialize_entry(
            "outcome_unknown",
            &cause.is_some_and(Error::outcome_unknown),
        )?;
        if let Some(id) = cause.and_then(Error::request_id) {
            let id = Masked(id).to_string();
            map.serialize_entry("request_id", &bounded(&id, 100))?;
        }
        map.end()
    }
}
