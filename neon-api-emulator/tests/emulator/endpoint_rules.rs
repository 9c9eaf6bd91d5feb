//! What endpoints, roles and databases may and may not do, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use neon_api_emulator::{Emulator, Limits, OperationFault};
use serde_json::{Value, json};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn endpoints_fall_idle() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (project, path) = api.project_path().await;
    let endpoint = format!("{path}/endpoints/{}", text(&project, "/endpoints/0/id"));
    let state = async || {
        let shown = api.get(&endpoint).await.expect(200);
        text(&shown, "/endpoint/current_state").to_owned()
    };
    advance(299 * SECOND).await;
    assert_eq!(state().await, "active");
    advance(SECOND).await;
    assert_eq!(state().await, "idle", "after the default of five minutes");
    let operations = api.get(&format!("{path}/operations")).await.expect(200);
    assert_eq!(text(&operations, "/operations/0/action"), "suspend_compute");
    let at = text(&operations, "/operations/0/created_at");
    assert_eq!(
        at, "2025-09-10T12:05:00Z",
        "when it was due, not when it was seen"
    );

    let never = json!({ "endpoint": { "suspend_timeout_seconds": -1 } });
    api.patch(&endpoint, never).await.expect(200);
    api.post(&format!("{endpoint}/start"), Value::Null)
        .await
        .expect(200);
    advance(100_000 * SECOND).await;
    assert_eq!(state().await, "active");
    let soon = json!({ "endpoint": { "suspend_timeout_seconds": 60 } });
    api.patch(&endpoint, soon).await.expect(200);
    assert_eq!(state().await, "idle", "it is long overdue");
    let shown = api.get(&path).await.expect(200);
    assert_eq!(shown["project"]["active_time_seconds"], 100_300);
    assert_eq!(
        shown["project"]["compute_time_seconds"], 25_075,
        "a quarter of a unit"
    );
}

#[tokio::test(start_paused = true)]
async fn sizes_have_bounds() {
    let mut limits = Limits::default();
    limits.compute_units = Some(4.0);
    let api = Api::of(
        Emulator::builder()
            .limits(limits)
            .operation_latency(Duration::ZERO..=Duration::ZERO)
            .build(),
    );
    let (project, path) = api.project_path().await;
    let endpoint = format!("{path}/endpoints/{}", text(&project, "/endpoints/0/id"));
    let set = async |low: f64, high: f64| {
        let body = json!({ "endpoint": {
            "autoscaling_limit_min_cu": low, "autoscaling_limit_max_cu": high,
        }});
        api.patch(&endpoint, body).await
    };
    set(1.0, 4.0).await.expect(200);
    set(2.0, 1.0)
        .await
        .refused(400, "autoscaling_limit_min_cu: must not be above");
    set(1.0, 8.0)
        .await
        .refused(422, "autoscaling_limit_max_cu: at most 4");
    let shown = api.get(&endpoint).await.expect(200);
    assert_eq!(
        shown["endpoint"]["autoscaling_limit_max_cu"], 4.0,
        "nothing changed"
    );
    let one = json!({ "endpoint": {
        "branch_id": project["branch"]["id"], "type": "read_only", "autoscaling_limit_min_cu": 2,
    }});
    let made = api
        .post(&format!("{path}/endpoints"), one)
        .await
        .expect(201);
    assert_eq!(made["endpoint"]["autoscaling_limit_max_cu"], 2.0);
}

