//! Where what is enabled on a branch is served: clients write these addresses into programs'
//! settings.

use serde_json::{Map, Value, json};

use super::table::{AUTH, DATA_API, Kind};
use crate::api::{Call, connection};
use crate::state::State;
use crate::state::endpoint::Endpoint;
use crate::state::project::Project;
use crate::state::region;

/// What follows for a new thing of this kind from its branch; nothing for most kinds.
pub(super) fn facts(
    state: &State,
    call: &Call<'_>,
    kind: &Kind,
    project_id: &str,
    branch_id: &str,
) -> Map<String, Value> {
    let project = state.projects.get(project_id);
    let (Some(project), true) = (project, [AUTH, DATA_API].contains(kind)) else {
        return Map::new();
    };
    let asked = call.body.get("database_name").and_then(Value::as_str);
    let in_path = call.parameters.get("database_name").map(String::as_str);
    let branch = project.branch(branch_id).ok();
    let first = || Some(branch?.databases.first()?.name.as_str());
    let database = in_path.or(asked).or_else(first).unwrap_or_default();
    let facts = if *kind == DATA_API {
        let url = address(project, branch_id, "apirest", database) + "/rest/v1";
        json!({ "url": url, "status": "active" })
    } else {
        let url = address(project, branch_id, "neonauth", database) + "/auth";
        json!({
            "base_url": url,
            "jwks_url": format!("{url}/.well-known/jwks.json"),
            "db_name": database,
            "schema_name": "neon_auth",
            "table_name": "users_sync",
            "owned_by": "neon",
        })
    };
    match facts {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The address of a service of a branch's compute.
fn address(project: &Project, branch_id: &str, service: &str, database: &str) -> String {
    let host = project.primary_endpoint(branch_id).map(Endpoint::host);
    let host =
        host.unwrap_or_else(|| format!("{branch_id}.{}", region::proxy_host(&project.region_id)));
    let (id, rest) = host.split_once('.').unwrap_or((&host, ""));
    let database = connection::encode(database);
    format!("https://{id}.{service}.{rest}/{database}")
}
