//! Restores that are killed anywhere and resumed, and two of one state at once.

use std::time::Duration;

use neon_api::workflows::{Backup, BackupEnd, RestorePoint, RestoreState, RestoreTo, Restored};
use neon_api_emulator::{Emulator, Fault};

use crate::checkpoint::Sink;
use crate::kill::{at_every_poll, polled};
use crate::restore::{before, databases, history, snapshot};
use crate::sweep::names;
use crate::{DAY, client, sent};

/// A restore that is killed, and how it is to end.
#[derive(Debug, Clone, Copy)]
struct Case {
    point: &'static str,
    commits: bool,
    backup: Backup,
    /// The operation whose response is lost.
    lost: Option<&'static str>,
}

fn with_check(restore: RestoreTo, case: Case) -> RestoreTo {
    restore.preview(move |_| async move {
        tokio::task::yield_now().await;
        Ok(case.commits)
    })
}

/// How many successful requests there were, by effect.
fn effects(emulator: &Emulator, operation: &str) -> usize {
    let requests = emulator.requests();
    let is_it = |request: &&neon_api_emulator::RequestRecord| {
        let is_lost = request.fault == Some("reset");
        request.operation_id.as_deref() == Some(operation)
            && (is_lost || matches!(request.status, 0 | 200..300))
    };
    requests.iter().filter(is_it).count()
}

async fn killed(case: Case) -> usize {
    at_every_poll(async |polls| {
        let (emulator, project, branch) = history().await;
        let point = match case.point {
            "time" => before(),
            "snapshot" => RestorePoint::Snapshot(snapshot(&emulator, &branch)),
            _ => RestorePoint::Parent,
        };
        if let Some(operation) = case.lost {
            let lost = Fault::reset().after_effect().on(operation);
            emulator.faults().inject(lost);
        }
        let delay = Fault::delay(Duration::from_millis(5)).after_effect();
        emulator.faults().inject(delay.always());
        let sink = Sink::default();
        let restore = branch.restore_to(point).backup(case.backup);
        let restore = with_check(restore, case).checkpoint(sink.clone());
        let first: Option<Restored> = polled(polls, restore.send()).await.map(|r| r.unwrap());
        let requests = emulator.total_requests();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(emulator.total_requests(), requests);
        let ended = first.is_some();
        let restored = match (first, sink.last::<RestoreState>()) {
            (Some(restored), _) => restored,
            (None, Some(state)) => {
                let project = client(&emulator).project(project.id());
                let resumed = with_check(project.resume_restore(state), case);
                resumed.checkpoint(sink.clone()).await.unwrap()
            }
            // Nothing was begun.
            (None, None) => {
                let changes = [
                    "createProjectBranch",
                    "restoreSnapshot",
                    "restoreProjectBranch",
                ];
                assert!(changes.iter().all(|change| sent(&emulator, change) == 0));
                assert_eq!(names(&emulator, &project), ["dev", "main"]);
                return ended;
            }
        };
        assert_eq!(
            sink.last::<RestoreState>().map(|state| state.is_done()),
            Some(true)
        );
        assert_eq!(restored.is_committed, case.commits);
        let expected = match (case.commits, case.backup) {
            (false, _) | (true, Backup::Remove) => 2,
            _ => 3,
        };
        let left = names(&emulator, &project);
        assert_eq!(
            left.len(),
            expected,
            "{case:?} after {polls} polls: {left:?}"
        );
        assert!(left.contains(&"dev".to_owned()));
        let resets = effects(&emulator, "restoreProjectBranch");
        let finals = effects(&emulator, "finalizeRestoreBranch");
        assert_eq!(
            resets + finals,
            usize::from(case.commits),
            "{case:?} after {polls} polls"
        );
        let previews =
            effects(&emulator, "createProjectBranch") + effects(&emulator, "restoreSnapshot");
        assert_eq!(previews, 1, "{case:?} after {polls} polls");
        let content = databases(&emulator, &branch, &restored.branch);
        let has_later = content.contains(&"later".to_owned());
        assert_eq!(
            has_later,
            !case.commits || case.point == "snapshot",
            "{case:?}"
        );
        if case.commits && case.backup == Backup::Remove {
            assert_eq!(restored.backup, BackupEnd::Removed);
        }
        ended
    })
    .await
}

/// A restore that is killed anywhere and resumed loses nothing and doubles nothing.
macro_rules! killed_anywhere {
    ($($name:ident: $point:literal, $commits:literal, $backup:expr, $lost:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let kills = killed(Case {
                point: $point,
                commits: $commits,
                backup: $backup,
                lost: $lost,
            });
            let kills = kills.await;
            assert!(kills > 20, "{kills}");
        }
    )*};
}

killed_anywhere! {
    to_a_time: "time", true, Backup::Keep, None;
    to_a_time_and_undone: "time", false, Backup::Keep, None;
    to_the_parent: "parent", true, Backup::Remove, Some("restoreProjectBranch");
    to_the_parent_with_a_lost_preview: "parent", true, Backup::ExpireIn(DAY), Some("createProjectBranch");
    to_a_snapshot: "snapshot", true, Backup::Keep, None;
    to_a_snapshot_and_undone: "snapshot", false, Backup::Keep, Some("restoreSnapshot");
    to_a_snapshot_with_a_lost_end: "snapshot", true, Backup::Remove, Some("finalizeRestoreBranch");
}

#[tokio::test(start_paused = true)]
async fn two_processes_with_one_state_restore_once() {
    let (emulator, project, branch) = history().await;
    let sink = Sink::default();
    let restore = branch.restore_to(before()).checkpoint(sink.clone());
    // It is killed once its first state is saved.
    for polls in 0..100 {
        let _ = polled(polls, restore.clone().send()).await;
        if sink.last::<RestoreState>().is_some() {
            break;
        }
    }
    let state: RestoreState = sink.last().unwrap();
    let lists = Fault::delay(Duration::from_millis(50)).after_effect();
    emulator
        .faults()
        .inject(lists.on("listProjectBranches").always());
    let other = client(&emulator).project(project.id());
    let (one, two) = tokio::join!(
        project.resume_restore(state.clone()).send(),
        other.resume_restore(state).send()
    );
    assert_eq!(one.unwrap().previous, two.unwrap().previous);
    assert!(
        sent(&emulator, "restoreProjectBranch") >= 2,
        "they did not race"
    );
    assert_eq!(effects(&emulator, "restoreProjectBranch"), 1);
    assert_eq!(names(&emulator, &project).len(), 3);
}
