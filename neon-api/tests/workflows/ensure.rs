//! Branches, databases, roles and endpoints that exist once.

use std::time::Duration;

use neon_api::Error;
use neon_api::branches::BranchHandle;
use neon_api::enums::EndpointType;
use neon_api::projects::ProjectHandle;
use neon_api::workflows::OWNER;
use neon_api_emulator::{Emulator, Fault};

use crate::kill::{at_every_poll, polled};
use crate::{DAY, client, done, sent, world};

/// One of each kind, by the operation that creates it, in the default branch or as a branch.
const KINDS: [&str; 4] = [
    "createProjectBranch",
    "createProjectBranchDatabase",
    "createProjectBranchRole",
    "createProjectEndpoint",
];

/// A branch without an endpoint.
fn bare(emulator: &Emulator, project: &ProjectHandle) -> BranchHandle {
    let made = emulator.seed(|seed| seed.branch(project.id(), "bare"));
    project.branch(&made.unwrap().branch.id)
}

/// Ensures one of this kind; whether it was created.
async fn ensure(kind: &str, branch: &BranchHandle) -> Result<bool, Error> {
    let project = branch.neon().project(branch.project_id());
    Ok(match kind {
        "createProjectBranch" => project.branches().ensure("x").ready().await?.is_created(),
        "createProjectBranchDatabase" => {
            let ensured = branch
                .databases()
                .ensure("x", "neondb_owner")
                .ready()
                .await?;
            ensured.is_created()
        }
        "createProjectBranchRole" => branch.roles().ensure("x").ready().await?.is_created(),
        _ => branch.endpoints().ensure().ready().await?.is_created(),
    })
}

