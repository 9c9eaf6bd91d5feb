//! Raw calls, ergonomic calls, pages and polls pass through one engine: each is driven through the
//! same faults, and the requests are counted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use futures::TryStreamExt;
use neon_api::Neon;
use neon_api::raw::transport::FailureKind;
use neon_api::types::{ListProjectBranchesQuery, ListProjectsQuery};
use support::lists::sample;
use support::{
    Server, Step, fail, handle, ok, operation, operation_id, operations, project_id, status,
};
use tokio::time::Instant;

/// What every call has to get over. The network's transport reports a truncated body as an
/// interrupted answer, as it does a reset.
fn faults() -> Vec<(&'static str, Step)> {
    vec![
        ("429", status(429)),
        ("423", status(423)),
        ("503", status(503)),
        ("reset", fail(FailureKind::Interrupted)),
        (
            "truncated body",
            fail(FailureKind::Interrupted).after(support::ms(40)),
        ),
    ]
}

fn server(fault: Step, faulty: &'static str) -> Server {
    Server::new(move |seen, at| match (seen.operation, at) {
        (operation, 0) if operation == faulty => fault.clone(),
        ("listProjectOperations", _) => operations(&[operation(&operation_id(1), "finished")]),
        ("getProject" | "createProjectBranch", _) => ok(&sample(seen.operation)),
        _ => support::success(seen),
    })
}

async fn drive(faulty: &'static str, run: impl AsyncFn(&Neon), extra: impl Fn(&str) -> usize) {
    for (name, fault) in faults() {
        let server = server(fault, faulty);
        let neon = server.client();
        let start = Instant::now();
        run(&neon).await;
        assert_eq!(server.count(faulty), 2, "{faulty} after {name}");
        assert_eq!(server.total(), 2 + extra(name), "{faulty} after {name}");
        let stats = neon.stats();
        assert_eq!(usize::try_from(stats.requests).unwrap(), server.total());
        assert_eq!(stats.retries, 1);
        assert_eq!(stats.rate_limited, u64::from(name == "429"));
        assert_eq!(stats.locked, u64::from(name == "423"));
        assert!(start.elapsed() < support::ms(1000), "{name}");
    }
}

/// A call that names a project looks at its operations once before it is repeated after 423.
fn one_look_if_locked(fault: &str) -> usize {
    usize::from(fault == "423")
}

#[tokio::test(start_paused = true)]
async fn a_raw_call() {
    let project = project_id();
    let run = async |neon: &Neon| {
        let query = ListProjectBranchesQuery::default();
        let answer = neon.raw().list_project_branches(&project, &query).await;
        assert_eq!(answer.unwrap().attempts(), 2);
    };
    drive("listProjectBranches", run, one_look_if_locked).await;
}

#[tokio::test(start_paused = true)]
async fn a_raw_call_without_a_project() {
    let run = async |neon: &Neon| {
        let query = ListProjectsQuery::default();
        assert_eq!(
            neon.raw().list_projects(&query).await.unwrap().attempts(),
            2
        );
    };
    drive("listProjects", run, |_| 0).await;
}

#[tokio::test(start_paused = true)]
async fn an_ergonomic_call() {
    let run = async |neon: &Neon| {
        neon.project(project_id()).get().await.unwrap();
    };
    drive("getProject", run, one_look_if_locked).await;
}

#[tokio::test(start_paused = true)]
async fn a_page() {
    let run = async |neon: &Neon| {
        let branches = neon.project(project_id()).branches();
        let all: Vec<_> = branches.list().try_collect().await.unwrap();
        assert!(all.is_empty());
    };
    drive("listProjectBranches", run, one_look_if_locked).await;
}

#[tokio::test(start_paused = true)]
async fn a_poll() {
    let run = async |neon: &Neon| {
        neon.wait(handle([1])).await.unwrap();
    };
    drive("listProjectOperations", run, |_| 0).await;
}

/// A change is not repeated after a reset or a truncated body, by whatever way it was made.
#[tokio::test(start_paused = true)]
async fn a_change() {
    for (name, fault) in faults() {
        let server = server(fault, "createProjectBranch");
        let neon = server.client();
        let branches = neon.project(project_id()).branches();
        let outcome = branches.create("preview").await;
        let is_lost = matches!(name, "reset" | "truncated body");
        let requests = server.count("createProjectBranch");
        assert_eq!(requests, if is_lost { 1 } else { 2 }, "{name}");
        match outcome {
            Ok(_) => assert!(!is_lost, "{name}"),
            Err(error) => assert!(is_lost && error.outcome_unknown(), "{name}: {error}"),
        }
    }
}
