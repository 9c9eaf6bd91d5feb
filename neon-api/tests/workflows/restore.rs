//! Restoring with a way back.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use neon_api::Error;
use neon_api::branches::BranchHandle;
use neon_api::chrono::{TimeDelta, Utc};
use neon_api::ids::SnapshotId;
use neon_api::projects::ProjectHandle;
use neon_api::workflows::{Backup, BackupEnd, RestorePoint, RestoreState, Restored};
use neon_api_emulator::{Emulator, Fault};
use serde_json::json;

use crate::checkpoint::{Full, Sink};
use crate::sweep::names;
use crate::{DAY, done, sent, world_of};

/// A project whose branch "dev" has had the database "later" for the last hour, and not before.
pub(crate) async fn history() -> (Emulator, ProjectHandle, BranchHandle) {
    let start = Utc::now() - TimeDelta::hours(2);
    let (emulator, project) = world_of(Emulator::builder().start_time(start));
    let made = emulator
        .seed(|seed| seed.branch(project.id(), "dev"))
        .unwrap();
    let branch = project.branch(&made.branch.id);
    emulator
        .seed(|seed| seed.endpoint(project.id(), branch.id()))
        .unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let later = |seed: &mut neon_api_emulator::Seed<'_>| {
        seed.database(project.id(), branch.id(), "later", "neondb_owner")
            .map(drop)
    };
    emulator.seed(later).unwrap();
    tokio::time::advance(Duration::from_secs(1800)).await;
    (emulator, project, branch)
}

/// The time before the database was created.
pub(crate) fn before() -> RestorePoint {
    RestorePoint::Time(Utc::now() - TimeDelta::minutes(90))
}

pub(crate) fn databases(
    emulator: &Emulator,
    branch: &BranchHandle,
    id: &neon_api::ids::BranchId,
) -> Vec<String> {
    let databases = emulator.state().databases(branch.project_id(), id);
    databases
        .into_iter()
        .map(|database| database.name)
        .collect()
}

