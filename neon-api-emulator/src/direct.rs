//! Operations on the state itself: without keys, limits, faults or log entries.

use std::collections::BTreeMap;
use std::fmt;

use neon_api_raw::ids::{BranchId, ProjectId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::{self, Call, ReplyBody, Schemas};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::request::refused;
use crate::spec::{Spec, validate};
use crate::state::State;
use crate::state::keys::Owner;

/// Why the state could not be seeded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeedError {
    /// The operation that was rejected.
    pub operation_id: String,
    /// The status of the API for this reason.
    pub status: u16,
    /// The reason.
    pub message: String,
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, status, message) = (&self.operation_id, self.status, &self.message);
        write!(f, "{id} was rejected with status {status}: {message}")
    }
}

impl std::error::Error for SeedError {}

/// The parameters of a path that names a branch.
pub(crate) fn in_branch<'a>(
    project: &'a ProjectId,
    branch: &'a BranchId,
) -> [(&'a str, &'a str); 2] {
    [
        ("project_id", project.as_str()),
        ("branch_id", branch.as_str()),
    ]
}

/// The request.
pub(crate) struct Direct<'a> {
    pub(crate) operation_id: &'a str,
    pub(crate) parameters: &'a [(&'a str, &'a str)],
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Value,
    pub(crate) now: Moment,
    pub(crate) seed: u64,
}

impl Direct<'_> {
    /// The response body; null if there is none.
    pub(crate) fn ask(&self, state: &mut State) -> Result<Value, SeedError> {
        let refusal = |error: ApiError| SeedError {
            operation_id: self.operation_id.to_owned(),
            status: error.status,
            message: error.message,
        };
        let Some(operation) = Spec::get().operation(self.operation_id) else {
            return Err(refusal(ApiError::not_found("operation")));
        };
        let pairs = self.parameters.iter();
        let parameters: BTreeMap<String, String> = pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let value_of = |name: &str| parameters.get(name).map(String::as_str);
        let checked = validate::path_of(operation, value_of)
            .and_then(|()| validate::query_of(operation, self.query))
            .and_then(|()| match operation.request_schema() {
                Some(schema) if !self.body.is_null() => validate::schema(schema, &self.body),
                _ => Ok(()),
            });
        checked.map_err(|violations| refusal(refused(&violations)))?;
        let caller = Owner::User(state.account.default_user().id.clone());
        let call = Call {
            caller: &caller,
            direct: true,
            operation,
            parameters: &parameters,
            query: self.query,
            body: &self.body,
            now: self.now,
            seed: self.seed,
            last_cursor: false,
            schemas: &Schemas::default(),
        };
        let reply = api::answer(state, &call).map_err(refusal)?;
        Ok(match reply.body {
            ReplyBody::Json(value) => value,
            ReplyBody::Bytes(text) => Value::String(text),
            ReplyBody::Empty => Value::Null,
        })
    }

    /// The decoded response. Tests make sure that every response used here decodes.
    pub(crate) fn ask_for<T: DeserializeOwned>(&self, state: &mut State) -> Result<T, SeedError> {
        let value = self.ask(state)?;
        serde_json::from_value(value).map_err(|error| SeedError {
            operation_id: self.operation_id.to_owned(),
            status: 500,
            // Without the value, which may be a secret.
            message: format!("the response does not decode: {:?}", error.classify()),
        })
    }
}
