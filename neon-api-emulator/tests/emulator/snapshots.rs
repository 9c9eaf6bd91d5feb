//! Snapshots and their schedules, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use serde_json::{Value, json};
use tokio::time::advance;

const HOUR: Duration = Duration::from_secs(3600);

async fn names(api: &Api, path: &str) -> Vec<String> {
    let all = api.get(&format!("{path}/snapshots")).await.expect(200);
    let names = each(&all["snapshots"], "name");
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn snapshots_come_and_go() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (project, path) = api.project_path().await;
    let branch = text(&project, "/branch/id");
    let take = format!("{path}/branches/{branch}/snapshot");
    let query =
        "name=first&slug=one&timestamp=2025-09-10T12:00:00Z&expires_at=2025-09-10T15:00:00Z";
    advance(HOUR).await;
    let made = api
        .post(&format!("{take}?{query}"), Value::Null)
        .await
        .expect(200);
    assert_eq!(each(&made["operations"], "action"), ["create_branch"]);
    assert_eq!(text(&made, "/snapshot/source_branch_id"), branch);
    assert_eq!(text(&made, "/snapshot/timestamp"), "2025-09-10T12:00:00Z");
    assert_eq!(text(&made, "/snapshot/created_at"), "2025-09-10T13:00:00Z");
    assert_eq!(made["snapshot"]["manual"], true);
    let again = api.post(&format!("{take}?slug=one"), Value::Null).await;
    again.refused(409, "slug already exists");
    for (query, status) in [
        ("lsn=0/1&timestamp=2025-09-10T12:00:00Z", 400),
        ("lsn=x", 400),
        ("timestamp=2025-09-10T11:00:00Z", 422),
        ("timestamp=yesterday", 400),
        ("expires_at=2025-09-10T12:59:59Z", 400),
    ] {
        let answer = api.post(&format!("{take}?{query}"), Value::Null).await;
        assert_eq!(answer.status, status, "{query}");
    }
    api.post(&take, Value::Null).await.expect(200);
    assert_eq!(
        names(&api, &path).await,
        ["first", "main at 2025-09-10T13:00:00Z"]
    );

    let one = format!("{path}/snapshots/{}", text(&made, "/snapshot/id"));
    let change = json!({ "snapshot": { "name": "renamed", "expires_at": null } });
    let changed = api.patch(&one, change).await.expect(200);
    assert_eq!(changed["snapshot"].get("expires_at"), None);
    advance(3 * HOUR).await;
    assert_eq!(
        names(&api, &path).await[0],
        "renamed",
        "it does not expire any more"
    );
    let soon = json!({ "snapshot": { "expires_at": "2025-09-10T17:00:00Z" } });
    api.patch(&one, soon).await.expect(200);
    advance(HOUR).await;
    assert_eq!(names(&api, &path).await.len(), 1, "it expired");
    let rest = api.get(&format!("{path}/snapshots")).await.expect(200);
    let rest = format!("{path}/snapshots/{}", text(&rest, "/snapshots/0/id"));
    let deleted = api.delete(&rest).await.expect(202);
    assert_eq!(each(&deleted["operations"], "action"), ["delete_timeline"]);
    api.delete(&rest).await.refused(404, "snapshot not found");
}

#[tokio::test(start_paused = true)]
async fn a_restored_branch_takes_the_place_of_another() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let old = text(&project, "/branch/id").to_owned();
    let endpoint = text(&project, "/endpoints/0/id").to_owned();
    let branch = |id: &str| format!("{path}/branches/{id}");
    let made = api
        .post(&format!("{}/snapshot", branch(&old)), Value::Null)
        .await
        .expect(200);
    let restore = format!("{path}/snapshots/{}/restore", text(&made, "/snapshot/id"));
    let late = json!({ "database": { "name": "late", "owner_name": "neondb_owner" } });
    advance(Duration::from_secs(1)).await;
    api.post(&format!("{}/databases", branch(&old)), late)
        .await
        .expect(201);

    let preview = api
        .post(&restore, json!({ "name": "preview" }))
        .await
        .expect(200);
    assert_eq!(preview["branch"]["restored_as"], old);
    assert_eq!(preview["branch"]["restored_from"], made["snapshot"]["id"]);
    assert_eq!(preview.get("endpoints"), None);
    let new = text(&preview, "/branch/id");
    let databases = api
        .get(&format!("{}/databases", branch(new)))
        .await
        .expect(200);
    assert_eq!(
        each(&databases["databases"], "name"),
        ["neondb"],
        "as of the snapshot"
    );
    let taken = api.post(&restore, json!({ "name": "preview" })).await;
    taken.refused(409, "already exists");

    let finalize = format!("{}/finalize_restore", branch(new));
    let done = api
        .post(&finalize, json!({ "name": "before" }))
        .await
        .expect(200);
    assert_eq!(
        each(&done["operations"], "action"),
        ["suspend_compute", "start_compute"]
    );
    let shown = api.get(&branch(new)).await.expect(200);
    assert_eq!(text(&shown, "/branch/name"), "main");
    assert_eq!(shown["branch"]["default"], true);
    assert_eq!(text(&shown, "/branch/restore_status"), "finalized");
    let shown = api.get(&branch(&old)).await.expect(200);
    assert_eq!(text(&shown, "/branch/name"), "before");
    let shown = api
        .get(&format!("{path}/endpoints/{endpoint}"))
        .await
        .expect(200);
    assert_eq!(text(&shown, "/endpoint/branch_id"), new);
    let again = api.post(&finalize, json!({})).await;
    again.refused(422, "no restore to finalize");
    let unknown = api
        .post(&format!("{path}/snapshots/snap-none/restore"), json!({}))
        .await;
    unknown.refused(404, "snapshot not found");

    let at_once = json!({ "finalize_restore": true, "target_branch_id": new });
    let restored = api.post(&restore, at_once).await.expect(200);
    assert_eq!(text(&restored, "/branch/name"), "main");
    assert_eq!(text(&restored, "/endpoints/0/id"), endpoint);
    // What was replaced is no root that must stay.
    api.delete(&branch(&old)).await.expect(200);
    api.delete(&branch(new)).await.expect(200);
}

