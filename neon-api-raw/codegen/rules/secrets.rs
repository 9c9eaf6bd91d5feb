//! Values that grant access get a type that hides them.
//!
//! They are found by name, and by the document's `x-sensitive`. That also marks what identifies a
//! person or a place, such as names and e-mail addresses, which callers print and compare: these
//! are listed here. Whatever else the API marks in future is hidden automatically.

use serde_json::{Map, Value, json};

use super::super::Result;
use super::super::json::{each_document_schema, reference_in_place_of, schemas_mut};
use super::Replacement;
use super::unsupported::stop;

/// Says of a property what the list of its schema says.
const SENSITIVE: &str = "x-sensitive";

/// Properties that are secret in every schema.
const BY_NAME: &[&str] = &[
    "api_token",
    "client_secret",
    "connection_uri",
    "password",
    "s3_secret_access_key",
    "secret_server_key",
];

/// Properties whose name is ambiguous, by schema.
const BY_SCHEMA: &[(&str, &str)] = &[
    ("ApiKeyCreateResponse", "key"),
    ("AuthDetailsResponse", "auth_data"),
    ("BillingAccount", "orb_portal_url"),
    ("ConnectionURIResponse", "uri"),
    ("FunctionDeployRequest", "environment"),
    ("NeonAuthTransferAuthProviderProjectResponse", "url"),
    ("OrgApiKeyCreateResponse", "key"),
    ("PresignResponse", "headers"),
    ("PresignResponse", "url"),
];

/// Properties that the document marks as sensitive but that do not grant access: a list of names,
/// or of beginnings that end in an underscore.
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

/// Properties that the document marks as sensitive for what they hold, which is hidden by itself.
const HOLDERS: &[&str] = &["connection_uris", "database", "logs", "roles"];

/// Moves the marks of schemas to the properties that they name, where they stay with these when
/// schemas are composed.
pub(super) fn mark(document: &mut Value) -> Result<()> {
    let mut unknown = None;
    each_document_schema(document, &mut |schema| {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let names = match object.remove(SENSITIVE) {
            Some(Value::Array(names)) => names,
            // A property's own mark, as those that are moved here.
            Some(mark) => {
                object.insert(SENSITIVE.to_owned(), mark);
                return;
            }
            None => return,
        };
        for name in names.iter().filter_map(Value::as_str) {
            let property = object
                .get_mut("properties")
                .and_then(|properties| properties.get_mut(name))
                .and_then(Value::as_object_mut);
            match property {
                Some(property) => {
                    property.insert(SENSITIVE.to_owned(), true.into());
                }
                None => unknown = Some(name.to_owned()),
            }
        }
    })?;
    match unknown {
        None => Ok(()),
        Some(name) => Err(stop(
            "x-sensitive",
            &format!("it names {name}, which its schema has no property of its own for"),
            "mark it where the property is stated, by a rule",
        )),
    }
}

/// Hides a string, or the strings of a list or a map; whether there was one.
fn hide_strings(value: &mut Value) -> bool {
    let kind = value.get("type").and_then(Value::as_str);
    let inner = match kind {
        Some("string") if value.get("enum").is_none() => {
            *value = reference_in_place_of(value, "Secret");
            return true;
        }
        Some("array") => value.get_mut("items"),
        Some("object") => value.get_mut("additionalProperties"),
        _ => None,
    };
    inner.is_some_and(hide_strings)
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
            let is_named = BY_NAME.contains(&property.as_str())
                || BY_SCHEMA.contains(&(name.as_str(), property.as_str()));
            let is_marked = value
                .as_object()
                .is_some_and(|value| is_marked(property, value));
            if is_marked && !hide_strings(value) && !HOLDERS.contains(&property.as_str()) {
                return Err(stop(
                    &format!("{name}.{property}"),
                    "it is marked as sensitive, but contains no string to hide",
                    "list it in codegen/rules/secrets.rs if its content is already hidden, or add a rule",
                ));
            }
            if is_named {
                hide_strings(value);
            }
        }
    }
    let own = schemas.insert("Secret".to_owned(), json!({ "type": "string" }));
    if own.is_some() {
        return Err(stop(
            "the schema Secret",
            "its name is that of our own type",
            "rename it by a rule",
        ));
    }
    replacements.push(Replacement::new("Secret", "Secret", false));
    Ok(())
}
