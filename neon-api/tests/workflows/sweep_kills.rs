//! Sweeps that are killed anywhere and resumed, and two at once.

use std::time::Duration;

use neon_api::workflows::{Fate, SweepPlan, SweepReport};
use neon_api_emulator::Fault;

use crate::checkpoint::Sink;
use crate::kill::{at_every_poll, polled};
use crate::sweep::{branch, names, old_world};
use crate::{client, done, sent};

#[tokio::test(start_paused = true)]
async fn a_sweep_killed_anywhere_is_resumed_and_accounts_for_all() {
    for loses_responses in [false, true] {
        let kills = at_every_poll(async |polls| {
            let (emulator, project) = old_world();
            let top = branch(&emulator, &project, "top", Some("ci"), None);
            branch(&emulator, &project, "bottom", Some("ci"), Some(&top));
            branch(&emulator, &project, "kept", None, None);
            let delay = Fault::delay(Duration::from_millis(5));
            if loses_responses {
                let lost = Fault::reset().after_effect().on("deleteProjectBranch");
                emulator.faults().inject(lost);
            }
            emulator.faults().inject(delay.always());
            let sink = Sink::default();
            let sweep = project.sweep().owner("ci").checkpoint(sink.clone());
            let first: Option<SweepReport> = polled(polls, sweep.send())
                .await
                .map(|report| report.unwrap());
            tokio::time::sleep(Duration::from_secs(60)).await;
            let requests = emulator.total_requests();
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(emulator.total_requests(), requests);
            let ended = first.is_some();
            let project = client(&emulator).project(project.id());
            let report = match (first, sink.last::<SweepPlan>()) {
                (Some(report), _) => report,
                (None, Some(plan)) => project
                    .run_sweep(plan)
                    .checkpoint(sink.clone())
                    .await
                    .unwrap(),
                // Nothing was begun.
                (None, None) => {
                    assert_eq!(sent(&emulator, "deleteProjectBranch"), 0);
                    project.sweep().owner("ci").await.unwrap()
                }
            };
            let deleted: Vec<_> = report
                .deleted()
                .map(|branch| branch.name.as_str())
                .collect();
            assert_eq!(deleted, ["top", "bottom"], "after {polls} polls: {report}");
            assert_eq!(names(&emulator, &project), ["kept", "main"]);
            let kept = report.plan().branches().iter();
            assert_eq!(
                kept.filter(|branch| branch.fate != Fate::Deleted).count(),
                2
            );
            ended
        })
        .await;
        assert!(kills > 15, "{kills}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_delete_all_and_fail_at_nothing() {
    let (emulator, project) = old_world();
    for number in 0..5 {
        branch(&emulator, &project, &format!("b{number}"), Some("ci"), None);
    }
    let delay = Fault::delay(Duration::from_millis(20)).after_effect();
    emulator.faults().inject(delay.always());
    let other = client(&emulator).project(project.id());
    let (one, two) = tokio::join!(
        project.sweep().owner("ci").send(),
        other.sweep().owner("ci").send()
    );
    let (one, two) = (one.unwrap().check().unwrap(), two.unwrap().check().unwrap());
    assert_eq!(names(&emulator, &project), ["main"]);
    for plan in [one, two] {
        assert_eq!(plan.to_delete().count(), 0, "{plan}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_yields_to_other_calls() {
    let (emulator, project) = old_world();
    for number in 0..3 {
        branch(&emulator, &project, &format!("b{number}"), Some("ci"), None);
    }
    let limited = neon_api::Neon::builder()
        .api_key("napi_test")
        .limiter(neon_api::AccountLimiter::new(
            neon_api::Rates::default().burst(1),
        ))
        .transport(emulator.transport())
        .build()
        .unwrap();
    let project = limited.project(project.id());
    let reads = async {
        for _ in 0..40 {
            project.get().await.unwrap();
        }
        sent(&emulator, "deleteProjectBranch")
    };
    let sweep = async { project.sweep().owner("ci").await.unwrap().check().unwrap() };
    let (plan, _) = tokio::join!(sweep, reads);
    assert_eq!(plan.to_delete().count(), 0);
    assert_eq!(done(&emulator, "deleteProjectBranch"), 3);
    let all: Vec<_> = emulator
        .requests()
        .into_iter()
        .filter_map(|r| r.operation_id)
        .collect();
    let reads_done = all.iter().rposition(|id| id == "getProject").unwrap();
    let first_deletion = all
        .iter()
        .position(|id| id == "deleteProjectBranch")
        .unwrap();
    assert!(first_deletion > reads_done, "{all:?}");
}
