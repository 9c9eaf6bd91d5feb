//! Projects and their operations, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_project_is_made_as_the_api_makes_it() {
    let api = Api::with_latency(SECOND);
    let body = json!({ "project": {
        "name": "app", "region_id": "aws-eu-central-1", "pg_version": 16,
        "branch": { "name": "trunk", "role_name": "me", "database_name": "mine" },
    }});
    let made = api.post("/projects", body).await.expect(201);
    assert_eq!(made["project"]["pg_version"], 16);
    assert_eq!(made["project"]["region_id"], "aws-eu-central-1");
    assert_eq!(text(&made, "/branch/name"), "trunk");
    assert_eq!(text(&made, "/branch/current_state"), "init");
    assert_eq!(text(&made, "/branch/pending_state"), "ready");
    assert_eq!(text(&made, "/endpoints/0/current_state"), "init");
    assert_eq!(text(&made, "/endpoints/0/pending_state"), "active");
    assert_eq!(
        each(&made["operations"], "action"),
        ["create_timeline", "start_compute"]
    );
    assert_eq!(
        each(&made["operations"], "status"),
        ["running", "scheduling"]
    );
    let host = text(&made, "/endpoints/0/host");
    assert!(host.ends_with(".c-2.eu-central-1.aws.neon.tech"), "{host}");
    let password = text(&made, "/roles/0/password");
    assert_eq!(
        text(&made, "/connection_uris/0/connection_uri"),
        format!("postgresql://me:{password}@{host}/mine?sslmode=require")
    );

    let path = format!("/projects/{}", text(&made, "/project/id"));
    let statuses = async || {
        let all = api.get(&format!("{path}/operations")).await.expect(200);
        let all = each(&all["operations"], "status");
        all.into_iter().rev().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, ["running", "scheduling"]);
    advance(SECOND).await;
    assert_eq!(statuses().await, ["finished", "running"]);
    advance(SECOND).await;
    assert_eq!(statuses().await, ["finished", "finished"]);
    let branch = format!("{path}/branches/{}", text(&made, "/branch/id"));
    let branch = api.get(&branch).await.expect(200);
    assert_eq!(text(&branch, "/branch/current_state"), "ready");
    assert_eq!(branch["branch"].get("pending_state"), None);
    let operation = format!("{path}/operations/{}", text(&made, "/operations/1/id"));
    let operation = api.get(&operation).await.expect(200);
    assert_eq!(operation["operation"]["total_duration_ms"], 1000);
}