/// Without a target it is the snapshot's branch whose place is taken; where that is gone, nothing
/// is there to be replaced.
#[tokio::test(start_paused = true)]
async fn restores_without_a_target() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let main = text(&project, "/branch/id").to_owned();
    let endpoint = text(&project, "/endpoints/0/id");
    let branches = format!("{path}/branches");
    let take = async |branch: &str| {
        let made = api
            .post(&format!("{branches}/{branch}/snapshot"), json!({}))
            .await
            .expect(200);
        format!("{path}/snapshots/{}/restore", text(&made, "/snapshot/id"))
    };
    let at_once = json!({ "name": "copy", "finalize_restore": true });

    let of_main = take(&main).await;
    let restored = api.post(&of_main, at_once.clone()).await.expect(200);
    assert_eq!(text(&restored, "/branch/name"), "main");
    assert_eq!(text(&restored, "/branch/restore_status"), "finalized");
    assert_eq!(restored["branch"]["default"], true);
    assert_eq!(text(&restored, "/endpoints/0/id"), endpoint);
    assert_ne!(text(&restored, "/branch/id"), main);

    let body = json!({ "branch": { "name": "dev" } });
    let dev = api.post(&branches, body).await.expect(201);
    let dev = text(&dev, "/branch/id");
    let of_dev = take(dev).await;
    api.delete(&format!("{branches}/{dev}")).await.expect(200);
    let restored = api.post(&of_dev, at_once).await.expect(200);
    assert_eq!(text(&restored, "/branch/name"), "copy");
    assert_eq!(text(&restored, "/branch/restore_status"), "finalized");
    assert_eq!(restored.get("endpoints"), None);
    assert_eq!(each(&restored["operations"], "action"), ["create_branch"]);
    // A target that is named must be there.
    let named = json!({ "finalize_restore": true, "target_branch_id": dev });
    let refused = api.post(&of_dev, named).await;
    refused.refused(404, "target branch not found");
}

#[tokio::test(start_paused = true)]
async fn schedules_take_snapshots() {
    let api = Api::at("2025-09-10T12:30:00Z");
    let (project, path) = api.project_path().await;
    let branch = text(&project, "/branch/id");
    let schedule = format!("{path}/branches/{branch}/backup_schedule");
    let shown = api.get(&schedule).await.expect(200);
    assert_eq!(shown, json!({ "schedule": [] }));
    let wrong = json!({ "schedule": [{ "frequency": "always" }] });
    api.put(&schedule, wrong)
        .await
        .refused(400, "schedule.frequency: must be one of");
    let daily = json!({ "schedule": [
        { "frequency": "daily", "hour": 3, "retention_seconds": 172_800 },
    ]});
    api.put(&schedule, daily.clone()).await.expect(200);
    assert_eq!(api.get(&schedule).await.expect(200), daily);
    advance(14 * HOUR).await;
    assert!(names(&api, &path).await.is_empty());
    advance(HOUR).await;
    assert_eq!(names(&api, &path).await, ["main at 2025-09-11T03:00:00Z"]);
    let shown = api.get(&format!("{path}/snapshots")).await.expect(200);
    assert_eq!(shown["snapshots"][0]["manual"], false);
    assert_eq!(
        text(&shown, "/snapshots/0/expires_at"),
        "2025-09-13T03:00:00Z"
    );
    advance(9 * 24 * HOUR).await;
    assert_eq!(
        names(&api, &path).await,
        [
            "main at 2025-09-19T03:00:00Z",
            "main at 2025-09-20T03:00:00Z"
        ],
        "older ones are gone"
    );
    api.put(&schedule, json!({ "schedule": [] }))
        .await
        .expect(200);
    advance(9 * 24 * HOUR).await;
    assert!(names(&api, &path).await.is_empty());
}
