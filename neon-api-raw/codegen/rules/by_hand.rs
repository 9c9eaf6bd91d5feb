//! Removes operations with multipart bodies from the document: the generator rejects the media
//! type, and they are written by hand.
//!
//! What their sources send is listed here, so that a document that states something else stops the
//! build.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::Result;
use super::super::json::{METHODS, object_at, resolve};
use super::unsupported::stop;

const MULTIPART: &str = "multipart/form-data";

/// The operations that are written by hand, in `src/function_deployment.rs`.
pub const OPERATIONS: &[&str] = &[FUNCTION_DEPLOYMENT.id];

/// What the sources of an operation send.
struct Sent {
    id: &'static str,
    file: &'static str,
    /// The parameters in the order of the path.
    parameters: &'static [&'static str],
    /// The parts of the form with type and format, all of them optional.
    parts: &'static [(&'static str, &'static str)],
}

const FUNCTION_DEPLOYMENT: Sent = Sent {
    id: "createProjectBranchFunctionDeployment",
    file: "src/function_deployment.rs",
    parameters: &["project_id", "branch_id", "slug"],
    parts: &[
        ("environment", "string"),
        ("runtime", "string"),
        ("zip", "string binary"),
    ],
};

/// Removes the operations and returns their IDs.
pub(super) fn take_out(document: &mut Value) -> Result<Vec<String>> {
    let original = document.clone();
    let mut taken = Vec::new();
    for (path, item) in object_at(document, "/paths")? {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        let shared = item.get("parameters").cloned();
        for method in METHODS {
            let id = item.get(method).and_then(|o| o.get("operationId"));
            if id.and_then(Value::as_str) != Some(FUNCTION_DEPLOYMENT.id) {
                continue;
            }
            if let Some(operation) = item.remove(method) {
                check(
                    &original,
                    &FUNCTION_DEPLOYMENT,
                    path,
                    shared.as_ref(),
                    &operation,
                )?;
                taken.push(FUNCTION_DEPLOYMENT.id.to_owned());
            }
        }
    }
    Ok(taken)
}

/// Refuses an operation that is not as its sources are written.
fn check(
    document: &Value,
    sent: &Sent,
    path: &str,
    shared: Option<&Value>,
    operation: &Value,
) -> Result<()> {
    let changed = |what: &str| {
        let remedy = format!(
            "change neon-api-raw/{} accordingly, and then the list in codegen/rules/by_hand.rs",
            sent.file
        );
        stop(
            &format!("{} ({path})", sent.id),
            &format!("it is written by hand for other {what}"),
            &remedy,
        )
    };
    let in_path: Vec<&str> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    let lists = [shared, operation.get("parameters")].into_iter().flatten();
    let mut declared = Vec::new();
    for parameter in lists.filter_map(Value::as_array).flatten() {
        let parameter = resolve(document, parameter)?;
        declared.extend(parameter.get("name").and_then(Value::as_str));
    }
    if in_path != sent.parameters || declared.iter().any(|name| !in_path.contains(name)) {
        return Err(changed(&format!(
            "parameters, {}",
            sent.parameters.join(", ")
        )));
    }
    let content = operation
        .pointer("/requestBody/content")
        .and_then(Value::as_object);
    let media = content.and_then(|content| content.get(MULTIPART));
    let is_only = content.is_some_and(|content| content.len() == 1);
    let Some(media) = media.filter(|media| is_only && media.get("encoding").is_none()) else {
        return Err(changed("media types, a multipart form without encodings"));
    };
    let schema = media.get("schema").unwrap_or(&Value::Null);
    let schema = resolve(document, schema)?;
    let is_required = |required: &Value| required.as_array().is_none_or(|names| !names.is_empty());
    let due: BTreeMap<_, _> = sent.parts.iter().copied().map(owned).collect();
    if parts(document, schema)? != due || schema.get("required").is_some_and(is_required) {
        let names: Vec<&str> = sent.parts.iter().map(|(name, _)| *name).collect();
        return Err(changed(&format!(
            "parts, {}, all optional",
            names.join(", ")
        )));
    }
    Ok(())
}

fn owned((name, kind): (&str, &str)) -> (String, String) {
    (name.to_owned(), kind.to_owned())
}

/// The parts of a form with type and format.
fn parts(document: &Value, schema: &Value) -> Result<BTreeMap<String, String>> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let each = properties
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, property)| {
            let property = resolve(document, property)?;
            let words = ["type", "format"].map(|key| property.get(key).and_then(Value::as_str));
            let words: Vec<&str> = words.into_iter().flatten().collect();
            Ok((name.clone(), words.join(" ")))
        });
    each.collect()
}
