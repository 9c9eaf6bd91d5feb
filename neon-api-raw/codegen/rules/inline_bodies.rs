//! Request bodies that are components stand in their operations.
//!
//! Every other rule looks for a body where its operation states it.

use serde_json::Value;

use super::super::Result;
use super::super::json::{each_operation, resolve};

pub(super) fn inline(document: &mut Value) -> Result<()> {
    let original = document.clone();
    each_operation(document, |_, _, operation| {
        if let Some(body) = operation.get_mut("requestBody") {
            *body = resolve(&original, body)?.clone();
        }
        Ok(())
    })
}
