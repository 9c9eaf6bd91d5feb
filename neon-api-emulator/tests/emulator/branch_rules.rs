//! What branches may and may not do, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::time::advance;

const HOUR: Duration = Duration::from_secs(3600);

fn branch(value: impl Into<Value>) -> Value {
    let value = value.into();
    json!({ "branch": value })
}

#[tokio::test(start_paused = true)]
async fn parents_are_named_by_position_or_time() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (project, path) = api.project_path().await;
    let roles = format!("{path}/branches/{}/roles", text(&project, "/branch/id"));
    advance(HOUR).await;
    let role = json!({ "role": { "name": "late" } });
    api.post(&roles, role).await.expect(201);
    let late = json!({ "database": { "name": "late", "owner_name": "late" } });
    let databases = roles.replace("/roles", "/databases");
    api.post(&databases, late).await.expect(201);

    let then = json!({ "parent_timestamp": "2025-09-10T12:30:00Z" });
    let made = api.branch(&path, branch(then)).await;
    let at = text(&made, "/branch/parent_timestamp");
    assert_eq!(at, "2025-09-10T12:30:00Z");
    assert_eq!(each(&made["roles"], "name"), ["neondb_owner"], "as of then");
    assert_eq!(each(&made["databases"], "name"), ["neondb"]);
    let lsn = json!({ "parent_lsn": "0/1DE2850" });
    let made = api.branch(&path, branch(lsn)).await;
    assert_eq!(text(&made, "/branch/parent_lsn"), "0/1DE2850");
    assert_eq!(each(&made["roles"], "name"), ["neondb_owner", "late"]);
    assert_eq!(each(&made["databases"], "name"), ["neondb", "late"]);

    let branches = format!("{path}/branches");
    let ask = async |value: Value| api.post(&branches, branch(value)).await;
    let both = json!({ "parent_lsn": "0/1", "parent_timestamp": "2025-09-10T12:30:00Z" });
    ask(both).await.refused(400, "branch.parent_lsn: must not");
    let wrong = ask(json!({ "parent_lsn": "near the end" })).await;
    wrong.refused(400, "branch.parent_lsn: must be a log sequence number");
    let early = ask(json!({ "parent_timestamp": "2025-09-10T11:59:59Z" })).await;
    early.refused(
        422,
        "branch.parent_timestamp: is before the project's history",
    );
    let late = ask(json!({ "parent_timestamp": "2025-09-10T13:00:01Z" })).await;
    late.refused(400, "branch.parent_timestamp: must not be in the future");
    advance(25 * HOUR).await;
    let old = ask(json!({ "parent_timestamp": "2025-09-10T13:30:00Z" })).await;
    old.refused(422, "history");
}

