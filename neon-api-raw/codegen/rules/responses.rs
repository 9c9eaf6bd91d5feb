//! One response for each operation.
//!
//! The generator takes one success type and one error type, and reads `default` as both. Errors of
//! every status are handled before the generated code sees them, so they are removed. Of the
//! successes the one with a body is kept, as `2XX`: the API has returned 200 instead of the
//! documented 201. If there is also a success without a body (deleting a missing resource returns
//! 204), the body becomes nullable and the empty response decodes as `None`.

use serde_json::{Map, Value, json};

use super::super::json::{each_operation, resolve};
use super::super::{Error, Result};
use super::unsupported::stop;

pub(super) fn keep_one_success(document: &mut Value) -> Result<()> {
    let original = document.clone();
    each_operation(document, |path, method, operation| {
        let place = format!("{method} {path}");
        let responses = operation
            .get("responses")
            .and_then(Value::as_object)
            .ok_or_else(|| Error::new(format!("{place} has no responses")))?;
        let kept = one_success(&original, responses, &place)?;
        operation.insert("responses".to_owned(), json!({ "2XX": kept }));
        Ok(())
    })
}

fn one_success(document: &Value, responses: &Map<String, Value>, place: &str) -> Result<Value> {
    let mut with_body = Vec::new();
    let mut without_body = Vec::new();
    for (status, response) in responses {
        if !status.starts_with('2') {
            continue;
        }
        let response = resolve(document, response)?.clone();
        if response.get("content").is_some() {
            with_body.push(response);
        } else {
            without_body.push(status.clone());
        }
    }
    match (with_body.len(), without_body.len()) {
        (0, 0) => Err(Error::new(format!("{place} states no success"))),
        (0, _) => Ok(json!({ "description": "" })),
        (1, nothing) => {
            let mut kept = with_body.remove(0);
            if let Some(response) = kept.as_object_mut() {
                response.remove("headers");
            }
            // An empty response decodes as `None` for this status only.
            if let Some(status) = without_body.iter().find(|status| *status != "204") {
                return Err(stop(
                    place,
                    &format!("{status} without a body beside a success with one is not supported"),
                    "add a rule that reads an empty body of that status as absent",
                ));
            }
            if nothing > 0 {
                make_nullable(&mut kept, place)?;
            }
            Ok(kept)
        }
        _ => Err(Error::new(format!("{place} has several success bodies"))),
    }
}

fn make_nullable(response: &mut Value, place: &str) -> Result<()> {
    let schema = response
        .pointer_mut("/content/application~1json/schema")
        .ok_or_else(|| Error::new(format!("{place} has a success body that is not JSON")))?;
    *schema = json!({ "nullable": true, "allOf": [schema.take()] });
    Ok(())
}
