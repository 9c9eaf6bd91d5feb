//! Branches for a short time.

use std::time::Duration;

use neon_api::chrono::{TimeDelta, Utc};
use neon_api::workflows::OWNER;
use neon_api_emulator::Fault;

use crate::kill::{at_every_poll, polled};
use crate::sweep::names;
use crate::{client, done, sent, world};

#[tokio::test(start_paused = true)]
async fn a_branch_has_a_name_of_its_own_an_expiry_and_an_owner_and_is_gone_when_closed() {
    let (emulator, project) = world();
    let one = project
        .branches()
        .ephemeral("test")
        .owner("ci")
        .await
        .unwrap();
    let two = project.branches().ephemeral("test").await.unwrap();
    assert!(one.created().connection_uri().is_ok());
    let branch = one.get().await.unwrap();
    assert!(branch.name.starts_with("test-") && branch.name != two.created().name);
    assert_eq!(branch.current_state, "ready");
    assert_eq!(branch.annotations()[OWNER], "ci");
    let life = branch.expires_at.unwrap() - Utc::now();
    assert!(
        (life - TimeDelta::hours(1)).abs() < TimeDelta::minutes(1),
        "{life}"
    );
    assert_eq!(done(&emulator, "createProjectBranch"), 2);
    one.close().await.unwrap();
    two.close().await.unwrap();
    assert_eq!(done(&emulator, "deleteProjectBranch"), 2);
    assert_eq!(names(&emulator, &project), ["main"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_sends_nothing_and_expires() {
    let (emulator, project) = world();
    let day = Duration::from_secs(24 * 3600);
    let branch = project
        .branches()
        .ephemeral("test")
        .expires_in(day)
        .await
        .unwrap();
    let name = branch.created().name.clone();
    let requests = emulator.total_requests();
    drop(branch);
    tokio::time::advance(Duration::from_secs(23 * 3600)).await;
    assert_eq!(emulator.total_requests(), requests);
    assert_eq!(names(&emulator, &project), ["main".to_owned(), name]);
    tokio::time::advance(Duration::from_secs(3601)).await;
    assert_eq!(names(&emulator, &project), ["main"]);
}

#[tokio::test(start_paused = true)]
async fn lost_responses_of_creation_and_deletion_leave_nothing() {
    for fault in [Fault::reset(), Fault::reset().after_effect()] {
        let (emulator, project) = world();
        emulator
            .faults()
            .inject(fault.clone().on("createProjectBranch"));
        emulator.faults().inject(fault.on("deleteProjectBranch"));
        let branch = project.branches().ephemeral("test").await.unwrap();
        assert_eq!(names(&emulator, &project).len(), 2);
        branch.close().await.unwrap();
        assert_eq!(names(&emulator, &project), ["main"]);
        assert_eq!(emulator.faults().remaining(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn branches_below_it_are_closed_with_it_and_a_protected_one_is_an_error() {
    let (emulator, project) = world();
    let branch = project.branches().ephemeral("test").await.unwrap();
    project
        .branches()
        .create("below")
        .parent(branch.id())
        .ready()
        .await
        .unwrap();
    branch.close().await.unwrap();
    assert_eq!(names(&emulator, &project), ["main"]);

    let branch = project.branches().ephemeral("test").await.unwrap();
    branch.update().never_expires().ready().await.unwrap();
    branch.update().protected(true).ready().await.unwrap();
    let error = branch.close().await.unwrap_err();
    assert!(
        error
            .status()
            .is_some_and(|status| status.is_client_error()),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_become_ready_is_deleted() {
    let (emulator, project) = world();
    emulator
        .faults()
        .fail_next_operation(Some("start_compute"), "no capacity");
    let error = project.branches().ephemeral("test").await.unwrap_err();
    assert!(matches!(error, neon_api::Error::Wait(_)), "{error}");
    assert_eq!(names(&emulator, &project), ["main"]);
}

#[tokio::test(start_paused = true)]
async fn one_killed_anywhere_expires_and_is_found_by_its_owner() {
    let kills = at_every_poll(async |polls| {
        let (emulator, project) = world();
        let faults = emulator.faults();
        faults.inject(Fault::delay(Duration::from_millis(5)).always());
        let all = async {
            let branch = project
                .branches()
                .ephemeral("test")
                .owner("ci")
                .await
                .unwrap();
            branch.close().await.unwrap();
        };
        let ended = polled(polls, all).await.is_some();
        let requests = emulator.total_requests();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(emulator.total_requests(), requests);
        assert!(sent(&emulator, "createProjectBranch") <= 1);
        let left = names(&emulator, &project).len() - 1;
        let project = client(&emulator).project(project.id());
        let report = project.sweep().owner("ci").await.unwrap();
        assert_eq!(report.deleted().count(), left, "{report}");
        assert_eq!(names(&emulator, &project), ["main"]);
        report.check().unwrap();
        ended
    })
    .await;
    assert!(kills > 10, "{kills}");
}