/// How many there are of what was ensured.
fn count(kind: &str, emulator: &Emulator, branch: &BranchHandle) -> usize {
    let (state, project, id) = (emulator.state(), branch.project_id(), branch.id());
    match kind {
        "createProjectBranch" => {
            let branches = state.branches(project);
            branches.iter().filter(|branch| branch.name == "x").count()
        }
        "createProjectBranchDatabase" => {
            let databases = state.databases(project, id);
            databases
                .iter()
                .filter(|database| database.name == "x")
                .count()
        }
        "createProjectBranchRole" => {
            let roles = state.roles(project, id);
            roles.iter().filter(|role| role.name == "x").count()
        }
        _ => {
            let endpoints = state.endpoints(project);
            let is_it = |endpoint: &&neon_api::types::Endpoint| {
                endpoint.branch_id == *id && endpoint.type_ == EndpointType::ReadWrite
            };
            endpoints.iter().filter(is_it).count()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_created_and_what_exists_is_found() {
    for kind in KINDS {
        let (emulator, project) = world();
        let branch = bare(&emulator, &project);
        assert!(ensure(kind, &branch).await.unwrap(), "{kind}");
        assert_eq!(sent(&emulator, kind), 1);
        assert!(!ensure(kind, &branch).await.unwrap(), "{kind}");
        assert_eq!(sent(&emulator, kind), 1);
        assert_eq!(count(kind, &emulator, &branch), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_reconciled_whether_or_not_the_request_took_effect() {
    for kind in KINDS {
        for (fault, creations) in [
            (Fault::reset().after_effect(), 1),
            (Fault::truncate(5), 1),
            (Fault::proxy_page(502).after_effect(), 1),
            (Fault::reset(), 2),
            (Fault::proxy_page(503), 2),
        ] {
            let (emulator, project) = world();
            let branch = bare(&emulator, &project);
            emulator.faults().inject(fault.on(kind));
            assert!(ensure(kind, &branch).await.unwrap(), "{kind}");
            assert_eq!(sent(&emulator, kind), creations, "{kind}");
            assert_eq!(count(kind, &emulator, &branch), 1, "{kind}");
            assert_eq!(emulator.faults().remaining(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_lost_again_and_again_end_as_an_unknown_outcome() {
    for kind in KINDS {
        let (emulator, project) = world();
        let branch = bare(&emulator, &project);
        emulator.faults().inject(Fault::reset().on(kind).always());
        let error = ensure(kind, &branch).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(sent(&emulator, kind), 3);
        assert_eq!(count(kind, &emulator, &branch), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn two_processes_at_once_end_with_one() {
    for kind in KINDS {
        for responses_are_lost in [false, true] {
            let (emulator, project) = world();
            let branch = bare(&emulator, &project);
            let faults = emulator.faults();
            // Both have listed before either creates.
            let lists = [
                "listProjectBranches",
                "listProjectBranchDatabases",
                "listProjectBranchRoles",
                "listProjectBranchEndpoints",
            ];
            for list in lists {
                faults.inject(
                    Fault::delay(Duration::from_millis(50))
                        .after_effect()
                        .on(list)
                        .times(2),
                );
            }
            if responses_are_lost {
                faults.inject(Fault::reset().after_effect().on(kind).times(2));
            }
            let other = client(&emulator).project(project.id()).branch(branch.id());
            let (one, two) = tokio::join!(ensure(kind, &branch), ensure(kind, &other));
            let (one, two) = (one.unwrap(), two.unwrap());
            if responses_are_lost {
                assert!(one || two, "{kind}");
            } else {
                assert!(one != two, "{kind}: {one} {two}");
            }
            assert!(sent(&emulator, kind) >= 2, "{kind}: they did not race");
            assert_eq!(count(kind, &emulator, &branch), 1, "{kind}");
            assert_eq!(
                done(&emulator, kind),
                usize::from(!responses_are_lost),
                "{kind}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_compared_exactly_and_on_all_pages() {
    let (emulator, project) = world();
    emulator.seed(|seed| {
        for name in [
            "preview/pr-4",
            "preview/pr-42-b",
            "Preview/pr-42",
            "a preview/pr-42",
        ] {
            seed.branch(project.id(), name).unwrap();
        }
    });
    let created = project.branches().ensure("preview/pr-42").await.unwrap();
    assert!(created.is_created());
    let id = created.into_value().into_inner().branch.id.clone();
    emulator
        .faults()
        .inject(Fault::empty_page().on("listProjectBranches").times(2));
    let found = project.branches().ensure("preview/pr-42").await.unwrap();
    assert!(!found.is_created());
    assert_eq!(found.branch.id, id);
    assert_eq!(emulator.faults().remaining(), 0);
    assert_eq!(sent(&emulator, "createProjectBranch"), 1);
}

#[tokio::test(start_paused = true)]
async fn locks_and_limits_are_waited_for() {
    for kind in KINDS {
        let (emulator, project) = world();
        let branch = bare(&emulator, &project);
        for status in [429, 423, 503] {
            emulator.faults().inject(Fault::status(status).on(kind));
        }
        assert!(ensure(kind, &branch).await.unwrap());
        assert_eq!(sent(&emulator, kind), 4);
        assert_eq!(count(kind, &emulator, &branch), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_killed_anywhere_leaves_at_most_one() {
    for kind in KINDS {
        let kills = at_every_poll(async |polls| {
            let (emulator, project) = world();
            let branch = bare(&emulator, &project);
            let faults = emulator.faults();
            faults.inject(Fault::delay(Duration::from_millis(5)).always());
            let ended = polled(polls, ensure(kind, &branch)).await.is_some();
            tokio::time::sleep(Duration::from_secs(60)).await;
            let requests = emulator.total_requests();
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(emulator.total_requests(), requests);
            ensure(kind, &branch).await.unwrap();
            assert_eq!(
                count(kind, &emulator, &branch),
                1,
                "{kind} after {polls} polls"
            );
            ended
        })
        .await;
        assert!(kills > 2, "{kind}: {kills}");
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_was_asked_for_is_sent_with_the_creation() {
    let (emulator, project) = world();
    let parent = bare(&emulator, &project);
    let ensure = project.branches().ensure("preview");
    let ensure = ensure
        .parent(parent.id())
        .at_lsn("0/1FE3A28")
        .expires_in(DAY)
        .owner("ci");
    let created = ensure
        .annotate("commit", "6f1d2c0")
        .with_compute()
        .ready()
        .await
        .unwrap();
    assert!(created.connection_uri().is_ok() && created.endpoints.len() == 1);
    let requests = emulator.requests();
    let creation = requests
        .iter()
        .find(|request| request.operation_id.as_deref() == Some("createProjectBranch"));
    let body = creation.unwrap().body.as_ref().unwrap();
    assert_eq!(body["branch"]["name"], "preview");
    assert_eq!(body["branch"]["parent_id"], parent.id().as_str());
    assert_eq!(body["branch"]["parent_lsn"], "0/1FE3A28");
    assert!(body["branch"]["expires_at"].is_string());
    assert_eq!(body["endpoints"][0]["type"], "read_write");
    assert_eq!(body["annotation_value"][OWNER], "ci");
    assert_eq!(body["annotation_value"]["commit"], "6f1d2c0");
}

#[tokio::test(start_paused = true)]
async fn what_another_process_is_creating_is_waited_for() {
    let latency = Duration::from_secs(4)..=Duration::from_secs(4);
    let (emulator, project) = crate::world_of(Emulator::builder().operation_latency(latency));
    let other = client(&emulator).project(project.id());
    let created = other.branches().create("x").with_compute().await.unwrap();
    let found = project.branches().ensure("x").with_compute().await.unwrap();
    assert!(!found.is_created());
    let running: Vec<_> = created
        .operations()
        .iter()
        .map(|operation| &operation.id)
        .collect();
    let awaited: Vec<_> = found
        .operations()
        .iter()
        .map(|operation| &operation.id)
        .collect();
    assert!(running.iter().all(|id| awaited.contains(id)), "{awaited:?}");
    found.ready().await.unwrap();
    let branch = project.branch(&created).get().await.unwrap();
    assert_eq!(branch.current_state, "ready");
}

#[tokio::test(start_paused = true)]
async fn what_was_created_a_moment_ago_is_waited_for() {
    let latency = Duration::from_secs(4)..=Duration::from_secs(4);
    let (emulator, project) = crate::world_of(Emulator::builder().operation_latency(latency));
    let made = emulator.seed(|seed| seed.branch(project.id(), "with a compute"));
    let branch = project.branch(&made.unwrap().branch.id);
    emulator
        .seed(|seed| seed.endpoint(project.id(), branch.id()))
        .unwrap();
    let other = client(&emulator).project(project.id()).branch(branch.id());
    let role = other.roles().create("x").await.unwrap().token();
    assert!(!role.operations().is_empty());
    let found = branch.roles().ensure("x").await.unwrap();
    assert_eq!(found.token(), role);
    found.ready().await.unwrap();
    let database = other.databases().create("x", "x").await.unwrap().token();
    let found = branch.databases().ensure("x", "x").await.unwrap();
    assert_eq!(found.token(), database);
    let neon = project.neon();
    let created = neon.projects().create("y").await.unwrap();
    let found = neon.projects().ensure("y").await.unwrap();
    assert_eq!(found.operations().len(), created.operations().len());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_fails_before_anything_is_sent() {
    let (emulator, project) = world();
    let branches = project.branches();
    let branch = project.branch("br-noisy-breeze-a5e59rrb");
    let long = "x".repeat(300);
    let faults = [
        branches.ensure("").await.map(drop),
        branches.ensure(&long).await.map(drop),
        branches.ensure("x").parent("No Branch").await.map(drop),
        branches.ensure("x").at_lsn("nowhere").await.map(drop),
        branches
            .ensure("x")
            .expires_in(DAY)
            .protected(true)
            .await
            .map(drop),
        branch.databases().ensure("app", "").await.map(drop),
        branch.roles().ensure(&long).await.map(drop),
        branch
            .endpoints()
            .ensure()
            .autoscaling(4.0..=1.0)
            .await
            .map(drop),
        project.neon().projects().ensure("").await.map(drop),
    ];
    for fault in faults {
        assert!(matches!(fault, Err(Error::InvalidInput(_))), "{fault:?}");
    }
    assert_eq!(emulator.total_requests(), 0);
}