#[tokio::test(start_paused = true)]
async fn expiry_has_rules() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (_, path) = api.project_path().await;
    let branches = format!("{path}/branches");
    let past = branch(json!({ "expires_at": "2025-09-10T11:00:00Z" }));
    api.post(&branches, past)
        .await
        .refused(400, "branch.expires_at: must be in the future");
    let soon = "2025-09-10T13:00:00Z";
    let both = branch(json!({ "expires_at": soon, "protected": true }));
    api.post(&branches, both)
        .await
        .refused(422, "protected branch cannot expire");

    let parent = api.branch(&path, branch(json!({ "name": "p" }))).await;
    let parent_id = text(&parent, "/branch/id");
    let parent = format!("{branches}/{parent_id}");
    let child = branch(json!({ "parent_id": parent_id, "expires_at": soon }));
    let child = api.branch(&path, child).await;
    let child = format!("{branches}/{}", text(&child, "/branch/id"));
    let expires = branch(json!({ "expires_at": soon }));
    let refused = api.patch(&parent, expires.clone()).await;
    refused.refused(422, "has children cannot expire");
    let protect = branch(json!({ "protected": true }));
    api.patch(&child, protect)
        .await
        .refused(422, "protected branch cannot expire");

    advance(HOUR).await;
    assert_eq!(api.get(&child).await.status, 404);
    let deleted = api
        .get(&format!("{path}/operations?limit=1"))
        .await
        .expect(200);
    assert_eq!(text(&deleted, "/operations/0/action"), "delete_timeline");
    assert_eq!(text(&deleted, "/operations/0/created_at"), soon, "on time");

    let later = branch(json!({ "expires_at": "2025-09-10T14:00:00Z" }));
    api.patch(&parent, later).await.expect(200);
    let default = format!("{parent}/set_as_default");
    api.post(&default, Value::Null).await.expect(200);
    advance(2 * HOUR).await;
    api.get(&parent).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn schema_only_branches_are_roots() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let branches = format!("{path}/branches");
    let wrong = branch(json!({ "init_source": "nothing" }));
    api.post(&branches, wrong)
        .await
        .refused(400, "branch.init_source: must be one of");
    let body = branch(json!({ "name": "s", "init_source": "schema-only" }));
    let made = api.branch(&path, body).await;
    assert_eq!(made["branch"].get("parent_id"), None);
    assert_eq!(text(&made, "/branch/init_source"), "schema-only");
    assert_eq!(each(&made["roles"], "name"), ["neondb_owner"]);
    let id = text(&made, "/branch/id");
    api.delete(&format!("{branches}/{id}")).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn roots_stay() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let root = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let dev = api.branch(&path, json!({})).await;
    let dev = format!("{path}/branches/{}", text(&dev, "/branch/id"));
    api.delete(&root)
        .await
        .refused(422, "cannot delete the default branch");
    api.post(&format!("{dev}/set_as_default"), Value::Null)
        .await
        .expect(200);
    api.delete(&root).await.refused(422, "has children");
    let change = branch(json!({ "protected": true }));
    api.patch(&root, change).await.expect(200);
    api.delete(&root).await.refused(422, "protected");
    api.delete(&dev).await.refused(422, "default");
}

#[tokio::test(start_paused = true)]
async fn deleted_branches_are_shown_on_request() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (_, path) = api.project_path().await;
    let list = format!("{path}/branches?sort_by=name&sort_order=asc");
    for (name, expires) in [("a", None), ("b", Some("2025-09-10T13:00:00Z"))] {
        let mut body = json!({ "name": name });
        if let Some(at) = expires {
            body["expires_at"] = json!(at);
        }
        let made = api.branch(&path, branch(body)).await;
        if expires.is_none() {
            let path = format!("{path}/branches/{}", text(&made, "/branch/id"));
            api.delete(&path).await.expect(200);
        }
    }
    advance(HOUR).await;
    let live = api.get(&list).await.expect(200);
    assert_eq!(each(&live["branches"], "name"), ["main"]);
    let all = format!("{list}&include_deleted=true");
    let page = api.get(&format!("{all}&limit=2")).await.expect(200);
    assert_eq!(each(&page["branches"], "name"), ["a", "b"]);
    assert_eq!(page["branches"][0]["recovery"]["deletion_method"], "user");
    let recovery = &page["branches"][1]["recovery"];
    assert_eq!(recovery["deletion_method"], "ttl");
    assert_eq!(recovery["deleted_at"], "2025-09-10T13:00:00Z");
    assert_eq!(recovery["recoverable_until"], "2025-09-17T13:00:00Z");
    let next = text(&page, "/pagination/next");
    let rest = api.get(&format!("{all}&cursor={next}")).await.expect(200);
    assert_eq!(each(&rest["branches"], "name"), ["main"]);
    // The name is free again, and after a week nothing is left.
    api.branch(&path, branch(json!({ "name": "a" }))).await;
    advance(7 * 24 * HOUR).await;
    let all = api.get(&all).await.expect(200);
    assert_eq!(each(&all["branches"], "name"), ["a", "main"]);
}

