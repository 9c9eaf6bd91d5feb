//! Methods of `neon_api::snapshots` and of `neon_api::operations`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api::snapshots::{RestoredSnapshot, SnapshotHandle};
use neon_api::types::{BackupScheduleItem, Operation, Snapshot};
use neon_api::{Neon, Patch};
use serde_json::{Value, json};

use crate::row::{Row, Shown, branch, json_of, kept_of, project, row, shown_as_json};
use crate::support::{BRANCH, PROJECT, Server, operation, operations};

shown_as_json!(BackupScheduleItem Operation Snapshot);

impl Shown for RestoredSnapshot {
    fn kept(&self) -> String {
        kept_of(self)
    }

    fn shown(&self) -> Value {
        json_of(&self.branch)
    }
}

const SNAPSHOT: &str = "snap-soft-sun-12345678";
const OPERATION: &str = "a07f8772-1877-4da9-a939-3a3ae62d1d8d";

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

fn time() -> DateTime<Utc> {
    "2026-12-01T10:00:00.25Z".parse().unwrap()
}

fn snapshot(neon: &Neon) -> SnapshotHandle {
    project(neon).snapshot(SNAPSHOT)
}

pub(crate) fn rows() -> Vec<Row> {
    let handle = handle()
        .into_iter()
        .map(|row| row.path("snapshot_id", SNAPSHOT));
    let operation = one_operation()
        .into_iter()
        .map(|row| row.path("operation_id", OPERATION));
    let rows = taken().into_iter().chain(listed()).chain(schedule());
    rows.chain(handle).chain(operation).collect()
}

fn taken() -> Vec<Row> {
    vec![
        row("BranchSnapshots::create", "createSnapshot", |neon| {
            branch(&neon).snapshots().create()
        })
        .result("/snapshot"),
        row("BranchSnapshots::create", "createSnapshot", |neon| {
            let create = branch(&neon).snapshots().create();
            let create = create.name("before-2.0").slug("before");
            create.at(time()).expires_at(time())
        })
        .query("name", "before-2.0")
        .query("slug", "before")
        .query("timestamp", "2026-12-01T10:00:00.250Z")
        .query("expires_at", "2026-12-01T10:00:00.250Z"),
        // The last setting of the expiry wins.
        row("BranchSnapshots::create", "createSnapshot", |neon| {
            let create = branch(&neon).snapshots().create().expires_in(DAY);
            create.with(|query| query.expires_at = Some("2026-12-01T10:00:00Z".to_owned()))
        })
        .query("expires_at", "2026-12-01T10:00:00Z"),
        row("BranchSnapshots::create", "createSnapshot", |neon| {
            branch(&neon).snapshots().create().at_lsn("0/1FE3A28")
        })
        .query("lsn", "0/1FE3A28"),
    ]
}

fn listed() -> Vec<Row> {
    vec![
        row("Snapshots::list", "listSnapshots", |neon| {
            project(&neon).snapshots().list()
        })
        .result("/snapshots"),
        row("Snapshots::find", "listSnapshots", |neon| {
            project(&neon).snapshots().find("nightly")
        })
        .response(|body| body["snapshots"][0]["name"] = json!("nightly"))
        .result("/snapshots/0"),
        // Of two snapshots, the second is of this branch.
        row("BranchSnapshots::list", "listSnapshots", |neon| {
            branch(&neon).snapshots().list().first()
        })
        .response(two_snapshots)
        .result("/snapshots/1"),
        row("BranchSnapshots::find", "listSnapshots", |neon| {
            branch(&neon).snapshots().find("nightly")
        })
        .response(two_snapshots)
        .result("/snapshots/1"),
    ]
}

fn two_snapshots(body: &mut Value) {
    let mut first = body["snapshots"][0].clone();
    first["name"] = json!("nightly");
    let mut second = first.clone();
    first["source_branch_id"] = json!("br-other-12345678");
    second["source_branch_id"] = json!(BRANCH);
    second["id"] = json!("snap-second-12345678");
    body["snapshots"] = json!([first, second]);
}

