//! Realtime of branches. Changes are acknowledged at once and take effect a moment later; until then
//! responses say that they are pending. They start no operations.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::State;
use crate::state::resources::Shelf;

/// How long a change takes.
const DELAY: Duration = Duration::from_secs(1);
/// The kind under which its settings are stored.
const KIND: &str = "Realtime";

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let shelf = shelf(state, call)?;
    let known = known(state, &shelf);
    let is_enabled = known.get("enabled") == Some(&Value::Bool(true));
    let mut shown = json!({ "enabled": is_enabled, "pending": is_pending(&known, call.now) });
    if let Some(map) = shown.as_object_mut() {
        for name in ["revision", "allowed_origins"] {
            map.extend(known.get(name).map(|v| (name.to_owned(), v.clone())));
        }
        if is_enabled {
            let url = format!("https://{}.realtime.neon.tech", shelf.branch_id);
            map.insert("invocation_url".to_owned(), url.into());
        }
    }
    Ok(Reply::ok(shown))
}

pub(super) fn enable(state: &mut State, call: &Call<'_>) -> Answer {
    let origins = call.body("/allowed_origins").clone();
    change(state, call, |state, known| {
        known.insert("enabled".to_owned(), true.into());
        if !origins.is_null() {
            known.insert("allowed_origins".to_owned(), origins);
        }
        let secret = || state.source.ids.password().into();
        known.entry("secret").or_insert_with(secret);
        Ok(())
    })
}

pub(super) fn disable(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, |_, known| {
        known.insert("enabled".to_owned(), false.into());
        known.remove("secret");
        Ok(())
    })
}

pub(super) fn secret(state: &mut State, call: &Call<'_>) -> Answer {
    let shelf = shelf(state, call)?;
    let known = known(state, &shelf);
    let secret = known.get("secret").ok_or_else(missing)?;
    let is_pending = is_pending(&known, call.now);
    Ok(Reply::ok(
        json!({ "secret": secret, "pending": is_pending }),
    ))
}

pub(super) fn rotate(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, |state, known| {
        let secret = known.get_mut("secret").ok_or_else(missing)?;
        *secret = state.source.ids.password().into();
        Ok(())
    })
}

/// Changes the settings of a branch's Realtime, and has the change pending for a while.
fn change(
    state: &mut State,
    call: &Call<'_>,
    apply: impl FnOnce(&mut State, &mut Map<String, Value>) -> Result<(), ApiError>,
) -> Answer {
    let shelf = shelf(state, call)?;
    let mut known = known(state, &shelf);
    apply(state, &mut known)?;
    let revision = known.get("revision").and_then(Value::as_i64).unwrap_or(0);
    known.insert("revision".to_owned(), revision.saturating_add(1).into());
    let done_at = call.now.saturating_add(DELAY).as_secs_f64();
    known.insert("done_at".to_owned(), done_at.into());
    state
        .resources
        .put(shelf, String::new(), Value::Object(known));
    Ok(Reply::empty(202))
}

fn shelf(state: &mut State, call: &Call<'_>) -> Result<Shelf, ApiError> {
    let (project, _) = call.project(state)?;
    let branch_id = call.parameter("branch_id");
    project.branch(branch_id)?;
    Ok(Shelf {
        project_id: call.parameter("project_id").to_owned(),
        branch_id: branch_id.to_owned(),
        kind: KIND.into(),
    })
}

fn known(state: &State, shelf: &Shelf) -> Map<String, Value> {
    let found = state.resources.get(shelf, "").and_then(Value::as_object);
    found.cloned().unwrap_or_default()
}

fn is_pending(known: &Map<String, Value>, now: Moment) -> bool {
    let done_at = known.get("done_at").and_then(Value::as_f64);
    done_at.is_some_and(|at| now.as_secs_f64() < at)
}

fn missing() -> ApiError {
    ApiError::not_found("Realtime")
}
