//! Properties that the document requires and the API's own published answers lack are optional.
//!
//! An answer must not fail to decode for want of a field that nobody asked for.

use serde_json::Value;

use super::super::json::schemas_mut;
use super::super::{Error, Result};

/// Schema and property, each seen missing in a published answer.
const SEEN_MISSING: &[(&str, &str)] = &[];

pub(super) fn required(document: &mut Value) -> Result<()> {
    let schemas = schemas_mut(document)?;
    for (name, property) in SEEN_MISSING {
        let names = schemas
            .get_mut(*name)
            .and_then(|s| s.get_mut("required"))
            .and_then(Value::as_array_mut)
            .ok_or_else(|| {
                Error::new(format!(
                    "{name} requires nothing, yet {property} is relaxed"
                ))
            })?;
        let before = names.len();
        names.retain(|n| n != property);
        if names.len() == before {
            return Err(Error::new(format!(
                "{name} does not require {property}, yet it is relaxed"
            )));
        }
    }
    Ok(())
}
