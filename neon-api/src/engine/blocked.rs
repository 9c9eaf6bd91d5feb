//! Calls that the client itself blocked.

use std::fmt;

use neon_api_raw::error::{Masked, OneLine};
use neon_api_raw::serde_json::{self, Value};
use neon_api_raw::transport::{Exchange, FailureKind};
use neon_api_raw::{Route, TransportError};

use super::audit::AuditFailure;
use super::guard::Protected;

/// How many field names a planned request keeps.
const MOST_FIELDS: usize = 100;

/// Path parameters that grant access: whoever has the ID of a transfer request can accept it.
const GRANTING: [&str; 1] = ["request_id"];

/// A call that the client blocked because of a guard rail, because the audit log did not record it,
/// or because it is shutting down; nothing was sent.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
/// use neon_api::{BlockReason, Error};
///
/// match neon.dry_run().project(id).branches().create("preview").await {
///     Err(Error::Blocked(call)) => match call.reason() {
///         BlockReason::DryRun(request) => println!("{} {}", request.method(), request.path()),
///         other => println!("{other}"),
///     },
///     other => println!("sent: {other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Blocked {
    operation: &'static Route,
    reason: BlockReason,
    attempts: u32,
}

/// Why the client blocked a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockReason {
    /// The client is read-only: [`Neon::read_only`](crate::Neon::read_only).
    ReadOnly,
    /// The request names this project, which is not one of
    /// [`only_projects`](crate::Neon::only_projects).
    OtherProject(String),
    /// The request names no project, and the client is restricted by
    /// [`only_projects`](crate::Neon::only_projects).
    NoProject,
    /// The request would change what is [protected](crate::Neon::protect).
    Protected(Protected),
    /// The client is in [dry-run mode](crate::Neon::dry_run). This is the request that it would
    /// have sent.
    DryRun(PlannedRequest),
    /// The [audit log](crate::AuditLog) did not record the attempt.
    Audit(AuditFailure),
    /// The client is [shutting down](crate::Neon::shutdown).
    ShutDown,
}

/// A request that was not sent, without the values of its body and without headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRequest {
    method: &'static str,
    path: String,
    fields: Vec<String>,
}

impl Blocked {
    /// The operation that was called.
    pub fn route(&self) -> &'static Route {
        self.operation
    }

    /// Why the call was blocked.
    pub fn reason(&self) -> &BlockReason {
        &self.reason
    }

    /// How many attempts were made before, all without effect: 0, except for a change whose retry was
    /// not recorded by the [audit log](crate::AuditLog), or that was waiting for a retry when the
    /// client was [shut down](crate::Neon::shutdown).
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

impl PlannedRequest {
    pub(crate) fn of(call: &Exchange, base_path: &str) -> Self {
        let mut fields = Vec::new();
        if let Ok(body) = serde_json::from_slice::<Value>(call.request.body()) {
            note_fields("", &body, &mut fields);
        }
        Self {
            method: call.route.method,
            path: shown_path(call.route, call.request.uri().path(), base_path),
            fields: fields.iter().map(|f| Masked(f).to_string()).collect(),
        }
    }

    /// The HTTP method, in upper case.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The path below the base URL, percent-encoded, without the query. Secrets are masked, and so
    /// are IDs that grant access (of transfer requests).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The field names of a JSON body, such as `branch.name` and `endpoints[].type`, sorted; the
    /// first 100.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }
}

/// The segments of a path below the base URL, each with that of the operation's template.
fn segments<'a>(
    operation: &'static Route,
    path: &'a str,
    base_path: &str,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let below = path.strip_prefix(base_path).unwrap_or(path);
    operation.path.split('/').zip(below.split('/'))
}

fn parameter(template: &'static str) -> Option<&'static str> {
    template.strip_prefix('{')?.strip_suffix('}')
}

/// The parameters of a path with their values, percent-encoded, without those that grant access.
pub(super) fn path_parameters<'a>(
    operation: &'static Route,
    path: &'a str,
    base_path: &str,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let named = segments(operation, path, base_path);
    named
        .filter_map(|(template, value)| Some((parameter(template)?, value)))
        .filter(|(name, _)| !GRANTING.contains(name))
}

/// A path below the base URL, without secrets and IDs that grant access.
pub(super) fn shown_path(operation: &'static Route, path: &str, base_path: &str) -> String {
    let shown = segments(operation, path, base_path).map(|(template, segment)| {
        let grants = parameter(template).is_some_and(|name| GRANTING.contains(&name));
        if grants { "***" } else { segment }
    });
    let shown: Vec<_> = shown.collect();
    Masked(&shown.join("/")).to_string()
}

/// Collects the fields that have no fields of their own, sorted.
fn note_fields(name: &str, value: &Value, fields: &mut Vec<String>) {
    if fields.len() == MOST_FIELDS {
        return;
    }
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            for (field, value) in inner {
                let dot = if name.is_empty() { "" } else { "." };
                note_fields(&format!("{name}{dot}{field}"), value, fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                note_fields(&format!("{name}[]"), item, fields);
            }
        }
        _ => {
            if let Err(place) = fields.binary_search_by(|field| field.as_str().cmp(name))
                && !name.is_empty()
            {
                fields.insert(place, name.to_owned());
            }
        }
    }
}

impl Blocked {
    /// The same after attempts.
    pub(crate) fn with_attempts(&self, attempts: u32) -> Self {
        let mut blocked = self.clone();
        blocked.attempts = attempts;
        blocked
    }

    /// The failure of the call, as the engine returns it.
    pub(super) fn into_failure(self) -> TransportError {
        TransportError::new(FailureKind::NotSent).with_source(self)
    }
}

impl BlockReason {
    /// A call of this operation that is blocked for this reason.
    pub(super) fn blocks(self, operation: &'static Route) -> Blocked {
        Blocked {
            operation,
            reason: self,
            attempts: 0,
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not sent, {}", self.reason)
    }
}

impl std::error::Error for Blocked {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            BlockReason::Audit(failure) => Some(failure.error()),
            _ => None,
        }
    }
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadOnly => f.write_str("because this client is read-only"),
            Self::OtherProject(project) => write!(
                f,
                "because project {} is not among those that this client is restricted to",
                OneLine(Masked(project))
            ),
            Self::NoProject => f.write_str(
                "because it concerns the whole account and this client is restricted to certain projects",
            ),
            Self::Protected(thing) => write!(f, "because {thing} is protected in this client"),
            Self::DryRun(request) => write!(f, "because this is a dry run: {request}"),
            Self::Audit(failure) => {
                write!(f, "because the audit log did not record it: {failure}")
            }
            Self::ShutDown => f.write_str("because this client is shutting down"),
        }
    }
}

impl fmt::Display for PlannedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, .. } = self;
        write!(f, "{method} {}", OneLine(path))?;
        for (at, field) in self.fields.iter().enumerate() {
            let separator = if at == 0 { " with " } else { ", " };
            write!(f, "{separator}{}", OneLine(field))?;
        }
        Ok(())
    }
}
