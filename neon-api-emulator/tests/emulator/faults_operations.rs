//! Operations that do not end well, in virtual time.

use std::time::Duration;

use neon_api_emulator::{Emulator, OperationFault};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::{Api, text};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

async fn operation(api: &Api, path: &str, answer: &Value) -> Value {
    let id = text(answer, "/operations/0/id");
    let shown = api.get(&format!("{path}/operations/{id}")).await;
    shown.expect(200)["operation"].clone()
}

#[tokio::test(start_paused = true)]
async fn operations_end_as_they_are_told_to() {
    let api = Api::with_latency(SECOND);
    let (_, path) = api.project_path().await;
    advance(2 * SECOND).await;
    for (fault, before, after) in [
        (OperationFault::fail("no"), "running", "failed"),
        (OperationFault::error("no"), "running", "error"),
        (OperationFault::cancel(), "cancelling", "cancelled"),
        (OperationFault::skip(), "running", "skipped"),
    ] {
        api.emulator
            .faults()
            .inject_operation(fault.on("create_branch"));
        let made = api.branch(&path, json!({})).await;
        assert_eq!(operation(&api, &path, &made).await["status"], before);
        advance(SECOND).await;
        let ended = operation(&api, &path, &made).await;
        assert_eq!(ended["status"], after);
        let told = matches!(after, "failed" | "error");
        assert_eq!(ended.get("error"), told.then(|| json!("no")).as_ref());
        assert_eq!(ended["failures_count"], i32::from(told));
    }
    assert_eq!(api.emulator.faults().remaining(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_operation_sticks() {
    let api = Api::with_latency(SECOND);
    let (_, path) = api.project_path().await;
    advance(2 * SECOND).await;
    let stuck = OperationFault::stick().on("create_branch");
    api.emulator.faults().inject_operation(stuck);
    let made = api
        .branch(&path, json!({ "endpoints": [{ "type": "read_write" }] }))
        .await;
    advance(400 * DAY).await;
    assert_eq!(operation(&api, &path, &made).await["status"], "running");
    let branch = format!("{path}/branches/{}", text(&made, "/branch/id"));
    let branch = api.get(&branch).await.expect(200);
    assert_eq!(text(&branch, "/branch/current_state"), "init");
    let next = text(&made, "/operations/1/id");
    let next = api
        .get(&format!("{path}/operations/{next}"))
        .await
        .expect(200);
    assert_eq!(text(&next, "/operation/status"), "scheduling");
    assert_eq!(
        api.post(&format!("{path}/branches"), json!({}))
            .await
            .status,
        423
    );
}

#[tokio::test(start_paused = true)]
async fn operations_fail_as_often_as_they_should() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let faults = api.emulator.faults();
    let status = async || {
        let made = api.branch(&path, json!({})).await;
        text(&made, "/operations/0/status").to_owned()
    };
    faults.inject_operation(OperationFault::fail("no").on("start_compute").always());
    faults.inject_operation(OperationFault::fail("no").after(1).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status().await);
    }
    assert_eq!(statuses, ["finished", "failed", "failed", "finished"]);
    faults.clear();
    faults.inject_operation(OperationFault::fail("no").probability(0.3).always());
    let mut failed = 0;
    for _ in 0..200 {
        failed += i32::from(status().await == "failed");
    }
    assert!((35..90).contains(&failed), "{failed}");
}

/// What is seeded is there, whatever goes wrong for requests.
#[tokio::test]
async fn what_is_seeded_does_not_fail() {
    let emulator = Emulator::builder().operation_latency(DAY..=DAY).build();
    emulator.faults().inject_operation(OperationFault::stick());
    let made = emulator.seed(|seed| seed.project("app")).unwrap();
    assert!(
        made.operations
            .iter()
            .all(|o| o.status.as_str() == "finished")
    );
    assert_eq!(emulator.faults().remaining(), 1);
}
