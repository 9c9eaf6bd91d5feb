//! Values that grant access become a type that does not show them.
//!
//! The document's `x-sensitive` says what must not be logged, which includes names and e-mail
//! addresses; hidden here is what lets its holder in.

use serde_json::{Value, json};

use super::super::Result;
use super::super::json::{reference_in_place_of, schemas_mut};
use super::Replacement;

/// Properties that hold a secret in every schema where they occur.
const BY_NAME: &[&str] = &[
    "api_token",
    "client_secret",
    "connection_uri",
    "password",
    "s3_secret_access_key",
    "secret_server_key",
];

/// Properties whose name says too little, by schema.
const BY_SCHEMA: &[(&str, &str)] = &[
    ("ApiKeyCreateResponse", "key"),
    ("AuthDetailsResponse", "auth_data"),
    ("BillingAccount", "orb_portal_url"),
    ("ConnectionURIResponse", "uri"),
    ("FunctionDeployRequest", "environment"),
    ("OrgApiKeyCreateResponse", "key"),
    ("PresignResponse", "url"),
    ("ScimTokenCreateResponse", "token"),
];

pub(super) fn hide(document: &mut Value, replacements: &mut Vec<Replacement>) -> Result<()> {
    let schemas = schemas_mut(document)?;
    for (name, schema) in schemas.iter_mut() {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (property, value) in properties.into_iter().flatten() {
            let is_secret = BY_NAME.contains(&property.as_str())
                || BY_SCHEMA.contains(&(name.as_str(), property.as_str()));
            if is_secret && value.get("type").and_then(Value::as_str) == Some("string") {
                *value = reference_in_place_of(value, "Secret");
            }
        }
    }
    schemas.insert("Secret".to_owned(), json!({ "type": "string" }));
    replacements.push(Replacement::new("Secret", "Secret", false));
    Ok(())
}
