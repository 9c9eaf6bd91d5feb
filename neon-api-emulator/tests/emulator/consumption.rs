//! Consumption is worked out from what happened, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use neon_api_emulator::{Emulator, Limits};
use serde_json::{Value, json};
use tokio::time::advance;

const HOUR: Duration = Duration::from_secs(3600);
const ORG: &str = "org-ocean-art-12345678";

#[tokio::test(start_paused = true)]
async fn computes_are_charged_while_they_run() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let body = json!({ "project": { "default_endpoint_settings": {
        "autoscaling_limit_min_cu": 1, "autoscaling_limit_max_cu": 1, "suspend_timeout_seconds": 5400,
    }}});
    let made = api.post("/projects", body).await.expect(201);
    let path = format!("/projects/{}", text(&made, "/project/id"));
    advance(3 * HOUR).await;
    let branch = text(&made, "/branch/id");
    let child = api.branch(&path, json!({})).await;

    let range = "from=2025-09-10T12:00:00Z&to=2025-09-10T15:00:00Z&granularity=hourly";
    let shown = api
        .get(&format!("/consumption_history/projects?{range}"))
        .await
        .expect(200);
    let frames = &shown["projects"][0]["periods"][0]["consumption"];
    assert_eq!(
        each(frames, "timeframe_start"),
        [
            "2025-09-10T12:00:00Z",
            "2025-09-10T13:00:00Z",
            "2025-09-10T14:00:00Z"
        ]
    );
    let column = |frames: &Value, name: &str| -> Vec<i64> {
        let frames = frames.as_array().unwrap().iter();
        frames.map(|frame| frame[name].as_i64().unwrap()).collect()
    };
    assert_eq!(column(frames, "active_time_seconds"), [3600, 1800, 0]);
    assert_eq!(column(frames, "compute_time_seconds"), [3600, 1800, 0]);

    let metrics =
        format!("org_id={ORG}&metrics=compute_unit_seconds&metrics=root_branch_bytes_month,other");
    let daily = "from=2025-09-10T00:00:00Z&to=2025-09-11T00:00:00Z&granularity=daily";
    let v2 = format!("/consumption_history/v2/projects?{daily}&{metrics}");
    let shown = api.get(&v2).await.expect(200);
    let values = &shown["projects"][0]["periods"][0]["consumption"][0]["metrics"];
    assert_eq!(
        each(values, "metric_name"),
        ["compute_unit_seconds", "root_branch_bytes_month", "other"]
    );
    // A root of 30,842,880 bytes for 3 of 720 hours.
    assert_eq!(column(values, "value"), [5400, 30_842_880 * 3 / 720, 0]);

    let id = text(&made, "/project/id");
    let of = format!("/consumption_history/v2/branches?{daily}&{metrics}&project_ids={id}");
    let all = api.get(&of).await.expect(200);
    assert_eq!(
        each(&all["branches"], "branch_id"),
        [branch, text(&child, "/branch/id")]
    );
    let first = api.get(&format!("{of}&limit=1")).await.expect(200);
    assert_eq!(text(&first, "/pagination/cursor"), branch);
    let rest = api.get(&format!("{of}&cursor={branch}")).await.expect(200);
    assert_eq!(rest["branches"], json!([all["branches"][1]]));
    let end = text(&rest, "/pagination/cursor");
    let end = api.get(&format!("{of}&cursor={end}")).await.expect(200);
    assert_eq!(end, json!({ "branches": [] }));
    assert_eq!(api.get(&of).await.expect(200), all, "the same again");
}

#[tokio::test(start_paused = true)]
async fn ranges_are_checked() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let ask = async |query: &str| {
        api.get(&format!("/consumption_history/projects?{query}"))
            .await
    };
    let wrong = ask("from=2025-09-10T12:00:00Z&to=2025-09-10T12:00:00Z&granularity=hourly");
    wrong.await.refused(400, "from: must be before to");
    let old = ask("from=2025-09-03T11:59:59Z&to=2025-09-10T12:00:00Z&granularity=hourly");
    old.await
        .refused(406, "specified date-time range start is outside");
    let edge = ask("from=2025-09-03T12:00:00Z&to=2025-09-10T12:00:00Z&granularity=hourly");
    edge.await.expect(200);
    let old = ask("from=2025-07-12T00:00:00Z&to=2025-07-13T00:00:00Z&granularity=daily");
    old.await
        .refused(406, "specified date-time range start is outside");
    let old = ask("from=2024-09-01T00:00:00Z&to=2025-09-10T12:00:00Z&granularity=monthly");
    old.await
        .refused(406, "specified date-time range start is outside");
    let long = ask("from=2025-09-10T12:00:00Z&to=2025-09-20T12:00:00Z&granularity=hourly");
    long.await.refused(406, "to: at most 168 frames");
    let wrong = ask("from=2025-08-10T12:00:00Z&to=2025-09-10T12:00:00Z&granularity=weekly");
    wrong.await.refused(400, "granularity: must be one of");
    let monthly = "from=2025-01-31T12:00:00Z&to=2025-12-01T00:00:00Z&granularity=monthly";
    api.project("app").await;
    let shown = ask(monthly).await.expect(200);
    let frames = &shown["projects"][0]["periods"][0]["consumption"];
    let starts = each(frames, "timeframe_start");
    assert_eq!(
        starts,
        ["2025-09-01T00:00:00Z"],
        "none of the future, nor before the project"
    );
    advance(60 * 24 * HOUR).await;
    let shown = ask(monthly).await.expect(200);
    let frames = &shown["projects"][0]["periods"][0]["consumption"];
    assert_eq!(each(frames, "timeframe_start").len(), 3);
    let other = format!("{monthly}&org_id=org-none");
    ask(&other).await.refused(404, "organization not found");
}

#[tokio::test(start_paused = true)]
async fn a_plan_may_be_without_it() {
    let mut limits = Limits::default();
    limits.no_consumption_history = true;
    let api = Api::of(Emulator::builder().limits(limits).build());
    let range = "from=2025-09-10T12:00:00Z&to=2025-09-10T15:00:00Z&granularity=hourly";
    for path in ["projects", "v2/projects", "v2/branches"] {
        let metrics = format!("org_id={ORG}&metrics=compute_unit_seconds&project_ids=p");
        let path = format!("/consumption_history/{path}?{range}&{metrics}");
        api.get(&path)
            .await
            .refused(403, "not available on the plan");
    }
    assert!(Limits::free_plan().no_consumption_history);
}