#[tokio::test(start_paused = true)]
async fn a_busy_project_is_locked_until_its_operations_have_run() {
    let api = Api::with_latency(SECOND);
    let (_, path) = api.project_path().await;
    let branches = format!("{path}/branches");
    let locked = api.post(&branches, json!({})).await;
    assert_eq!(locked.status, 423);
    assert_eq!(locked.body["code"], "");
    assert_eq!(
        locked.message(),
        "project already has running conflicting operations, scheduling of new ones is prohibited"
    );
    // What schedules nothing is not refused.
    let renamed = json!({ "project": { "name": "other" } });
    api.patch(&path, renamed).await.expect(200);
    advance(Duration::from_nanos(1_999_999_999)).await;
    assert_eq!(api.post(&branches, json!({})).await.status, 423);
    advance(Duration::from_nanos(1)).await;
    api.post(&branches, json!({})).await.expect(201);
    // The end of all does not wait.
    api.delete(&path).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn without_conflicts_only_operations_of_one_branch_queue_up() {
    let builder = Emulator::builder().conflicts(false);
    let api = Api::of(builder.operation_latency(SECOND..=SECOND).build());
    let (project, path) = api.project_path().await;
    let made = api.branch(&path, json!({})).await;
    assert_eq!(text(&made, "/operations/0/status"), "running");

    let roles = format!("{path}/branches/{}/roles", text(&project, "/branch/id"));
    let role = json!({ "role": { "name": "app" } });
    let made = api.post(&roles, role).await.expect(201);
    assert_eq!(text(&made, "/operations/0/status"), "scheduling");
    advance(2 * SECOND).await;
    let operation = format!("{path}/operations/{}", text(&made, "/operations/0/id"));
    let operation = api.get(&operation).await.expect(200);
    assert_eq!(text(&operation, "/operation/status"), "running");
}

#[tokio::test(start_paused = true)]
async fn projects_are_listed_page_by_page() {
    let api = Api::instant();
    let mut ids = Vec::new();
    for number in 0..25 {
        let made = api.project(&format!("app-{number}")).await;
        ids.insert(0, text(&made, "/project/id").to_owned());
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    let mut pages = 0;
    loop {
        let page = api.get(&format!("/projects?{cursor}")).await.expect(200);
        pages += 1;
        let Some(next) = page.pointer("/pagination/cursor") else {
            assert_eq!(page["projects"], json!([]));
            break;
        };
        found.extend(
            each(&page["projects"], "id")
                .iter()
                .map(|id| (*id).to_owned()),
        );
        // The cursor's project may be deleted meanwhile.
        let next = next.as_str().unwrap().to_owned();
        api.delete(&format!("/projects/{next}")).await.expect(200);
        cursor = format!("cursor={next}");
    }
    assert_eq!((found, pages), (ids, 4));
    let found = api
        .get("/projects?search=APP-1&limit=400")
        .await
        .expect(200);
    assert!(
        each(&found["projects"], "name")
            .iter()
            .all(|n| n.starts_with("app-1"))
    );
    assert_eq!(api.get("/projects?limit=401").await.status, 400);
    assert_eq!(api.get("/projects?org_id=org-none").await.status, 404);
    assert_eq!(api.get("/projects?cursor=none").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn operations_are_listed_newest_first() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    for _ in 0..4 {
        api.branch(&path, json!({})).await;
    }
    let mut actions = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api
            .get(&format!("{path}/operations?limit=4{cursor}"))
            .await
            .expect(200);
        actions.extend(
            each(&page["operations"], "action")
                .iter()
                .map(|a| (*a).to_owned()),
        );
        let Some(next) = page.pointer("/pagination/cursor").and_then(Value::as_str) else {
            break;
        };
        cursor = format!("&cursor={}", next.replace(':', "%3A"));
    }
    let mut expected = vec!["create_branch"; 4];
    expected.extend(["start_compute", "create_timeline"]);
    assert_eq!(actions, expected);
    let never = format!("{path}/operations/00000000-0000-4000-8000-000000000000");
    assert_eq!(api.get(&never).await.status, 404);
    assert_eq!(
        api.get(&format!("{path}/operations/not-a-uuid"))
            .await
            .status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn projects_change_and_go() {
    let api = Api::instant();
    let body = json!({ "project": { "store_passwords": false } });
    let made = api.post("/projects", body).await.expect(201);
    let path = format!("/projects/{}", text(&made, "/project/id"));
    let shown = api.get(&path).await.expect(200);
    assert_eq!(text(&shown, "/project/name"), text(&shown, "/project/id"));
    let role = format!(
        "{path}/branches/{}/roles/neondb_owner/reveal_password",
        text(&made, "/branch/id")
    );
    assert_eq!(api.get(&role).await.status, 412);
    let body =
        json!({ "project": { "name": "new", "settings": { "enable_logical_replication": true } } });
    let changed = api.patch(&path, body).await.expect(200);
    assert_eq!(text(&changed, "/project/name"), "new");
    assert_eq!(
        changed["project"]["settings"]["enable_logical_replication"],
        true
    );
    assert_eq!(changed["project"]["settings"]["hipaa"], false);
    assert_eq!(each(&changed["operations"], "action"), ["apply_config"]);
    api.delete(&path).await.expect(200);
    assert_eq!(api.delete(&path).await.status, 404);
    assert_eq!(api.get(&path).await.status, 404);
}
