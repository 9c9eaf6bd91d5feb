//! Operations are called with a bearer token; those that need anything else stop the build.
//!
//! The generator ignores `security`, and the transport sends the same header with every request.

use serde_json::Value;

use super::super::json::{at, each_operation, operation_id, resolve};
use super::super::{Error, Result};
use super::unsupported::stop;

pub(super) fn check(document: &mut Value) -> Result<()> {
    let original = document.clone();
    check_one(&original, original.get("security"), "the document")?;
    each_operation(document, |path, method, operation| {
        let id = operation_id(operation, method, path)?;
        let place = format!("{id} ({} {path})", method.to_uppercase());
        check_one(&original, operation.get("security"), &place)
    })
}

/// One of the alternatives must be the token alone, or nothing.
fn check_one(document: &Value, security: Option<&Value>, place: &str) -> Result<()> {
    let alternatives = match security {
        None => return Ok(()),
        Some(Value::Array(alternatives)) => alternatives,
        Some(_) => {
            let what = "`security` is not a list";
            return Err(stop(place, what, "correct the document"));
        }
    };
    let is_met = |alternative: &Value| -> Result<bool> {
        let names = alternative.as_object().into_iter().flat_map(|o| o.keys());
        let met: Vec<bool> = names
            .map(|name| is_bearer(document, name))
            .collect::<Result<_>>()?;
        Ok(met.into_iter().all(|met| met))
    };
    let met: Vec<bool> = alternatives.iter().map(is_met).collect::<Result<_>>()?;
    if alternatives.is_empty() || met.contains(&true) {
        return Ok(());
    }
    Err(stop(
        place,
        "it cannot be called with a bearer token alone",
        "send the other credential from the transport, and list its scheme in codegen/rules/security.rs",
    ))
}

fn is_bearer(document: &Value, name: &str) -> Result<bool> {
    let schemes = at(document, "/components/securitySchemes")?;
    let scheme = schemes.get(name).ok_or_else(|| {
        Error::new(format!(
            "the document lacks the security scheme {name}: correct the document"
        ))
    })?;
    let scheme = resolve(document, scheme)?;
    let is = |key: &str, value: &str| scheme.get(key).and_then(Value::as_str) == Some(value);
    let is_token = scheme
        .get("scheme")
        .and_then(Value::as_str)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    Ok(is("type", "http") && is_token)
}
