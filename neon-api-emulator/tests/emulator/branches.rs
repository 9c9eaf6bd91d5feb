//! Branches, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn branches_form_a_tree() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let main = text(&project, "/branch/id");
    let branches = format!("{path}/branches");

    let body = json!({
        "branch": { "name": "dev" },
        "endpoints": [{ "type": "read_write" }],
        "annotation_value": { "pr": "42" },
    });
    let dev = api.branch(&path, body.clone()).await;
    let dev_id = text(&dev, "/branch/id");
    assert_eq!(text(&dev, "/branch/parent_id"), main);
    assert_eq!(text(&dev, "/databases/0/name"), "neondb");
    assert_eq!(
        each(&dev["operations"], "action"),
        ["create_branch", "start_compute"]
    );
    let password = text(&project, "/roles/0/password");
    assert!(text(&dev, "/connection_uris/0/connection_uri").contains(password));

    assert_eq!(api.post(&branches, body).await.status, 409);
    let orphan = json!({ "branch": { "parent_id": "br-no-such-a1234567" } });
    assert_eq!(api.post(&branches, orphan).await.status, 404);

    let child = api
        .branch(&path, json!({ "branch": { "parent_id": dev_id } }))
        .await;
    let child_id = text(&child, "/branch/id");
    assert_eq!(
        text(&child, "/branch/name"),
        child_id,
        "the id is the default name"
    );
    assert_eq!(child["endpoints"], json!([]));
    assert_eq!(child.get("connection_uris"), None);

    let shown = api.get(&format!("{branches}/{dev_id}")).await.expect(200);
    assert_eq!(shown["annotation"]["value"], json!({ "pr": "42" }));
    let count = api.get(&format!("{branches}/count")).await.expect(200);
    assert_eq!(count, json!({ "count": 3 }));

    // Children first, and never the default.
    assert_eq!(
        api.delete(&format!("{branches}/{dev_id}")).await.status,
        422
    );
    assert_eq!(api.delete(&format!("{branches}/{main}")).await.status, 422);
    let gone = api
        .delete(&format!("{branches}/{child_id}"))
        .await
        .expect(200);
    assert_eq!(each(&gone["operations"], "action"), ["delete_timeline"]);
    let gone = api
        .delete(&format!("{branches}/{dev_id}"))
        .await
        .expect(200);
    assert_eq!(
        each(&gone["operations"], "action"),
        ["suspend_compute", "delete_timeline"]
    );
    assert_eq!(
        api.delete(&format!("{branches}/{dev_id}")).await.status,
        204
    );
    assert_eq!(
        api.delete(&format!("{branches}/br-never")).await.status,
        404
    );
    assert_eq!(api.get(&format!("{branches}/{dev_id}")).await.status, 404);
    let endpoints = api.get(&format!("{path}/endpoints")).await.expect(200);
    assert_eq!(endpoints["endpoints"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn branches_are_listed_page_by_page() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    for number in 0..7 {
        advance(SECOND).await;
        let name = format!("feature-{number}");
        let body = json!({ "branch": { "name": name }, "annotation_value": { "n": name } });
        api.branch(&path, body).await;
    }
    for (query, first) in [
        ("", "feature-6"),
        ("&sort_by=name&sort_order=asc", "feature-0"),
        ("&sort_by=created_at&sort_order=asc", "main"),
    ] {
        let mut names = Vec::new();
        let mut cursor = String::new();
        let mut pages = 0;
        loop {
            let page = format!("{path}/branches?limit=3{query}{cursor}");
            let page = api.get(&page).await.expect(200);
            let shown = each(&page["branches"], "name");
            names.extend(shown.iter().map(|name| (*name).to_owned()));
            pages += 1;
            match page["pagination"].get("next") {
                Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
                None => break,
            }
        }
        assert_eq!((names.len(), pages), (8, 3), "{query}");
        assert_eq!(names[0], first, "{query}");
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 8);
    }
    let found = api
        .get(&format!("{path}/branches?search=URE-3"))
        .await
        .expect(200);
    assert_eq!(each(&found["branches"], "name"), ["feature-3"]);
    assert_eq!(found["annotations"].as_object().unwrap().len(), 1);
    assert_eq!(
        found["pagination"],
        json!({ "sort_by": "updated_at", "sort_order": "DESC" })
    );
    for wrong in [
        "cursor=nonsense",
        "cursor=zz",
        "limit=0",
        "limit=x",
        "sort_by=size",
    ] {
        let answer = api.get(&format!("{path}/branches?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        let field = wrong.split_once('=').unwrap().0;
        assert!(answer.message().starts_with(field), "{}", answer.message());
    }
}

#[tokio::test(start_paused = true)]
async fn branches_change() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let main = text(&project, "/branch/id");
    let expires_at = "2100-01-01T00:00:00Z";
    let body = json!({ "branch": { "name": "dev", "expires_at": expires_at } });
    let dev = api.branch(&path, body).await;
    assert_eq!(text(&dev, "/branch/expires_at"), expires_at);
    let dev_id = text(&dev, "/branch/id");
    let dev = format!("{path}/branches/{dev_id}");

    let update = |branch: Value| json!({ "branch": branch });
    let kept = api
        .patch(&dev, update(json!({ "name": "stage" })))
        .await
        .expect(200);
    assert_eq!(text(&kept, "/branch/name"), "stage");
    assert_eq!(
        text(&kept, "/branch/expires_at"),
        expires_at,
        "absent leaves it"
    );
    let cleared = update(json!({ "expires_at": null }));
    let cleared = api.patch(&dev, cleared).await.expect(200);
    assert_eq!(cleared["branch"].get("expires_at"), None, "null clears it");
    let taken = api.patch(&dev, update(json!({ "name": "main" }))).await;
    assert_eq!(taken.status, 409);

    api.patch(&dev, update(json!({ "protected": true })))
        .await
        .expect(200);
    assert_eq!(api.delete(&dev).await.status, 422);
    assert_eq!(api.delete(&path).await.status, 422);
    let child = api
        .branch(
            &path,
            json!({ "branch": { "parent_id": dev_id }, "endpoints": [{ "type": "read_write" }] }),
        )
        .await;
    let uri = text(&child, "/connection_uris/0/connection_uri");
    assert!(
        !uri.contains(text(&project, "/roles/0/password")),
        "new passwords below protected branches"
    );
    api.patch(&dev, update(json!({ "protected": false })))
        .await
        .expect(200);

    let promoted = api
        .post(&format!("{dev}/set_as_default"), Value::Null)
        .await
        .expect(200);
    assert_eq!(promoted["branch"]["default"], true);
    let main = api
        .get(&format!("{path}/branches/{main}"))
        .await
        .expect(200);
    assert_eq!(main["branch"]["default"], false);
    let soon = update(json!({ "expires_at": expires_at }));
    assert_eq!(
        api.patch(&dev, soon).await.status,
        422,
        "the default branch cannot expire"
    );
}

#[tokio::test(start_paused = true)]
async fn expired_branches_disappear() {
    let start = "2025-09-10T12:00:00Z".parse().unwrap();
    let builder = Emulator::builder().start_time(start);
    let api = Api::of(
        builder
            .operation_latency(Duration::ZERO..=Duration::ZERO)
            .build(),
    );
    let (_, path) = api.project_path().await;
    let body = json!({ "branch": { "name": "dev", "expires_at": "2025-09-10T13:00:00+00:00" } });
    let dev = api.branch(&path, body).await;
    assert_eq!(dev["branch"]["ttl_interval_seconds"], 3600);
    assert_eq!(text(&dev, "/branch/created_at"), "2025-09-10T12:00:00Z");
    let dev = format!("{path}/branches/{}", text(&dev, "/branch/id"));
    advance(Duration::from_secs(3599)).await;
    api.get(&dev).await.expect(200);
    advance(SECOND).await;
    assert_eq!(api.get(&dev).await.status, 404);
    assert_eq!(api.delete(&dev).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn branches_are_restored() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let main_id = text(&project, "/branch/id");
    let dev = api
        .branch(&path, json!({ "branch": { "name": "dev" } }))
        .await;
    let dev_id = text(&dev, "/branch/id");
    let restore = format!("{path}/branches/{dev_id}/restore");
    let body = json!({ "source_branch_id": main_id });
    let restored = api.post(&restore, body).await.expect(200);
    assert!(restored["branch"]["last_reset_at"].is_string());
    let own = json!({ "source_branch_id": dev_id });
    assert_eq!(api.post(&restore, own).await.status, 422);
    let child = api
        .branch(&path, json!({ "branch": { "parent_id": dev_id } }))
        .await;
    let own = json!({ "source_branch_id": dev_id, "preserve_under_name": "dev_old" });
    let restored = api.post(&restore, own).await.expect(200);
    let backup = text(&restored, "/branch/parent_id");
    let child = format!("{path}/branches/{}", text(&child, "/branch/id"));
    let child = api.get(&child).await.expect(200);
    assert_eq!(text(&child, "/branch/parent_id"), backup);
    let backup = api
        .get(&format!("{path}/branches/{backup}"))
        .await
        .expect(200);
    assert_eq!(text(&backup, "/branch/name"), "dev_old");
    assert_eq!(text(&backup, "/branch/parent_id"), main_id);
    let unknown = json!({ "source_branch_id": "br-none" });
    assert_eq!(api.post(&restore, unknown).await.status, 404);
}
