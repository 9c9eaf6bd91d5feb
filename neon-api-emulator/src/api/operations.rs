//! Operations in the API's sense: work on a project.

use serde_json::json;

use super::{Answer, Call, Reply, with_cursor};
use crate::error::ApiError;
use crate::state::State;

/// The page size where the caller asks for none; the API states no default.
const PAGE: usize = 100;

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let (items, cursor) = project.operations.page(
        call.text("cursor"),
        call.limit(PAGE),
        &project.id,
        source,
        call.now,
    );
    let value = json!({ "operations": items });
    Ok(Reply::ok(with_cursor(value, cursor.as_deref())))
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let id = call.parameter("operation_id").to_ascii_lowercase();
    let found = project
        .operations
        .json_of(&id, &project.id, source, call.now);
    let operation = found.ok_or_else(|| ApiError::not_found("operation"))?;
    Ok(Reply::ok(json!({ "operation": operation })))
}
