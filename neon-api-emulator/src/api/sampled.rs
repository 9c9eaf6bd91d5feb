//! Operations without state: a typical response, generated from its schema.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, ReplyBody};
use crate::spec::sample;
use crate::state::State;

pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Answer {
    if call.parameters.contains_key("project_id") {
        let (project, _) = call.project(state)?;
        if let Some(id) = call.parameters.get("branch_id") {
            project.branch(id)?;
        }
    }
    let options = sample::Options::default().seed(call.seed);
    let Some(response) = sample::response(call.operation.id(), &options) else {
        return Ok(Reply::empty(200));
    };
    let Some(mut body) = response.body else {
        return Ok(Reply::empty(response.status));
    };
    if response.media_type.as_deref() != Some("application/json") {
        let text = body.as_str().unwrap_or_default().to_owned();
        return Ok(Reply {
            status: response.status,
            body: ReplyBody::Bytes(text),
        });
    }
    echo(&mut body, call);
    if let Value::Object(map) = &mut body {
        end_pages(map);
        if map.contains_key("operations") {
            let operations = scheduled(state, call);
            map.insert("operations".to_owned(), operations);
        }
    }
    Ok(Reply::json(response.status, body))
}

/// The response contains the IDs in the path, so that a caller finds the requested resource.
fn echo(value: &mut Value, call: &Call<'_>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                let given = call.parameters.get(key).filter(|_| key.ends_with("_id"));
                match (&*value, given) {
                    (Value::String(_), Some(id)) => *value = json!(id),
                    _ => echo(value, call),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| echo(item, call)),
        _ => {}
    }
}

/// A sampled list is its own last page: with a cursor it would go on for ever.
fn end_pages(map: &mut Map<String, Value>) {
    map.remove("pagination");
    map.remove("next_cursor");
    if let Some(truncated @ Value::Bool(true)) = map.get_mut("is_truncated") {
        *truncated = Value::Bool(false);
    }
}

/// Real operations, where the project exists: whoever waits for them finds them. None otherwise.
fn scheduled(state: &mut State, call: &Call<'_>) -> Value {
    let Ok((project, source)) = call.project(state) else {
        return json!([]);
    };
    let branch_id = call.parameters.get("branch_id").map(String::as_str);
    let operations = &mut project.operations;
    let position = operations.schedule(source, call.now, "apply_config", branch_id, None);
    operations.json(&[position], &project.id, source, call.now)
}