/// A snapshot of the branch before the database was created, seeded.
pub(crate) fn snapshot(emulator: &Emulator, branch: &BranchHandle) -> SnapshotId {
    let parameters = [
        ("project_id", branch.project_id().as_str()),
        ("branch_id", branch.id().as_str()),
    ];
    let made = emulator.seed(|seed| seed.call("createSnapshot", &parameters, json!({})));
    serde_json::from_value(made.unwrap()["snapshot"]["id"].clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_branch_is_restored_and_what_it_was_is_kept() {
    let (emulator, project, branch) = history().await;
    let restored = branch.restore_to(before()).await.unwrap();
    assert!(restored.is_committed);
    assert_eq!(restored.branch, *branch.id());
    let previous = restored.previous.unwrap();
    assert_eq!(restored.backup, BackupEnd::Kept);
    assert_eq!(databases(&emulator, &branch, branch.id()), ["neondb"]);
    assert_eq!(
        databases(&emulator, &branch, &previous),
        ["neondb", "later"]
    );
    assert_eq!(done(&emulator, "restoreProjectBranch"), 1);
    assert_eq!(names(&emulator, &project).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_place_in_the_log_and_a_name_for_the_backup_are_sent() {
    let (emulator, _, branch) = history().await;
    let restore = branch.restore_to(RestorePoint::Lsn("0/1FE3A28".to_owned()));
    restore.backup_name("dev (old)").await.unwrap();
    let requests = emulator.requests();
    let sent = requests
        .iter()
        .find(|r| r.operation_id.as_deref() == Some("restoreProjectBranch"));
    let expected = json!({
        "source_branch_id": branch.id(), "source_lsn": "0/1FE3A28",
        "preserve_under_name": "dev (old)",
    });
    assert_eq!(sent.unwrap().body.as_ref(), Some(&expected));
    // A name that a branch has proves nothing any more.
    let again = branch
        .restore_to(before())
        .backup_name("dev (old)")
        .await
        .unwrap_err();
    assert!(matches!(again, Error::InvalidInput(_)), "{again}");
    assert_eq!(done(&emulator, "restoreProjectBranch"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_branch_is_reset_to_its_parent_and_one_without_is_an_error() {
    let (emulator, project, branch) = history().await;
    let restored = branch.restore_to(RestorePoint::Parent).await.unwrap();
    assert_eq!(restored.branch, *branch.id());
    assert_eq!(databases(&emulator, &branch, branch.id()), ["neondb"]);
    let main = project.branches().find("main").await.unwrap().unwrap();
    let error = project
        .branch(&main)
        .restore_to(RestorePoint::Parent)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotInResponse(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_restored_to_a_new_branch_whose_id_is_returned() {
    let (emulator, project, branch) = history().await;
    let snapshot = snapshot(&emulator, &branch);
    let created = branch
        .databases()
        .create("after the snapshot", "neondb_owner");
    created.ready().await.unwrap();
    let restored = branch
        .restore_to(RestorePoint::Snapshot(snapshot))
        .await
        .unwrap();
    assert_ne!(restored.branch, *branch.id());
    assert_eq!(restored.previous.as_ref(), Some(branch.id()));
    let dev = project.branches().find("dev").await.unwrap().unwrap();
    assert_eq!(dev.id, restored.branch);
    assert_eq!(
        databases(&emulator, &branch, &restored.branch),
        ["neondb", "later"]
    );
    assert_eq!(
        project.branch(&dev).endpoints().list().await.unwrap().len(),
        1
    );
    assert_eq!(done(&emulator, "restoreSnapshot"), 1);
    assert_eq!(done(&emulator, "finalizeRestoreBranch"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_gone_is_created_again() {
    let (emulator, project, branch) = history().await;
    let sink = Sink::default();
    let failing = branch.restore_to(RestorePoint::Parent);
    let failing = failing.preview(async |_| Err(Error::NotInResponse("no data")));
    failing.checkpoint(sink.clone()).await.unwrap_err();
    // As by its expiry.
    let all = project.branches().list().await.unwrap();
    let preview = all
        .iter()
        .find(|branch| branch.name.contains("preview"))
        .unwrap();
    assert!(preview.expires_at.is_some());
    project.branch(preview).delete().ready().await.unwrap();
    let resumed = project.resume_restore(sink.last().unwrap());
    let restored = resumed.preview(async |preview| Ok(preview.get_opt().await?.is_some()));
    assert!(restored.await.unwrap().is_committed);
    assert_eq!(done(&emulator, "createProjectBranch"), 2);
    assert_eq!(names(&emulator, &project).len(), 3);
}

/// Restores with a check of this verdict; how often it ran.
async fn previewed(branch: &BranchHandle, point: RestorePoint, commits: bool) -> (Restored, usize) {
    let checks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&checks);
    let restore = branch
        .restore_to(point)
        .preview(move |preview: BranchHandle| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                assert_eq!(preview.get().await?.current_state, "ready");
                Ok(commits)
            }
        });
    let restored = restore.await.unwrap();
    (restored, checks.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_not_approved_changes_nothing() {
    for of_snapshot in [false, true] {
        let (emulator, project, branch) = history().await;
        let point = if of_snapshot {
            RestorePoint::Snapshot(snapshot(&emulator, &branch))
        } else {
            before()
        };
        let (restored, checks) = previewed(&branch, point, false).await;
        assert!(!restored.is_committed && checks == 1);
        assert_eq!(
            (restored.branch, restored.previous),
            (branch.id().clone(), None)
        );
        assert_eq!(names(&emulator, &project), ["dev", "main"]);
        assert_eq!(
            databases(&emulator, &branch, branch.id()),
            ["neondb", "later"]
        );
        assert_eq!(sent(&emulator, "restoreProjectBranch"), 0);
        assert_eq!(sent(&emulator, "finalizeRestoreBranch"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_approved_is_committed_and_does_not_stay() {
    for point in ["time", "snapshot", "parent"] {
        let (emulator, project, branch) = history().await;
        let point = match point {
            "time" => before(),
            "snapshot" => RestorePoint::Snapshot(snapshot(&emulator, &branch)),
            _ => RestorePoint::Parent,
        };
        let (restored, checks) = previewed(&branch, point.clone(), true).await;
        assert!(restored.is_committed && checks == 1, "{point:?}");
        assert_eq!(names(&emulator, &project).len(), 3, "{point:?}");
        assert!(restored.previous.is_some());
        if point == RestorePoint::Parent {
            // The place that was checked, not what the parent has got since.
            let requests = emulator.requests();
            let is_it = |r: &&neon_api_emulator::RequestRecord| {
                r.operation_id.as_deref() == Some("restoreProjectBranch")
            };
            let restore = requests.iter().find(is_it).unwrap();
            let body = restore.body.as_ref().unwrap();
            assert!(body["source_lsn"].is_string(), "{body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_backup_is_removed_or_expires() {
    let (emulator, project, branch) = history().await;
    let restore = branch.restore_to(RestorePoint::Parent);
    let restored = restore.backup(Backup::Remove).await.unwrap();
    assert_eq!(restored.backup, BackupEnd::Removed);
    assert_eq!(names(&emulator, &project), ["dev", "main"]);

    let restore = branch.restore_to(RestorePoint::Parent);
    let restored = restore.backup(Backup::ExpireIn(DAY)).await.unwrap();
    let BackupEnd::Expires(time) = restored.backup else {
        panic!("{restored:?}");
    };
    let previous = project.branch(restored.previous.unwrap());
    let expires_at = previous.get().await.unwrap().expires_at.unwrap();
    assert_eq!(expires_at.timestamp(), time.timestamp());

    let point = RestorePoint::Snapshot(snapshot(&emulator, &branch));
    let restored = branch
        .restore_to(point)
        .backup(Backup::Remove)
        .await
        .unwrap();
    assert_eq!(restored.backup, BackupEnd::Removed);
    assert!(branch.get_opt().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_has_to_stay_is_reported() {
    for backup in [Backup::Remove, Backup::ExpireIn(DAY)] {
        let (emulator, project, branch) = history().await;
        let restored = branch.restore_to(before()).backup(backup).await.unwrap();
        assert!(restored.is_committed);
        assert!(
            matches!(restored.backup, BackupEnd::Refused(_)),
            "{restored:?}"
        );
        assert_eq!(names(&emulator, &project).len(), 3);
        assert_eq!(done(&emulator, "restoreProjectBranch"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn lost_responses_locks_and_limits_are_overcome() {
    for operation in [
        "restoreProjectBranch",
        "createProjectBranch",
        "deleteProjectBranch",
    ] {
        for fault in [
            Fault::reset(),
            Fault::reset().after_effect(),
            Fault::status(429),
            Fault::status(423),
        ] {
            let (emulator, project, branch) = history().await;
            emulator.faults().inject(fault.on(operation));
            let (restored, _) = previewed(&branch, before(), true).await;
            assert!(restored.is_committed);
            assert_eq!(done(&emulator, "createProjectBranch").max(1), 1);
            assert_eq!(names(&emulator, &project).len(), 3);
            assert_eq!(databases(&emulator, &branch, branch.id()), ["neondb"]);
            assert_eq!(emulator.faults().remaining(), 0, "{operation}");
        }
    }
    for operation in ["restoreSnapshot", "finalizeRestoreBranch"] {
        for fault in [
            Fault::reset(),
            Fault::reset().after_effect(),
            Fault::status(423),
        ] {
            let (emulator, project, branch) = history().await;
            let point = RestorePoint::Snapshot(snapshot(&emulator, &branch));
            emulator.faults().inject(fault.on(operation));
            let (restored, _) = previewed(&branch, point, true).await;
            assert_eq!(restored.previous.as_ref(), Some(branch.id()), "{operation}");
            assert_eq!(names(&emulator, &project).len(), 3, "{operation}");
            assert_eq!(emulator.faults().remaining(), 0, "{operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_changed_whose_intent_cannot_be_saved() {
    let (emulator, project, branch) = history().await;
    for saves in 0..2 {
        let sink = Full(Mutex::new(saves));
        let error = branch
            .restore_to(before())
            .checkpoint(sink)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Checkpoint(_)), "{error}");
        assert_eq!(sent(&emulator, "restoreProjectBranch"), 0);
    }
    assert_eq!(names(&emulator, &project), ["dev", "main"]);
}

#[tokio::test(start_paused = true)]
async fn states_of_other_projects_and_without_their_check_are_refused() {
    let (emulator, project, branch) = history().await;
    let sink = Sink::default();
    let failing = branch
        .restore_to(before())
        .preview(async |_| Err(Error::NotInResponse("no data")));
    let error = failing.checkpoint(sink.clone()).await.unwrap_err();
    assert!(matches!(error, Error::NotInResponse("no data")), "{error}");
    let state: RestoreState = sink.last().unwrap();
    assert_eq!(state.branch_id(), branch.id());
    assert!(!state.is_done());
    let requests = emulator.total_requests();
    let other = project.neon().project("late-frost-12345678");
    for refused in [
        project.resume_restore(state.clone()),
        other.resume_restore(state.clone()),
    ] {
        let error = refused.await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    }
    assert_eq!(emulator.total_requests(), requests);
    // With a check that says no, the preview is removed.
    let restored = project
        .resume_restore(state)
        .preview(async |_| Ok(false))
        .await
        .unwrap();
    assert!(!restored.is_committed);
    assert_eq!(names(&emulator, &project), ["dev", "main"]);
    // States have no secrets.
    assert!(
        sink.all()
            .iter()
            .all(|state| !state.contains("npg_") && !state.contains("postgres"))
    );
}
