//! Values that grant access become a type that does not show them.
//!
//! They are found by name, and by the document's `x-sensitive`. That also marks what identifies a
//! person or a place, such as names and e-mail addresses, which callers print and compare: these are
//! listed here. Whatever else the API marks in future is hidden without anybody's doing.

use serde_json::{Map, Value, json};

use super::super::Result;
use super::super::json::{each_document_schema, reference_in_place_of, schemas_mut};
use super::Replacement;

/// Says of a property what the list of its schema says.
const SENSITIVE: &str = "x-sensitive";

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
];

/// Properties that the document marks as sensitive and that let nobody in: a list of names, or of
/// beginnings that end in an underscore.
const DATA: &[&str] = &[
    "address_",
    "body_contains",
    "column_name",
    "cursor",
    "database",
    "database_name",
    "db_name",
    "email",
    "granted_to_email",
    "host",
    "last_name",
    "login",
    "logql",
    "masking_function",
    "masking_value",
    "name",
    "next_cursor",
    "pooler_host",
    "pub_client_key",
    "schema_name",
    "state",
    "table_name",
    "tax_id",
    "username",
];

/// Moves the marks of schemas to the properties that they name, where they stay with these when
/// schemas are composed.
pub(super) fn mark(document: &mut Value) -> Result<()> {
    each_document_schema(document, &mut |schema| {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let Some(Value::Array(names)) = object.remove(SENSITIVE) else {
            return;
        };
        let properties = object.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let is_named = names.iter().any(|marked| marked == name);
            if let Some(property) = property.as_object_mut().filter(|_| is_named) {
                property.insert(SENSITIVE.to_owned(), true.into());
            }
        }
    })
}

fn is_marked(name: &str, property: &Map<String, Value>) -> bool {
    let is_data =
        |known: &&str| name == *known || (known.ends_with('_') && name.starts_with(*known));
    property.get(SENSITIVE) == Some(&Value::Bool(true)) && !DATA.iter().any(is_data)
}

pub(super) fn hide(document: &mut Value, replacements: &mut Vec<Replacement>) -> Result<()> {
    let schemas = schemas_mut(document)?;
    for (name, schema) in schemas.iter_mut() {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (property, value) in properties.into_iter().flatten() {
            let is_secret = BY_NAME.contains(&property.as_str())
                || BY_SCHEMA.contains(&(name.as_str(), property.as_str()))
                || value
                    .as_object()
                    .is_some_and(|value| is_marked(property, value));
            if is_secret && value.get("type").and_then(Value::as_str) == Some("string") {
                *value = reference_in_place_of(value, "Secret");
            }
        }
    }
    schemas.insert("Secret".to_owned(), json!({ "type": "string" }));
    replacements.push(Replacement::new("Secret", "Secret", false));
    Ok(())
}
