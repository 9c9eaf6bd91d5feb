//! What branches take over, and what responses say of it.

use neon_api_emulator::Fault;
use serde_json::{Value, json};

use crate::support::{Api, text};

/// A second database or role leaves open which the URI should be of.
#[tokio::test]
async fn connection_uris_are_absent_if_there_are_several() {
    let database = json!({ "database": { "name": "b", "owner_name": "neondb_owner" } });
    let role = json!({ "role": { "name": "b" } });
    for (what, body) in [("databases", database), ("roles", role)] {
        let api = Api::instant();
        let (project, path) = api.project_path().await;
        let with_compute = |name: &str| json!({ "branch": { "name": name }, "endpoints": [{ "type": "read_write" }] });
        let one = api.branch(&path, with_compute("one")).await;
        assert_eq!(one["connection_uris"].as_array().unwrap().len(), 1);
        let main = format!("{path}/branches/{}", text(&project, "/branch/id"));
        let more = api.post(&format!("{main}/{what}"), body).await;
        more.expect(201);
        let several = api.branch(&path, with_compute("several")).await;
        assert_eq!(several.get("connection_uris"), None, "{what}");
    }
}

#[tokio::test]
async fn credentials_functions_and_buckets_are_inherited() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let main = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let bucket = json!({ "name": "files" });
    api.post(&format!("{main}/buckets"), bucket)
        .await
        .expect(201);
    let credential = json!({ "principal_type": "user", "scopes": ["storage:read"] });
    let made = api.post(&format!("{main}/credentials"), credential).await;
    assert!(made.status < 300, "{}", made.body);
    let child = api.branch(&path, json!({})).await;
    let child = format!("{path}/branches/{}", text(&child, "/branch/id"));
    let count = async |of: &str, what: &str| {
        let all = api.get(&format!("{of}/{what}")).await.expect(200);
        all[what].as_array().unwrap().len()
    };
    assert_eq!(count(&child, "buckets").await, 1);
    assert_eq!(count(&child, "credentials").await, 1);
    // A copy: what the child does stays there.
    api.delete(&format!("{child}/buckets/files")).await;
    assert_eq!(count(&child, "buckets").await, 0);
    assert_eq!(count(&main, "buckets").await, 1);
    // A branch without its parent's data is no child.
    let bare = json!({ "branch": { "init_source": "schema-only" } });
    let bare = api.branch(&path, bare).await;
    let bare = format!("{path}/branches/{}", text(&bare, "/branch/id"));
    assert_eq!(count(&bare, "buckets").await, 0);
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let taken = json!({ "branch": { "name": "main" } });
    let taken = api.post(&format!("{path}/branches"), taken).await;
    assert_eq!(taken.status, 409);
    assert_eq!(taken.body["code"], "BRANCH_ALREADY_EXISTS");
    assert_eq!(
        taken.message(),
        "branch already exists; branch_name:\"main\""
    );
}

#[tokio::test]
async fn what_was_restored_over_is_old() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let mut branch = text(&project, "/branch/id").to_owned();
    for expected in ["main (old)", "main (old BRANCH)"] {
        let taken = format!("{path}/branches/{branch}/snapshot");
        let taken = api.post(&taken, Value::Null).await.expect(200);
        let snapshot = text(&taken, "/snapshot/id");
        let restore = format!("{path}/snapshots/{snapshot}/restore");
        let body = json!({ "finalize_restore": true });
        let made = api.post(&restore, body).await.expect(200);
        let old = format!("{path}/branches/{branch}");
        let old = api.get(&old).await.expect(200);
        let expected = expected.replace("BRANCH", &branch);
        assert_eq!(text(&old, "/branch/name"), expected);
        text(&made, "/branch/id").clone_into(&mut branch);
    }
}

/// The newer form has no cursor on the last page; the older one leads to an empty page.
#[tokio::test]
async fn the_last_page_of_branches_in_both_forms() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    api.branch(&path, json!({ "branch": { "name": "b" } }))
        .await;
    for order in ["asc", "desc"] {
        for by in ["name", "created_at", "updated_at"] {
            let list = format!("{path}/branches?sort_by={by}&sort_order={order}");
            let newer = api.get(&list).await.expect(200);
            assert_eq!(newer["pagination"].get("next"), None);

            let faults = api.emulator.faults();
            faults.inject(Fault::last_cursor().times(2));
            let older = api.get(&list).await.expect(200);
            assert_eq!(older["branches"], newer["branches"]);
            let next = text(&older, "/pagination/next");
            let empty = api.get(&format!("{list}&cursor={next}")).await.expect(200);
            assert_eq!(empty["branches"], json!([]), "{by} {order}");
            assert_eq!(empty["pagination"].get("next"), None);
            assert_eq!(faults.remaining(), 0);
        }
    }
}
