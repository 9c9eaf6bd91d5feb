//! What an account may have, and the codes of what goes beyond.

use std::time::Duration;

use crate::support::{Api, text};
use neon_api_emulator::{Emulator, Limits};
use serde_json::{Value, json};

fn api(set: impl FnOnce(&mut Limits)) -> Api {
    let mut limits = Limits::default();
    set(&mut limits);
    let builder = Emulator::builder().limits(limits);
    let none = Duration::ZERO..=Duration::ZERO;
    Api::of(builder.operation_latency(none).build())
}

#[tokio::test(start_paused = true)]
async fn projects_are_counted_by_organization() {
    let mut limits = Limits::default();
    limits.projects = Some(1);
    let builder = Emulator::builder().limits(limits);
    let api = Api::of(builder.organization("org-two-b-1", "Two").build());
    let body = |org: &str| json!({ "project": { "org_id": org } });
    let first = api.emulator.organization_id();
    let made = api.post("/projects", body(first)).await.expect(201);
    let more = api.post("/projects", body(first)).await;
    more.exceeds("PROJECTS_LIMIT_EXCEEDED");
    api.post("/projects", body("org-two-b-1")).await.expect(201);
    tokio::time::advance(Duration::from_secs(1)).await;
    let path = format!("/projects/{}", text(&made, "/project/id"));
    api.delete(&path).await.expect(200);
    api.post("/projects", body(first)).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn branches_are_counted() {
    let api = api(|limits| {
        limits.branches = Some(4);
        limits.protected_branches = Some(1);
        limits.root_branches = Some(2);
    });
    let (project, path) = api.project_path().await;
    let branches = format!("{path}/branches");
    let make = async |branch: Value| api.post(&branches, json!({ "branch": branch })).await;
    make(json!({ "init_source": "schema-only" }))
        .await
        .expect(201);
    let root = make(json!({ "init_source": "schema-only" })).await;
    root.exceeds("ROOT_BRANCHES_LIMIT_EXCEEDED");
    make(json!({ "protected": true })).await.expect(201);
    let protected = make(json!({ "protected": true })).await;
    protected.exceeds("BRANCHES_PROTECTED_LIMIT_EXCEEDED");
    let main = format!("{branches}/{}", text(&project, "/branch/id"));
    let change = json!({ "branch": { "protected": true } });
    let protected = api.patch(&main, change).await;
    protected.exceeds("BRANCHES_PROTECTED_LIMIT_EXCEEDED");
    let last = make(json!({})).await.expect(201);
    make(json!({})).await.exceeds("BRANCHES_LIMIT_EXCEEDED");
    let last = format!("{branches}/{}", text(&last, "/branch/id"));
    api.delete(&last).await.expect(200);
    make(json!({})).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_counted() {
    let api = api(|limits| {
        limits.endpoints = Some(3);
        limits.active_endpoints = Some(2);
    });
    let (project, path) = api.project_path().await;
    let branch = text(&project, "/branch/id");
    let endpoints = format!("{path}/endpoints");
    let replica = json!({ "endpoint": { "branch_id": branch, "type": "read_only" } });
    let add = async || api.post(&endpoints, replica.clone()).await;
    add().await.expect(201);
    add().await.exceeds("ACTIVE_ENDPOINTS_LIMIT_EXCEEDED");
    let first = format!("{endpoints}/{}", text(&project, "/endpoints/0/id"));
    api.post(&format!("{first}/suspend"), Value::Null)
        .await
        .expect(200);
    add().await.expect(201);
    add().await.exceeds("ENDPOINTS_LIMIT_EXCEEDED");
    let start = api.post(&format!("{first}/start"), Value::Null).await;
    start.exceeds("ACTIVE_ENDPOINTS_LIMIT_EXCEEDED");
    let body = json!({ "endpoints": [{ "type": "read_write" }] });
    let made = api.post(&format!("{path}/branches"), body).await;
    made.exceeds("ENDPOINTS_LIMIT_EXCEEDED");
    let count = api.get(&format!("{path}/branches/count")).await.expect(200);
    assert_eq!(count["count"], 1, "nothing was made");
}

#[tokio::test(start_paused = true)]
async fn roles_databases_and_snapshots_are_counted() {
    let api = api(|limits| {
        limits.roles = Some(2);
        limits.databases = Some(2);
        limits.snapshots = Some(1);
    });
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let role = async |name: &str| {
        let body = json!({ "role": { "name": name } });
        api.post(&format!("{branch}/roles"), body).await
    };
    role("a").await.expect(201);
    role("a").await.refused(409, "already exists");
    role("b").await.exceeds("ROLES_LIMIT_EXCEEDED");
    let database = async |name: &str| {
        let body = json!({ "database": { "name": name, "owner_name": "neondb_owner" } });
        api.post(&format!("{branch}/databases"), body).await
    };
    database("a").await.expect(201);
    database("b").await.exceeds("DATABASES_LIMIT_EXCEEDED");
    let snapshot = async || api.post(&format!("{branch}/snapshot"), Value::Null).await;
    snapshot().await.expect(200);
    snapshot().await.exceeds("SNAPSHOTS_LIMIT_EXCEEDED");
}

#[test]
fn the_free_plan_is_small() {
    let limits = Limits::free_plan();
    assert_eq!(
        (limits.branches, limits.compute_units),
        (Some(10), Some(2.0))
    );
}
