//! The last requests in a form that may be shown on a screen: without keys, bodies, and values that
//! could be secret. Nothing else of them is kept, and each is of bounded size.

use std::collections::VecDeque;
use std::time::Duration;

use neon_api_raw::error::Masked;
use serde_json::Value;

use super::RequestRecord;
use crate::clock::Moment;
use crate::spec::{Operation, ParameterIn, Spec};

/// How many are kept.
const KEPT: usize = 200;
/// The most characters of a method, of a segment of a path or a value of a query, and of a whole path
/// or query.
const METHOD: usize = 16;
const PART: usize = 64;
const WHOLE: usize = 400;

/// Parameters of paths that identify a resource. The others may grant access (the ID of a transfer
/// request does) or be the caller's own data.
const IDENTIFYING: [&str; 20] = [
    "branch_id",
    "bucket_name",
    "database_name",
    "endpoint_id",
    "jwks_id",
    "key_id",
    "member_id",
    "oauth_provider_id",
    "operation_id",
    "org_id",
    "permission_id",
    "project_id",
    "region_id",
    "role_name",
    "slug",
    "snapshot_id",
    "source_org_id",
    "token_id",
    "trigger_id",
    "vpc_endpoint_id",
];

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct LastRequest {
    /// Grows with every request.
    pub(crate) number: u64,
    pub(crate) at: Moment,
    pub(crate) took: Duration,
    pub(crate) method: String,
    /// Without the server's prefix, unless the route is unknown.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) operation_id: Option<&'static str>,
    /// 0 if there was no response.
    pub(crate) status: u16,
    pub(crate) fault: Option<&'static str>,
    pub(crate) request_id: String,
}

/// The last requests, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct LastRequests {
    requests: VecDeque<LastRequest>,
    total: u64,
}

impl LastRequests {
    pub(crate) fn push(&mut self, record: &RequestRecord, took: Duration) {
        let operation = record.operation_id.as_deref();
        let operation = operation.and_then(|id| Spec::get().operation(id));
        let path = match operation {
            Some(operation) => path_of(operation, &record.path),
            None => path_elsewhere(&record.path),
        };
        if self.requests.len() >= KEPT {
            self.requests.pop_front();
        }
        self.total += 1;
        self.requests.push_back(LastRequest {
            number: self.total,
            at: record.at,
            took,
            method: cut(&record.method, METHOD),
            path: cut(&path, WHOLE),
            query: cut(&query_of(operation, &record.query), WHOLE),
            operation_id: operation.map(Operation::id),
            status: record.status,
            fault: record.fault,
            request_id: masked(&record.request_id),
        });
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> Vec<LastRequest> {
        self.requests.iter().rev().cloned().collect()
    }

    /// How many there were in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}

/// At most this many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Masked as a whole: half a secret is not recognized as one.
fn masked(text: &str) -> String {
    cut(&Masked(text).to_string(), PART)
}

/// The path of a request for an operation, whose template fits its end.
fn path_of(operation: &Operation, path: &str) -> String {
    let declared = operation.path().rsplit('/').filter(|part| !part.is_empty());
    let parts = declared.zip(path.rsplit('/')).map(|(declared, sent)| {
        let name = declared.strip_prefix('{').and_then(|d| d.strip_suffix('}'));
        match name {
            Some(name) if IDENTIFYING.contains(&name) => masked(sent),
            _ => declared.to_owned(),
        }
    });
    let mut parts: Vec<String> = parts.collect();
    parts.reverse();
    format!("/{}", parts.join("/"))
}

/// The path of a request that no operation takes, which may still be that of one with another
/// method.
fn path_elsewhere(path: &str) -> String {
    let mut follows_transfers = false;
    let parts = path.split('/').map(|part| {
        let is_secret = follows_transfers;
        follows_transfers = part == "transfer_requests";
        if is_secret {
            "…".to_owned()
        } else {
            masked(part)
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Names that the operation declares, with the values that cannot be anything but what they should
/// be.
fn query_of(operation: Option<&Operation>, query: &[(String, String)]) -> String {
    let parameters = operation.map(Operation::parameters).unwrap_or_default();
    let shown = query.iter().map(|(name, value)| {
        let declared = parameters
            .iter()
            .find(|p| p.location == ParameterIn::Query && p.name == *name);
        match declared {
            Some(declared) if is_plain(&declared.schema, value) => format!("{name}={value}"),
            Some(_) => format!("{name}=…"),
            None => "…".to_owned(),
        }
    });
    shown.collect::<Vec<_>>().join("&")
}

/// Whether a value of this schema is a number, a flag, one of a list, or an ID.
fn is_plain(schema: &Value, value: &str) -> bool {
    let Some(schema) = Spec::get().resolve(schema) else {
        return false;
    };
    if let Some(known) = schema.get("enum").and_then(Value::as_array) {
        return known.iter().any(|known| known.as_str() == Some(value));
    }
    let of_kind = |kind: &str| schema.get("type").and_then(Value::as_str) == Some(kind);
    if of_kind("integer") {
        return value.parse::<i64>().is_ok();
    }
    if of_kind("boolean") {
        return matches!(value, "true" | "false");
    }
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let has_pattern = schema.get("pattern").is_some();
    has_pattern && value.len() <= PART && value.chars().all(is_id)
}

#[cfg(test)]
mod tests;
