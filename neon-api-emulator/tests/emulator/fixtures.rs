//! The emulator's answers beside the real API's.

use crate::support::{Api, text};
use neon_api_emulator::spec::{Spec, validate};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::advance;

fn fixtures() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    let read = |path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    paths.into_iter().map(read).collect()
}

fn fixture(id: &str) -> Value {
    let mut all = fixtures().into_iter();
    all.find(|f| f["operation_id"] == id).unwrap()
}

/// The published exchanges conform, so what conforms is what the API says.
#[test]
fn the_real_exchanges_conform() {
    let all = fixtures();
    assert_eq!(all.len(), 24);
    for fixture in all {
        let id = text(&fixture, "/operation_id");
        let operation = Spec::get().operation(id).unwrap();
        assert_eq!(operation.path(), text(&fixture, "/path"));
        let status = u16::try_from(fixture["status"].as_u64().unwrap()).unwrap();
        let mut response = fixture["response"].clone();
        // The published answer has a placeholder where the format asks for an address.
        if let Some(email) = response.pointer_mut("/project/owner/email") {
            *email = json!("user@example.com");
        }
        assert_eq!(validate::response(id, status, &response), Ok(()), "{id}");
        if !fixture["request"].is_null() {
            let valid = validate::request_body(id, &fixture["request"]);
            assert_eq!(valid, Ok(()), "{id}");
        }
    }
}

/// Every member of `real` must be in `ours` with the same type. Lists are compared by their first
/// item; maps by ID are left out.
fn compare(real: &Value, ours: &Value, path: &str, missing: &mut Vec<String>) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            for (key, value) in real {
                let path = format!("{path}.{key}");
                match ours.get(key) {
                    _ if key == "annotations" || path.ends_with("annotation.value.environment") => {
                    }
                    Some(other) => compare(value, other, &path, missing),
                    None => missing.push(path),
                }
            }
        }
        (Value::Array(real), Value::Array(ours)) => {
            if let (Some(real), Some(ours)) = (real.first(), ours.first()) {
                compare(real, ours, &format!("{path}[]"), missing);
            } else if real.len() > ours.len() {
                missing.push(format!("{path}[]"));
            }
        }
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => missing.push(format!("{path}: {real} / {ours}")),
    }
}

#[track_caller]
fn same_shape(id: &str, ours: &Value, except: &[&str]) {
    let mut missing = Vec::new();
    compare(&fixture(id)["response"], ours, "", &mut missing);
    missing.sort();
    assert_eq!(missing, except, "{id}: {ours:#}");
}

#[tokio::test(start_paused = true)]
async fn answers_have_the_shape_of_the_real_ones() {
    let api = Api::with_latency(Duration::from_millis(500));
    let later = async || advance(Duration::from_secs(5)).await;

    let request = fixture("createProject")["request"].clone();
    let project = api.post("/projects", request).await.expect(201);
    same_shape("createProject", &project, &[]);
    let path = format!("/projects/{}", text(&project, "/project/id"));
    let main = format!("{path}/branches/{}", text(&project, "/branch/id"));
    later().await;
    same_shape(
        "getProject",
        &api.get(&path).await.expect(200),
        &[".project.compute_last_active_at"],
    );
    same_shape(
        "listProjects",
        &api.get("/projects").await.expect(200),
        &[
            ".projects[].compute_last_active_at",
            ".projects[].quota_reset_at",
        ],
    );
    same_shape(
        "listProjectOperations",
        &api.get(&format!("{path}/operations")).await.expect(200),
        &[],
    );
    let operation = format!("{path}/operations/{}", text(&project, "/operations/1/id"));
    same_shape(
        "getProjectOperation",
        &api.get(&operation).await.expect(200),
        &[],
    );
    let uri = format!("{path}/connection_uri?database_name=neondb&role_name=neondb_owner");
    same_shape("getConnectionURI", &api.get(&uri).await.expect(200), &[]);

    let body = json!({ "branch": { "name": "x" }, "endpoints": [{ "type": "read_write" }] });
    let branch = api
        .post(&format!("{path}/branches"), body)
        .await
        .expect(201);
    same_shape("createProjectBranch", &branch, &[]);
    let dev = format!("{path}/branches/{}", text(&branch, "/branch/id"));
    later().await;
    same_shape("getProjectBranch", &api.get(&dev).await.expect(200), &[]);
    same_shape(
        "listProjectBranches",
        &api.get(&format!("{path}/branches")).await.expect(200),
        &[],
    );

    let role = json!({ "role": { "name": "app" } });
    let role = api.post(&format!("{main}/roles"), role).await.expect(201);
    same_shape("createProjectBranchRole", &role, &[]);
    same_shape(
        "getProjectBranchRole",
        &api.get(&format!("{main}/roles/app")).await.expect(200),
        &[],
    );
    same_shape(
        "listProjectBranchRoles",
        &api.get(&format!("{main}/roles")).await.expect(200),
        &[],
    );
    later().await;
    let database = json!({ "database": { "name": "app", "owner_name": "app" } });
    let database = api
        .post(&format!("{main}/databases"), database)
        .await
        .expect(201);
    same_shape("createProjectBranchDatabase", &database, &[]);
    same_shape(
        "listProjectBranchDatabases",
        &api.get(&format!("{main}/databases")).await.expect(200),
        &[],
    );
    later().await;
    let gone = api
        .delete(&format!("{main}/databases/app"))
        .await
        .expect(200);
    same_shape("deleteProjectBranchDatabase", &gone, &[]);
    later().await;

    let endpoint =
        json!({ "endpoint": { "branch_id": text(&project, "/branch/id"), "type": "read_only" } });
    let endpoint = api
        .post(&format!("{path}/endpoints"), endpoint)
        .await
        .expect(201);
    same_shape("createProjectEndpoint", &endpoint, &[]);
    let endpoint = format!("{path}/endpoints/{}", text(&endpoint, "/endpoint/id"));
    later().await;
    let all = api.get(&format!("{path}/endpoints")).await.expect(200);
    same_shape("listProjectEndpoints", &all, &[]);
    let suspended = api
        .post(&format!("{endpoint}/suspend"), Value::Null)
        .await
        .expect(200);
    same_shape("suspendProjectEndpoint", &suspended, &[]);
    later().await;
    same_shape(
        "getProjectEndpoint",
        &api.get(&endpoint).await.expect(200),
        &[],
    );
    let started = api
        .post(&format!("{endpoint}/start"), Value::Null)
        .await
        .expect(200);
    same_shape("startProjectEndpoint", &started, &[]);
    later().await;
    api.post(&format!("{endpoint}/suspend"), Value::Null)
        .await
        .expect(200);
    later().await;
    let gone = api.delete(&endpoint).await.expect(200);
    assert_eq!(
        gone["operations"],
        json!([]),
        "an idle endpoint needs no work"
    );
    same_shape("deleteProjectEndpoint", &gone, &[]);
    same_shape(
        "deleteProjectBranch",
        &api.delete(&dev).await.expect(200),
        &[],
    );

    let key = api
        .post("/api_keys", json!({ "key_name": "k" }))
        .await
        .expect(200);
    same_shape("createApiKey", &key, &[]);
    let keys = api.get("/api_keys").await.expect(200);
    same_shape(
        "listApiKeys",
        &keys,
        &["[].last_used_at: \"2025-09-10T09:44:09Z\" / null"],
    );
}