#[tokio::test(start_paused = true)]
async fn disabled_endpoints_do_not_start() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let endpoint = format!("{path}/endpoints/{}", text(&project, "/endpoints/0/id"));
    let disable = |disabled: bool| json!({ "endpoint": { "disabled": disabled } });
    let disabled = api.patch(&endpoint, disable(true)).await.expect(200);
    assert_eq!(each(&disabled["operations"], "action"), ["suspend_compute"]);
    let start = format!("{endpoint}/start");
    api.post(&start, Value::Null).await.refused(422, "disabled");
    api.patch(&endpoint, disable(false)).await.expect(200);
    api.post(&start, Value::Null).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn quotas_stop_computes() {
    let api = Api::instant();
    let body = json!({ "project": { "settings": { "quota": { "active_time_seconds": 120 } } } });
    let made = api.post("/projects", body).await.expect(201);
    let path = format!("/projects/{}", text(&made, "/project/id"));
    let endpoint = format!("{path}/endpoints/{}", text(&made, "/endpoints/0/id"));
    let (start, suspend) = (format!("{endpoint}/start"), format!("{endpoint}/suspend"));
    advance(100 * SECOND).await;
    api.post(&suspend, Value::Null).await.expect(200);
    api.post(&start, Value::Null).await.expect(200);
    advance(20 * SECOND).await;
    api.post(&suspend, Value::Null).await.expect(200);
    api.post(&start, Value::Null)
        .await
        .exceeds("COMPUTE_TIME_EXCEEDED");
    let set = |seconds: u64| {
        let quota = json!({ "active_time_seconds": seconds });
        json!({ "project": { "settings": { "quota": quota } } })
    };
    api.patch(&path, set(130)).await.expect(200);
    api.post(&start, Value::Null).await.expect(200);
    advance(10 * SECOND).await;
    let shown = api.get(&endpoint).await.expect(200);
    assert_eq!(
        text(&shown, "/endpoint/current_state"),
        "idle",
        "it was stopped"
    );
    let more = set(0);
    api.patch(&path, more).await.expect(200);
    api.post(&start, Value::Null).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn names_are_reserved() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    for name in ["pg_mine", "neon_superuser", "public"] {
        let body = json!({ "role": { "name": name } });
        let refused = api.post(&format!("{branch}/roles"), body).await;
        refused.refused(422, "is reserved");
    }
    let databases = format!("{branch}/databases");
    let body = json!({ "database": { "name": "postgres", "owner_name": "neondb_owner" } });
    api.post(&databases, body).await.refused(422, "is reserved");
    let rename = json!({ "database": { "name": "template1" } });
    let refused = api.patch(&format!("{databases}/neondb"), rename).await;
    refused.refused(422, "is reserved");
}

#[tokio::test(start_paused = true)]
async fn passwords_follow_resets() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let uri = format!("{path}/connection_uri?role_name=neondb_owner&database_name=neondb");
    let old = text(&project, "/roles/0/password");
    let before = api.get(&uri).await.expect(200);
    assert!(text(&before, "/uri").contains(old));
    let reset = format!("{branch}/roles/neondb_owner/reset_password");
    let reset = api.post(&reset, Value::Null).await.expect(200);
    let after = api.get(&uri).await.expect(200);
    assert!(text(&after, "/uri").contains(text(&reset, "/role/password")));
    assert!(!text(&after, "/uri").contains(old));

    let body = json!({ "role": { "name": "group", "no_login": true } });
    api.post(&format!("{branch}/roles"), body).await.expect(201);
    let reveal = format!("{branch}/roles/group/reveal_password");
    api.get(&reveal).await.refused(412, "has no password");
    let uri = format!("{path}/connection_uri?role_name=group&database_name=neondb");
    api.get(&uri).await.refused(412, "has no password");
}

#[tokio::test(start_paused = true)]
async fn what_fails_has_no_effect() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let endpoint = format!("{path}/endpoints/{}", text(&project, "/endpoints/0/id"));
    let state = async || {
        let shown = api.get(&endpoint).await.expect(200);
        text(&shown, "/endpoint/current_state").to_owned()
    };
    let post = async |what: &str| {
        let made = api.post(&format!("{endpoint}/{what}"), Value::Null).await;
        made.expect(200)
    };
    let faults = api.emulator.faults();
    faults.inject_operation(OperationFault::fail("no").on("suspend_compute"));
    let suspended = post("suspend").await;
    assert_eq!(each(&suspended["operations"], "status"), ["failed"]);
    assert_eq!(state().await, "active");
    post("suspend").await;
    assert_eq!(state().await, "idle");
    faults.inject_operation(OperationFault::cancel().on("start_compute"));
    post("start").await;
    assert_eq!(state().await, "idle");
    post("start").await;
    assert_eq!(state().await, "active");

    faults.inject_operation(OperationFault::error("no").on("create_branch"));
    let made = api.branch(&path, json!({})).await;
    assert_eq!(text(&made, "/branch/current_state"), "init");
    let id = text(&made, "/branch/id");
    let body = json!({ "endpoint": { "branch_id": id, "type": "read_write" } });
    let refused = api.post(&format!("{path}/endpoints"), body).await;
    refused.refused(422, "branch not ready yet");
    let snapshot = format!("{path}/branches/{id}/snapshot");
    let refused = api.post(&snapshot, Value::Null).await;
    refused.refused(422, "branch not ready yet");
    api.delete(&format!("{path}/branches/{id}"))
        .await
        .expect(200);
}
