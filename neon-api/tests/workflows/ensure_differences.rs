//! What exists and is not as asked for.

use std::time::Duration;

use neon_api::chrono::{TimeDelta, Utc};
use neon_api::{Difference, Error};
use neon_api_emulator::Fault;

use crate::{DAY, sent, world};

fn differences<T>(outcome: Result<T, Error>) -> Vec<Difference> {
    match outcome {
        Err(Error::Differs(differences)) => differences.list().to_vec(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("nothing differs"),
    }
}

fn fields(all: &[Difference]) -> Vec<(&'static str, bool)> {
    all.iter()
        .map(|one| (one.field, one.can_be_applied))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn all_differences_are_listed_and_nothing_is_changed() {
    let (emulator, project) = world();
    let other = emulator
        .seed(|seed| seed.branch(project.id(), "other"))
        .unwrap();
    let made = emulator
        .seed(|seed| seed.branch(project.id(), "x"))
        .unwrap();
    let ensure = project
        .branches()
        .ensure("x")
        .parent(&other.branch.id)
        .protected(true);
    let outcome = ensure.owner("ci").annotate("commit", "1").await;
    let message = outcome.as_ref().unwrap_err().to_string();
    assert!(message.contains(made.branch.id.as_str()), "{message}");
    assert!(
        message.contains("protected is false instead of true"),
        "{message}"
    );
    let all = differences(outcome);
    let expected = [
        ("parent", false),
        ("annotate", false),
        ("owner", false),
        ("protected", true),
    ];
    assert_eq!(fields(&all), expected);
    assert_eq!(sent(&emulator, "updateProjectBranch"), 0);
    assert_eq!(sent(&emulator, "createProjectBranch"), 0);
    // What is fixed stays an error.
    let ensure = project.branches().ensure("x").owner("ci").protected(true);
    let all = differences(ensure.apply_differences(true).await);
    assert_eq!(fields(&all), [("owner", false), ("protected", true)]);
    assert_eq!(sent(&emulator, "updateProjectBranch"), 0);
}

#[tokio::test(start_paused = true)]
async fn differences_are_applied_when_asked_to_even_if_the_response_is_lost() {
    let (emulator, project) = world();
    emulator
        .seed(|seed| seed.branch(project.id(), "x"))
        .unwrap();
    emulator
        .faults()
        .inject(Fault::reset().after_effect().on("updateProjectBranch"));
    let ensure = || project.branches().ensure("x").protected(true);
    let applied = ensure().apply_differences(true).ready().await.unwrap();
    assert!(!applied.is_created() && applied.protected);
    assert_eq!(sent(&emulator, "updateProjectBranch"), 2);
    assert!(!ensure().await.unwrap().is_created());
    assert_eq!(sent(&emulator, "updateProjectBranch"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_relative_expiry_is_extended_and_never_shortened() {
    let (emulator, project) = world();
    let branches = project.branches();
    let created = branches.ensure("x").expires_in(DAY).await.unwrap();
    let first = created.expires_at.unwrap();
    let shorter = branches.ensure("x").expires_in(DAY / 2).await.unwrap();
    assert_eq!(shorter.expires_at.unwrap().timestamp(), first.timestamp());
    assert_eq!(sent(&emulator, "updateProjectBranch"), 0);
    let longer = branches.ensure("x").expires_in(2 * DAY).await.unwrap();
    let extended = longer.expires_at.unwrap() - first;
    assert!(
        (extended - TimeDelta::days(1)).abs() < TimeDelta::minutes(1),
        "{extended}"
    );
    assert_eq!(sent(&emulator, "updateProjectBranch"), 1);

    // A branch that never expires is not given an expiry without being asked.
    emulator
        .seed(|seed| seed.branch(project.id(), "kept"))
        .unwrap();
    let all = differences(branches.ensure("kept").expires_in(DAY).await);
    assert_eq!(fields(&all), [("expires_in", true)]);
    assert_eq!(all[0].found, "never");
    let given = branches
        .ensure("kept")
        .expires_in(DAY)
        .apply_differences(true)
        .await;
    assert!(given.unwrap().expires_at.is_some());

    let time = Utc::now() + TimeDelta::days(9);
    let all = differences(branches.ensure("x").expires_at(time).await);
    assert_eq!(fields(&all), [("expires_at", true)]);
    let at = branches
        .ensure("x")
        .expires_at(time)
        .apply_differences(true)
        .await
        .unwrap();
    assert_eq!(at.expires_at.unwrap().timestamp(), time.timestamp());
    branches.ensure("x").expires_at(time).ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_missing_endpoint_is_created_beside_a_branch_that_is_found() {
    let (emulator, project) = world();
    let made = emulator
        .seed(|seed| seed.branch(project.id(), "x"))
        .unwrap();
    let found = project
        .branches()
        .ensure("x")
        .with_compute()
        .ready()
        .await
        .unwrap();
    assert!(!found.is_created());
    assert_eq!(found.endpoints[0].branch_id, made.branch.id);
    let again = project
        .branches()
        .ensure("x")
        .with_compute()
        .ready()
        .await
        .unwrap();
    assert_eq!(again.endpoints[0].id, found.endpoints[0].id);
    assert_eq!(sent(&emulator, "createProjectEndpoint"), 1);
}

#[tokio::test(start_paused = true)]
async fn settings_of_endpoints_and_owners_of_databases_are_compared() {
    let (emulator, project) = world();
    let branch = project.branches().find("main").await.unwrap().unwrap();
    let branch = project.branch(&branch);
    let minutes = Duration::from_secs(600);
    let ensure = || {
        let ensure = branch.endpoints().ensure().autoscaling(1.0..=4.0);
        ensure.suspend_timeout(minutes).name("writer")
    };
    let all = differences(ensure().await);
    let expected = ["name", "autoscaling", "autoscaling", "suspend_timeout"];
    assert_eq!(
        all.iter().map(|one| one.field).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(sent(&emulator, "updateProjectEndpoint"), 0);
    ensure().apply_differences(true).ready().await.unwrap();
    let endpoint = ensure().ready().await.unwrap();
    assert_eq!(endpoint.autoscaling_limit_max_cu.0.to_string(), "4");
    assert_eq!(sent(&emulator, "updateProjectEndpoint"), 1);
    assert_eq!(sent(&emulator, "createProjectEndpoint"), 0);

    branch.roles().ensure("reporter").ready().await.unwrap();
    let ensure = || branch.databases().ensure("neondb", "reporter");
    let all = differences(ensure().await);
    assert_eq!(fields(&all), [("owner", true)]);
    let given = ensure().apply_differences(true).ready().await.unwrap();
    assert_eq!(given.owner_name, "reporter");
    assert!(!ensure().await.unwrap().is_created());
    assert_eq!(sent(&emulator, "updateProjectBranchDatabase"), 1);
}
