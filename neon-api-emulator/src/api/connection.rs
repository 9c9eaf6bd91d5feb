//! Connection URIs.

use percent_encoding::{PercentEncode, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::spec::sample::SEGMENT;
use crate::state::branch::Branch;
use crate::state::endpoint::Endpoint;
use crate::state::{Source, State};

/// As it stands in a URI's user, password or path.
pub(super) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, &SEGMENT)
}

fn build(role: &str, password: &str, host: &str, database: &str, query: &str) -> String {
    format!(
        "postgresql://{}:{}@{host}/{}?{query}",
        encode(role),
        encode(password),
        encode(database)
    )
}

/// Host and query of a URI. What stands before real databases is one host for all endpoints.
fn target(endpoint: &Endpoint, pooled: bool, query: &str, source: &Source) -> (String, String) {
    match source.backing() {
        Some(backing) => {
            let suffix = if pooled { "-pooler" } else { "" };
            let query = format!("options=endpoint%3D{}{suffix}", endpoint.id);
            (backing.address().to_string(), query)
        }
        None if pooled => (endpoint.pooler_host(), query.to_owned()),
        None => (endpoint.host(), query.to_owned()),
    }
}

/// `connection_uris` of a response that created an endpoint; absent if it would not be clear which
/// role and database are meant.
pub(super) fn uris(branch: &Branch, endpoint: &Endpoint, source: &Source) -> Option<Value> {
    if branch.databases.len() > 1 || branch.roles.len() > 1 {
        return None;
    }
    let (at, query) = target(endpoint, false, "sslmode=require", source);
    let one = |database: &crate::state::database::Database| {
        let role = branch.role(&database.owner_name)?;
        let password = role.password.as_deref()?;
        let host = endpoint.host();
        Some(json!({
            "connection_uri":
                build(&role.name, password, &at, &database.name, &query),
            "connection_parameters": {
                "database": database.name,
                "password": password,
                "role": role.name,
                "host": host,
                "pooler_host": endpoint.pooler_host(),
            },
        }))
    };
    Some(branch.databases.iter().filter_map(one).collect())
}

pub(super) fn uri(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let asked_endpoint = match call.text("endpoint_id") {
        Some(id) => Some(project.endpoint(id)?),
        None => None,
    };
    let branch_id = match (call.text("branch_id"), asked_endpoint) {
        (Some(branch), Some(endpoint)) if endpoint.branch_id != branch => {
            return Err(ApiError::bad_request("endpoint_id: is of another branch"));
        }
        (Some(branch), _) => branch,
        (None, Some(endpoint)) => &endpoint.branch_id,
        (None, None) => &project.default_branch,
    };
    let branch = project.branch(branch_id)?;
    let endpoint = match asked_endpoint {
        Some(endpoint) => endpoint,
        None => project
            .primary_endpoint(branch_id)
            .ok_or_else(|| ApiError::not_found("endpoint"))?,
    };
    let role = call.query("role_name").unwrap_or_default();
    let role = branch
        .role(role)
        .ok_or_else(|| ApiError::not_found("role"))?;
    let database = call.query("database_name").unwrap_or_default();
    let database = branch
        .database(database)
        .ok_or_else(|| ApiError::not_found("database"))?;
    if !project.store_passwords {
        return Err(ApiError::new(412, "the project does not store passwords"));
    }
    let password = role.password.as_deref();
    let password = password.ok_or_else(|| ApiError::new(412, "the role has no password"))?;
    // By default the API returns the pooled host.
    let pooled = call.flag("pooled") != Some(false);
    let query = "channel_binding=require&sslmode=require";
    let (host, query) = target(endpoint, pooled, query, source);
    let uri = build(&role.name, password, &host, &database.name, &query);
    Ok(Reply::ok(json!({ "uri": uri })))
}
