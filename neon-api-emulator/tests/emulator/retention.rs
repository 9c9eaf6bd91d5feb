//! What is forgotten, so that memory does not grow with what is gone.

use std::time::Duration;

use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::{Api, Folder, NONE, each, text};

const DAY: Duration = Duration::from_secs(86_400);

/// How many values a saved state has: what is remembered, whatever it takes in bytes.
fn values(emulator: &Emulator) -> usize {
    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(count).sum(),
            Value::Object(map) => map.values().map(count).sum(),
            _ => 0,
        }
    }
    let folder = Folder::new();
    let file = folder.file("state.json");
    emulator.save(&file).unwrap();
    count(&serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

/// Sends a request; its response is not checked, since there are many.
async fn send(emulator: &Emulator, method: &str, path: &str, body: Value) -> Value {
    let mut request = http::Request::builder().method(method);
    request = request.uri(format!("/api/v2{path}"));
    request = request.header("authorization", "Bearer k");
    let request = request.body(match body {
        Value::Null => bytes::Bytes::new(),
        body => body.to_string().into(),
    });
    let response = emulator.respond(request.unwrap()).await;
    assert!(response.status().is_success(), "{method} {path}");
    serde_json::from_slice(response.body()).unwrap()
}

/// Creates and deletes one of everything, so many times.
async fn come_and_go(emulator: &Emulator, path: &str, main: &str, times: usize) {
    let create = async |path: &str, body: Value| send(emulator, "POST", path, body).await;
    let delete = async |path: &str| send(emulator, "DELETE", path, Value::Null).await;
    for _ in 0..times {
        let body = json!({ "endpoints": [{ "type": "read_write" }] });
        let branch = create(&format!("{path}/branches"), body).await;
        let branch = format!("{path}/branches/{}", text(&branch, "/branch/id"));
        create(&format!("{branch}/buckets"), json!({ "name": "files" })).await;
        advance(Duration::from_secs(1)).await;
        delete(&branch).await;
        let role = json!({ "role": { "name": "x" } });
        create(&format!("{main}/roles"), role).await;
        delete(&format!("{main}/roles/x")).await;
        let key = create("/api_keys", json!({ "key_name": "x" })).await;
        delete(&format!("/api_keys/{}", key["id"])).await;
        let other = create("/projects", json!({ "project": {} })).await;
        delete(&format!("/projects/{}", text(&other, "/project/id"))).await;
    }
}

async fn stays_flat(before: usize, then: usize) {
    let builder = Emulator::builder().operation_latency(NONE);
    let api = Api::of(builder.keep_operations(500).request_log(10).build());
    let (project, path) = api.project_path().await;
    let main = format!("{path}/branches/{}", text(&project, "/branch/id"));
    come_and_go(&api.emulator, &path, &main, before).await;
    let full = values(&api.emulator);
    come_and_go(&api.emulator, &path, &main, then).await;
    let later = values(&api.emulator);
    // Hours that are joined add a little.
    assert!(later <= full + full / 100, "{full} values grew to {later}");
}

#[tokio::test(start_paused = true)]
async fn memory_stays_flat() {
    stays_flat(1_200, 200).await;
}

/// Takes minutes in a debug build: the nightly job runs it.
#[tokio::test(start_paused = true)]
#[ignore = "slow"]
async fn memory_stays_flat_over_a_hundred_thousand() {
    stays_flat(2_000, 25_000).await;
}

#[tokio::test(start_paused = true)]
async fn deleted_branches_are_forgotten_after_their_recovery_time() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let branch = api
        .branch(&path, json!({ "branch": { "name": "gone" } }))
        .await;
    let branch = format!("{path}/branches/{}", text(&branch, "/branch/id"));
    api.delete(&branch).await.expect(200);
    let deleted = async || {
        let list = format!("{path}/branches?include_deleted=true&search=gone");
        let list = api.get(&list).await.expect(200);
        list["branches"].as_array().unwrap().len()
    };
    advance(6 * DAY + Duration::from_secs(86_399)).await;
    assert_eq!(deleted().await, 1);
    advance(Duration::from_secs(1)).await;
    assert_eq!(deleted().await, 0);
}

/// Not before the response that names them.
#[tokio::test(start_paused = true)]
async fn no_bound_is_too_low() {
    let builder = Emulator::builder().operation_latency(NONE);
    let api = Api::of(builder.keep_operations(0).build());
    let (project, path) = api.project_path().await;
    assert_eq!(project["operations"].as_array().unwrap().len(), 2);
    let body = json!({ "endpoints": [{ "type": "read_write" }, { "type": "read_only" }] });
    let branch = api.branch(&path, body).await;
    assert_eq!(branch["operations"].as_array().unwrap().len(), 3);
    let branch = format!("{path}/branches/{}", text(&branch, "/branch/id"));
    let deleted = api.delete(&branch).await.expect(200);
    assert_eq!(deleted["operations"].as_array().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn operations_are_forgotten_after_half_a_year_or_beyond_a_bound() {
    let builder = Emulator::builder().operation_latency(NONE);
    let api = Api::of(builder.keep_operations(3).build());
    let (project, path) = api.project_path().await;
    let actions = async || {
        let all = api.get(&format!("{path}/operations")).await.expect(200);
        let all = each(&all["operations"], "action").into_iter();
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(actions().await, ["start_compute", "create_timeline"]);
    let main = format!("{path}/branches/{}", text(&project, "/branch/id"));
    for name in ["a", "b"] {
        let role = json!({ "role": { "name": name } });
        let made = api.post(&format!("{main}/roles"), role).await.expect(201);
        // What is forgotten does not mix up what a response names.
        assert_eq!(each(&made["operations"], "action"), ["apply_config"]);
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(
        actions().await,
        ["apply_config", "apply_config", "start_compute"]
    );
    let first = text(&project, "/operations/0/id");
    let forgotten = api.get(&format!("{path}/operations/{first}")).await;
    forgotten.refused(404, "operation not found");
    // The compute fell idle by itself, five minutes after its start.
    advance(183 * DAY).await;
    assert_eq!(actions().await, ["suspend_compute"]);
    advance(DAY).await;
    assert!(actions().await.is_empty());
}

/// The oldest of a thousand makes room: what is deleted again is then unknown, not gone already.
#[tokio::test(start_paused = true)]
async fn of_a_thousand_deleted_ones_the_oldest_is_forgotten() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let mut paths = Vec::new();
    for _ in 0..=1_000 {
        let branch = api.branch(&path, json!({})).await;
        let branch = format!("{path}/branches/{}", text(&branch, "/branch/id"));
        api.delete(&branch).await.expect(200);
        paths.push(branch);
    }
    assert_eq!(api.delete(&paths[0]).await.status, 404);
    assert_eq!(api.delete(&paths[1000]).await.status, 204);
    let list = format!("{path}/branches?include_deleted=true&limit=10000");
    let all = api.get(&list).await.expect(200);
    let all = all["branches"].as_array().unwrap().len();
    assert_eq!(all, 1_001, "with main");
}
