//! String enums become open: known values as variants, others kept.
//!
//! The generator's enums are closed, and one new value in one field would fail a whole response.
//! The API adds values without notice.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::json::{description, schemas_mut};
use super::super::names::type_name;
use super::super::{Error, Result};
use super::Replacement;
use super::unsupported::stop;

/// An enum of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEnum {
    /// The Rust type.
    pub name: String,
    /// Our documentation of it.
    pub doc: String,
    /// Variant and value, in the document's order.
    pub values: Vec<(String, String)>,
}

pub(super) fn open(
    document: &mut Value,
    replacements: &mut Vec<Replacement>,
) -> Result<Vec<OpenEnum>> {
    let mut found = Vec::new();
    for (name, schema) in schemas_mut(document)? {
        let Some(values) = schema.get("enum").and_then(Value::as_array) else {
            continue;
        };
        let open = open_enum(name, schema, values)?;
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            return Err(stop(
                &format!("the enum {name}"),
                "`nullable` on a named enum is not supported",
                "state it where the enum is referred to, by a rule",
            ));
        }
        replacements.push(Replacement::new(
            &open.name,
            format!("enums::{}", open.name),
            true,
        ));
        found.push(open);
        *schema = json!({ "type": "string" });
    }
    Ok(found)
}

fn open_enum(name: &str, schema: &Value, values: &[Value]) -> Result<OpenEnum> {
    let mut variants = BTreeSet::new();
    let mut out = Vec::new();
    for value in values {
        let value = value
            .as_str()
            .ok_or_else(|| {
                stop(
                    &format!("the enum {name}"),
                    "a value that is not a string is not supported",
                    "add an open enum of numbers to codegen/rules/enums.rs and src/open_enum.rs, or a rule that drops the enum",
                )
            })?;
        let variant = type_name(value);
        if variant.is_empty() || variant == "Unrecognized" || !variants.insert(variant.clone()) {
            return Err(Error::new(format!(
                "the enum {name} has a value {value:?} that needs a name chosen by hand"
            )));
        }
        out.push((variant, value.to_owned()));
    }
    Ok(OpenEnum {
        name: type_name(name),
        doc: description(schema),
        values: out,
    })
}
