//! The four kinds of requests over real sockets, each through the same faults: what was sent is read
//! off the wire.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

#[path = "support/socket.rs"]
mod socket;
mod support;

use std::collections::HashSet;

use futures::TryStreamExt;
use neon_api::ids::{OperationId, ProjectId};
use neon_api::types::ListProjectBranchesQuery;
use neon_api::{HttpTransport, Neon, Unlimited, WaitToken};
use neon_api_emulator::spec::sample;
use serde_json::{Value, json};
use socket::{Deed, OutsideOfTime, SocketServer};
use support::{PROJECT, ms, operation, operation_id};
use tokio::time::Instant;

const PROJECT_LINE: &str = "GET /projects/late-frost-12345678";
const BRANCHES_LINE: &str = "GET /projects/late-frost-12345678/branches";
const OPERATIONS_LINE: &str = "GET /projects/late-frost-12345678/operations";
const CREATE_LINE: &str = "POST /projects/late-frost-12345678/branches";

fn error(status: u16) -> Deed {
    let body = json!({"code": "", "message": format!("made up {status}")});
    Deed::Response(status, body.to_string())
}

/// What comes first of each request, by name.
fn faults() -> Vec<(&'static str, Deed)> {
    let long = json!({"branches": [], "operations": [], "padding": "x".repeat(20_000)});
    vec![
        ("429", error(429)),
        ("423", error(423)),
        ("503", error(503)),
        ("reset", Deed::Reset),
        ("truncated body", Deed::Truncate(200, long.to_string())),
    ]
}

fn success(line: &str) -> Deed {
    let sample = |name| {
        let sample = sample::response(name, &sample::Options::default());
        sample.unwrap().body.unwrap()
    };
    let body: Value = match line {
        PROJECT_LINE => sample("getProject"),
        BRANCHES_LINE => json!({"branches": [], "annotations": {}, "pagination": {}}),
        OPERATIONS_LINE => json!({"operations": [operation(&operation_id(1), "finished")]}),
        CREATE_LINE => sample("createProjectBranch"),
        other => panic!("no answer to {other}"),
    };
    Deed::Response(200, body.to_string())
}

async fn server(faulty: &'static str, fault: Deed) -> (SocketServer, Neon) {
    let server = SocketServer::start(move |line, before| match before {
        0 if line == faulty => fault.clone(),
        _ => success(line),
    })
    .await;
    let neon = Neon::builder()
        .api_key("napi_test")
        .base_url(server.base_url())
        .limiter(Unlimited)
        .transport(OutsideOfTime(HttpTransport::new().unwrap()))
        .build()
        .unwrap();
    (server, neon)
}

/// Drives requests of one kind through every fault; `polls` says whether a call that is locked out
/// polls its project's operations before it is repeated.
async fn drive(faulty: &'static str, polls: bool, run: impl AsyncFn(&Neon)) {
    for (name, fault) in faults() {
        let (server, neon) = server(faulty, fault).await;
        let start = Instant::now();
        run(&neon).await;
        assert!(start.elapsed() < ms(1000), "{name}: {:?}", start.elapsed());
        let seen = server.seen();
        let lines: Vec<&str> = seen.iter().map(|wire| wire.line.as_str()).collect();
        let expected = if polls && name == "423" {
            vec![faulty, OPERATIONS_LINE, faulty]
        } else {
            vec![faulty, faulty]
        };
        assert_eq!(lines, expected, "{faulty} after {name}");
        // Each request has an ID of its own.
        let ids: HashSet<&str> = seen.iter().map(|wire| wire.request_id.as_str()).collect();
        assert!(ids.len() == seen.len() && !ids.contains(""), "{ids:?}");
        let stats = neon.stats();
        assert_eq!(usize::try_from(stats.requests).unwrap(), seen.len());
        assert_eq!(stats.retries, 1, "{faulty} after {name}");
        assert_eq!(stats.rate_limited, u64::from(name == "429"));
        assert_eq!(stats.locked, u64::from(name == "423"));
    }
}

#[tokio::test(start_paused = true)]
async fn raw_calls() {
    let project = ProjectId::new(PROJECT).unwrap();
    drive(BRANCHES_LINE, true, async |neon| {
        let query = ListProjectBranchesQuery::default();
        let answer = neon.raw().list_project_branches(&project, &query).await;
        assert_eq!(answer.unwrap().attempts(), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ergonomic_calls() {
    drive(PROJECT_LINE, true, async |neon| {
        let project = neon.project(ProjectId::new(PROJECT).unwrap());
        project.get().await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn pages() {
    drive(BRANCHES_LINE, true, async |neon| {
        let branches = neon.project(ProjectId::new(PROJECT).unwrap()).branches();
        let all: Vec<_> = branches.list().try_collect().await.unwrap();
        assert!(all.is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn polls() {
    drive(OPERATIONS_LINE, false, async |neon| {
        let id = OperationId::new(operation_id(1)).unwrap();
        let handle = WaitToken::new(ProjectId::new(PROJECT).unwrap(), [id]);
        neon.wait(handle).await.unwrap();
    })
    .await;
}

/// A change is sent once where nobody knows what became of the first.
#[tokio::test(start_paused = true)]
async fn changes() {
    for (name, fault) in faults() {
        let (server, neon) = server(CREATE_LINE, fault).await;
        let branches = neon.project(ProjectId::new(PROJECT).unwrap()).branches();
        let outcome = branches.create("preview").await;
        let seen = server.seen();
        let lines: Vec<&str> = seen.iter().map(|wire| wire.line.as_str()).collect();
        let expected = match name {
            "reset" | "truncated body" => vec![CREATE_LINE],
            "423" => vec![CREATE_LINE, OPERATIONS_LINE, CREATE_LINE],
            _ => vec![CREATE_LINE, CREATE_LINE],
        };
        assert_eq!(lines, expected, "{name}");
        match outcome {
            Ok(_) => assert!(expected.len() > 1, "{name}"),
            Err(error) => {
                assert!(error.outcome_unknown() && expected.len() == 1, "{error}");
                assert_eq!(error.request_id(), Some(seen[0].request_id.as_str()));
            }
        }
    }
}
