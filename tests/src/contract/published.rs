//! The exchanges of the API's documentation: what it shows of an operation should come back.

use serde_json::{Value, json};

use super::exchange::{data, operation};
use super::ids::Ids;
use super::shape::differences;
use super::table::Outcome;
use super::target::Target;

/// What documents an operation.
fn fixture(id: &str) -> Value {
    super::exchange::read(&format!("fixtures/{id}.json"))
}

/// The operations that are documented by an exchange.
///
/// # Panics
///
/// If the folder cannot be read.
pub fn documented() -> Vec<String> {
    let folder = std::fs::read_dir(data("fixtures")).expect("the folder is there");
    let names = folder.map(|entry| entry.expect("a file").file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    let names = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// A walk through all of them, with what they need in between.
struct Walk<'a> {
    target: &'a mut Target,
    project: String,
    outcomes: Vec<Outcome>,
}

impl Walk<'_> {
    /// Sends a request, and compares the response with the documented one.
    async fn compare(&mut self, method: &str, path: &str, body: Value) -> Value {
        let id = operation(method, path).id;
        let documented = fixture(id);
        let response = self.target.send(method, path, &body).await;
        assert_eq!(
            documented["status"], response.status,
            "{id}: {}",
            response.body
        );
        // Each stands for itself: their IDs are of several projects.
        let found = differences(&documented["response"], &response.body, &mut Ids::default());
        self.outcomes.push(Outcome {
            of: "published".to_owned(),
            operation: id,
            differences: found,
        });
        response.body
    }

    async fn also(&mut self, method: &str, path: &str, body: Value) -> Value {
        let body = self.target.send(method, path, &body).await.success();
        self.settle().await;
        body
    }

    async fn settle(&mut self) {
        self.target.settle(&self.project).await;
    }
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no {pointer} in {value}"))
        .to_owned()
}

/// Sends the documented requests; the order is that of a project's life.
pub async fn walk(target: &mut Target) -> Vec<Outcome> {
    let mut walk = Walk {
        target,
        project: String::new(),
        outcomes: Vec::new(),
    };
    let mut request = fixture("createProject")["request"].clone();
    request["project"]["name"] = json!(walk.target.name("published"));
    if let Some(org_id) = &walk.target.org_id {
        request["project"]["org_id"] = json!(org_id);
    }
    let made = walk.compare("POST", "/projects", request).await;
    walk.project = text(&made, "/project/id");
    let project = format!("/projects/{}", walk.project);
    let production = format!("{project}/branches/{}", text(&made, "/branch/id"));
    walk.settle().await;
    walk.compare("GET", &project, Value::Null).await;
    let list = match &walk.target.org_id {
        Some(org_id) => format!("/projects?limit=10&org_id={org_id}"),
        None => "/projects?limit=10".to_owned(),
    };
    walk.compare("GET", &list, Value::Null).await;
    let uri = format!("{project}/connection_uri?database_name=neondb&role_name=neondb_owner");
    walk.compare("GET", &uri, Value::Null).await;

    // As in the documentation: a branch for development, and one of it for a feature.
    let annotated = json!({
        "branch": { "name": "development" },
        "annotation_value": { "environment": "development" },
        "endpoints": [{ "type": "read_write" }],
    });
    let development = walk
        .also("POST", &format!("{project}/branches"), annotated)
        .await;
    let development_id = text(&development, "/branch/id");
    let development = format!("{project}/branches/{development_id}");
    walk.compare("GET", &development, Value::Null).await;
    // What configured the computes in the documentation is not shown: roles do so.
    for branch in [&development, &production] {
        let role = json!({ "role": { "name": "configured" } });
        walk.also("POST", &format!("{branch}/roles"), role).await;
    }
    let operations = format!("{project}/operations");
    walk.compare("GET", &operations, Value::Null).await;
    for branch in [&development, &production] {
        let role = format!("{branch}/roles/configured");
        walk.also("DELETE", &role, Value::Null).await;
    }
    let feature = json!({
        "branch": { "name": "my-new-feature-branch", "parent_id": development_id },
        "endpoints": [{ "type": "read_write" }],
    });
    let feature = walk
        .compare("POST", &format!("{project}/branches"), feature)
        .await;
    let feature = format!("{project}/branches/{}", text(&feature, "/branch/id"));
    walk.settle().await;
    let list = format!("{project}/branches?sort_by=created_at&sort_order=asc");
    walk.compare("GET", &list, Value::Null).await;
    walk.compare("DELETE", &feature, Value::Null).await;
    walk.settle().await;

    let all = walk
        .target
        .send("GET", &operations, &Value::Null)
        .await
        .success();
    let all = all["operations"].as_array().cloned().unwrap_or_default();
    let start = all.iter().find(|o| o["action"] == "start_compute");
    let start = start.map(|o| text(o, "/id")).unwrap_or_default();
    walk.compare("GET", &format!("{operations}/{start}"), Value::Null)
        .await;

    roles_and_databases(&mut walk, &production).await;
    endpoints(&mut walk, &project, &development_id).await;

    let name = walk.target.name("published");
    let key = walk
        .compare("POST", "/api_keys", json!({ "key_name": name }))
        .await;
    walk.compare("GET", "/api_keys", Value::Null).await;
    let key = format!("/api_keys/{}", key["id"]);
    walk.target
        .send("DELETE", &key, &Value::Null)
        .await
        .success();
    walk.target
        .send("DELETE", &project, &Value::Null)
        .await
        .success();
    walk.outcomes
}

async fn roles_and_databases(walk: &mut Walk<'_>, branch: &str) {
    let role = json!({ "role": { "name": "new_app_user" } });
    walk.compare("POST", &format!("{branch}/roles"), role).await;
    walk.settle().await;
    walk.compare("GET", &format!("{branch}/roles/new_app_user"), Value::Null)
        .await;
    walk.compare("GET", &format!("{branch}/roles"), Value::Null)
        .await;
    let database = json!({ "database": { "name": "my_new_app_db", "owner_name": "new_app_user" } });
    let databases = format!("{branch}/databases");
    walk.compare("POST", &databases, database).await;
    walk.settle().await;
    walk.compare("GET", &databases, Value::Null).await;
    walk.compare("DELETE", &format!("{databases}/my_new_app_db"), Value::Null)
        .await;
    walk.settle().await;
}

async fn endpoints(walk: &mut Walk<'_>, project: &str, branch: &str) {
    let endpoints = format!("{project}/endpoints");
    let all = walk
        .target
        .send("GET", &endpoints, &Value::Null)
        .await
        .success();
    let all = all["endpoints"].as_array().cloned().unwrap_or_default();
    let of_branch = all.iter().find(|e| e["branch_id"] == branch);
    let main = format!(
        "{endpoints}/{}",
        of_branch.map(|e| text(e, "/id")).unwrap_or_default()
    );
    let replica = json!({ "endpoint": { "branch_id": branch, "type": "read_only" } });
    let replica = walk.compare("POST", &endpoints, replica).await;
    let replica = format!("{endpoints}/{}", text(&replica, "/endpoint/id"));
    walk.settle().await;
    walk.also("POST", &format!("{replica}/suspend"), Value::Null)
        .await;
    walk.compare("GET", &replica, Value::Null).await;
    walk.compare("GET", &endpoints, Value::Null).await;
    walk.compare("POST", &format!("{main}/suspend"), Value::Null)
        .await;
    walk.settle().await;
    walk.compare("POST", &format!("{main}/start"), Value::Null)
        .await;
    walk.settle().await;
    walk.compare("DELETE", &replica, Value::Null).await;
    walk.settle().await;
}