fn schedule() -> Vec<Row> {
    vec![
        row("SnapshotSchedule::get", "getSnapshotSchedule", |neon| {
            branch(&neon).snapshot_schedule().get()
        })
        .result("/schedule"),
        row("SnapshotSchedule::set", "setSnapshotSchedule", |neon| {
            branch(&neon).snapshot_schedule().set([])
        })
        .body(json!({"schedule": []})),
        row("SnapshotSchedule::set", "setSnapshotSchedule", |neon| {
            let nightly = BackupScheduleItem::new("daily").with_hour(3);
            branch(&neon).snapshot_schedule().set([nightly])
        })
        .body(json!({"schedule": [{"frequency": "daily", "hour": 3}]})),
    ]
}

fn handle() -> Vec<Row> {
    vec![
        row("SnapshotHandle::update", "updateSnapshot", |neon| {
            snapshot(&neon).update().never_expires()
        })
        .body(json!({"snapshot": {"expires_at": null}}))
        .result("/snapshot"),
        row("SnapshotHandle::update", "updateSnapshot", |neon| {
            let update = branch(&neon).snapshot(SNAPSHOT).update();
            update.name("before-2.0").expires_at(time())
        })
        .body(json!({"snapshot": {
            "name": "before-2.0",
            "expires_at": "2026-12-01T10:00:00.250Z",
        }})),
        row("SnapshotHandle::update", "updateSnapshot", |neon| {
            let update = snapshot(&neon).update().expires_in(DAY);
            update.with(|snapshot| snapshot.expires_at = Patch::Set(time()))
        })
        .body(json!({"snapshot": {"expires_at": "2026-12-01T10:00:00.250Z"}})),
        row("SnapshotHandle::delete", "deleteSnapshot", |neon| {
            snapshot(&neon).delete()
        }),
        row("SnapshotHandle::restore", "restoreSnapshot", |neon| {
            snapshot(&neon).restore()
        })
        .body(json!({}))
        .result("/branch"),
        row("SnapshotHandle::restore", "restoreSnapshot", |neon| {
            let restore = snapshot(&neon).restore().name("restored");
            restore.target(BRANCH).finalize(true)
        })
        .body(json!({
            "name": "restored",
            "target_branch_id": BRANCH,
            "finalize_restore": true,
        })),
        row("SnapshotHandle::restore", "restoreSnapshot", |neon| {
            let restore = snapshot(&neon).restore();
            restore.with(|body| body.finalize_restore = Some(true))
        })
        .body(json!({"finalize_restore": true})),
        row("SnapshotHandle::restore", "restoreSnapshot", |neon| {
            #[expect(deprecated, reason = "it is sent as long as it is there")]
            snapshot(&neon).restore().query_name("restored")
        })
        .query("name", "restored")
        .body(json!({})),
    ]
}

fn one_operation() -> Vec<Row> {
    vec![
        row("Operations::list", "listProjectOperations", |neon| {
            project(&neon).operations().list().take(1)
        })
        .query("limit", 1),
        row("OperationHandle::get", "getProjectOperation", |neon| {
            project(&neon).operation(OPERATION).get()
        })
        .result("/operation"),
        row("OperationHandle::get_opt", "getProjectOperation", |neon| {
            project(&neon).operation(OPERATION).get_opt()
        })
        .result("/operation"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_one_operation_ends_with_it() {
    let statuses = ["running", "finished"];
    let server = Server::new(move |_, number| {
        let status = statuses[number.min(statuses.len() - 1)];
        operations(&[operation(OPERATION, status)])
    });
    let waited = project(&server.client()).operation(OPERATION).wait();
    waited.await.unwrap();
    let polls = server.seen();
    assert_eq!(polls.len(), 2, "{polls:?}");
    assert!(polls.iter().all(|poll| poll.uri.contains(PROJECT)));
}
