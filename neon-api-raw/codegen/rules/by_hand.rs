//! Removes operations with multipart bodies from the document: the generator rejects the media
//! type, and they are written by hand.

use serde_json::Value;

use super::super::Result;
use super::super::json::{METHODS, object_at};

/// The operations that are written by hand, in `src/function_deployment.rs`.
pub const OPERATIONS: &[&str] = &["createProjectBranchFunctionDeployment"];

/// Removes the operations and returns their IDs.
pub(super) fn take_out(document: &mut Value) -> Result<Vec<String>> {
    let mut taken = Vec::new();
    for item in object_at(document, "/paths")?.values_mut() {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        for method in METHODS {
            let is_multipart = item
                .get(method)
                .and_then(|o| o.pointer("/requestBody/content"))
                .and_then(Value::as_object)
                .is_some_and(|media| media.contains_key("multipart/form-data"));
            if !is_multipart {
                continue;
            }
            if let Some(operation) = item.remove(method) {
                let id = operation.get("operationId").and_then(Value::as_str);
                taken.extend(id.map(str::to_owned));
            }
        }
    }
    Ok(taken)
}