#[tokio::test(start_paused = true)]
async fn a_branch_goes_back_in_time() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (project, path) = api.project_path().await;
    let id = text(&project, "/branch/id");
    let main = format!("{path}/branches/{id}");
    advance(HOUR).await;
    let late = json!({ "database": { "name": "late", "owner_name": "neondb_owner" } });
    api.post(&format!("{main}/databases"), late)
        .await
        .expect(201);
    let restore = format!("{main}/restore");
    let mut body = json!({ "source_branch_id": id, "source_timestamp": "2025-09-10T12:10:00Z" });
    let refused = api.post(&restore, body.clone()).await;
    refused.refused(422, "preserve_under_name");
    body["preserve_under_name"] = json!("main");
    api.post(&restore, body.clone())
        .await
        .refused(409, "already exists");
    body["preserve_under_name"] = json!("main_old");
    body["source_lsn"] = json!("0/1");
    api.post(&restore, body.clone())
        .await
        .refused(400, "source_lsn: must not");
    body.as_object_mut().unwrap().remove("source_lsn");
    let restored = api.post(&restore, body).await.expect(200);
    let actions = each(&restored["operations"], "action");
    assert_eq!(actions, ["create_branch"], "the compute is idle");
    let names = async |branch: &str| {
        let all = api
            .get(&format!("{path}/branches/{branch}/databases"))
            .await;
        let all = all.expect(200);
        each(&all["databases"], "name").join(" ")
    };
    assert_eq!(names(id).await, "neondb");
    assert_eq!(
        names(text(&restored, "/branch/parent_id")).await,
        "neondb late"
    );
}

#[tokio::test(start_paused = true)]
async fn schemas_are_shown_and_compared() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let dev = api.branch(&path, branch(json!({ "name": "dev" }))).await;
    let dev = format!("{path}/branches/{}", text(&dev, "/branch/id"));
    let schema = format!("{dev}/schema?db_name=neondb");
    let shown = api.get(&schema).await.expect(200);
    assert!(text(&shown, "/sql").contains("OWNER TO \"neondb_owner\";\n"));
    let shown = api.get(&format!("{schema}&format=json")).await.expect(200);
    assert_eq!(shown, json!({ "json": { "tables": [] } }));
    api.get(&format!("{schema}&format=xml"))
        .await
        .refused(400, "format: must be one of");
    let missing = api.get(&format!("{dev}/schema?db_name=none")).await;
    missing.refused(404, "database not found");

    let compare = format!("{dev}/compare_schema?db_name=neondb");
    assert_eq!(api.get(&compare).await.expect(200), json!({ "diff": "" }));
    let role = json!({ "role": { "name": "other" } });
    api.post(&format!("{dev}/roles"), role).await.expect(201);
    let owner = json!({ "database": { "owner_name": "other" } });
    api.patch(&format!("{dev}/databases/neondb"), owner)
        .await
        .expect(200);
    let diff = api.get(&compare).await.expect(200);
    assert_eq!(
        text(&diff, "/diff"),
        "--- a\n+++ b\n@@ -5,7 +5,7 @@\n SET client_encoding = 'UTF8';\n \
         SET standard_conforming_strings = on;\n \n\
         -ALTER SCHEMA public OWNER TO \"neondb_owner\";\n\
         +ALTER SCHEMA public OWNER TO \"other\";\n \n --\n \
         -- PostgreSQL database dump complete\n"
    );
}

#[tokio::test(start_paused = true)]
async fn archived_branches_wake_up() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let made = api.branch(&path, branch(json!({ "archived": true }))).await;
    assert_eq!(text(&made, "/branch/current_state"), "archived");
    let id = text(&made, "/branch/id");
    let body = json!({ "endpoint": { "branch_id": id, "type": "read_write" } });
    let endpoint = api
        .post(&format!("{path}/endpoints"), body)
        .await
        .expect(201);
    assert_eq!(
        each(&endpoint["operations"], "action"),
        ["timeline_unarchive", "start_compute"]
    );
    let shown = api.get(&format!("{path}/branches/{id}")).await.expect(200);
    assert_eq!(text(&shown, "/branch/current_state"), "ready");
}

/// What is not ready yet is refused where it would not be locked anyway.
#[tokio::test(start_paused = true)]
async fn a_branch_must_be_ready() {
    let builder = Emulator::builder().conflicts(false);
    let latency = Duration::from_secs(1);
    let api = Api::of(builder.operation_latency(latency..=latency).build());
    let (_, path) = api.project_path().await;
    let made = api.branch(&path, json!({})).await;
    let id = text(&made, "/branch/id");
    let body = json!({ "endpoint": { "branch_id": id, "type": "read_write" } });
    let endpoints = format!("{path}/endpoints");
    api.post(&endpoints, body.clone())
        .await
        .refused(422, "branch not ready yet");
    advance(latency).await;
    api.post(&endpoints, body).await.expect(201);
}
