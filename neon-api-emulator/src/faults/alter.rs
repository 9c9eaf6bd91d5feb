//! Altered lists.

use serde_json::{Map, Value, json};

use crate::spec::{Operation, ParameterIn, Spec, sample};

const PARTIAL: &str = "unavailable_project_ids";

fn answered<'a>(operation: &'a Operation, name: &str) -> Option<&'a Value> {
    Spec::get().property(operation.response_schema(200)?, name)
}

/// Whether an operation returns pages.
pub(super) fn has_pages(operation: &Operation) -> bool {
    let mut query = operation.parameter_names(ParameterIn::Query);
    let in_body = || Spec::get().property(operation.request_schema()?, "cursor");
    query.any(|name| name == "cursor") || in_body().is_some()
}

/// Whether an operation can report omitted projects.
pub(super) fn may_be_partial(operation: &Operation) -> bool {
    answered(operation, PARTIAL).is_some()
}

/// Removes every item, and what the response says about items by ID.
pub(super) fn empty(answer: &mut Value) {
    for (name, value) in answer.as_object_mut().into_iter().flatten() {
        match value {
            Value::Array(items) => items.clear(),
            Value::Object(map) if name != "pagination" => map.clear(),
            _ => {}
        }
    }
}

/// Makes `cursor` the one of the next page, in the style of the operation.
pub(super) fn set_cursor(operation: &Operation, answer: &mut Value, cursor: &str) {
    let Some(map) = answer.as_object_mut() else {
        return;
    };
    let Some(schema) = answered(operation, "pagination") else {
        map.insert("next_cursor".to_owned(), json!(cursor));
        if let Some(truncated) = map.get_mut("is_truncated") {
            *truncated = Value::Bool(true);
        }
        return;
    };
    let style = match Spec::get().property(schema, "next") {
        Some(_) => "next",
        None => "cursor",
    };
    let pagination = map.entry("pagination").or_insert_with(|| {
        // A last page has no cursor to change.
        sample::schema(schema, &sample::Options::default().required_only())
    });
    if let Some(pagination) = pagination.as_object_mut() {
        pagination.insert(style.to_owned(), json!(cursor));
    }
}

/// Omits the first `missing` projects, and reports them.
pub(super) fn withhold(answer: &mut Value, missing: usize) {
    let Some(map) = answer.as_object_mut() else {
        return;
    };
    let ids = withheld(map, missing);
    map.insert(PARTIAL.to_owned(), Value::Array(ids));
}

fn withheld(map: &mut Map<String, Value>, missing: usize) -> Vec<Value> {
    let Some(projects) = map.get_mut("projects").and_then(Value::as_array_mut) else {
        return Vec::new();
    };
    let missing = missing.min(projects.len());
    let gone = projects.drain(..missing);
    gone.filter_map(|project| project.get("id").cloned())
        .collect()
}
