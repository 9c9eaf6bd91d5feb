//! What the engine makes of the network's own failures: over real sockets, through the client's own
//! connections where time need not be stopped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]
#![allow(dead_code, reason = "the socket server serves another test too")]

#[path = "support/socket.rs"]
mod socket;

use std::time::Duration;

use neon_api::ids::{EndpointId, ProjectId};
use neon_api::raw::transport::FailureKind;
use neon_api::{Error, HttpTransport, Neon, NeonBuilder, RetryPolicy, Unlimited};
use neon_api_emulator::spec::sample;
use serde_json::json;
use socket::{Deed, OutsideOfTime, SocketServer};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

const CREATE_LINE: &str = "POST /projects/late-frost-12345678/branches";

fn project() -> ProjectId {
    ProjectId::new("late-frost-12345678").unwrap()
}

fn success(operation: &str) -> Deed {
    let sample = sample::response(operation, &sample::Options::default());
    Deed::Response(200, sample.unwrap().body.unwrap().to_string())
}

fn builder(server: &SocketServer) -> NeonBuilder {
    Neon::builder()
        .api_key("napi_test")
        .base_url(server.base_url())
        .limiter(Unlimited)
}

fn kind(error: &Error) -> FailureKind {
    match error {
        Error::Transport(e) => e.kind(),
        other => panic!("{other}"),
    }
}

fn cut(status: u16) -> Deed {
    let body = json!({"code": "", "message": "x".repeat(1000)});
    Deed::Truncate(status, body.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_conflict_whose_body_is_cut_is_a_conflict() {
    let server = SocketServer::start(|_, _| cut(409)).await;
    let transport = OutsideOfTime(HttpTransport::new().unwrap());
    let neon = builder(&server).transport(transport).build().unwrap();
    let branches = neon.project(project()).branches();
    let error = branches.create("preview").await.unwrap_err();
    assert!(error.is_conflict() && !error.outcome_unknown(), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_429_whose_body_is_cut_reaches_the_limiter_and_is_retried() {
    let server = SocketServer::start(|_, before| match before {
        0 => cut(429),
        _ => success("createProjectBranch"),
    })
    .await;
    let transport = OutsideOfTime(HttpTransport::new().unwrap());
    let neon = builder(&server).transport(transport).build().unwrap();
    let branches = neon.project(project()).branches();
    let _ = branches.create("preview").await.unwrap();
    let lines: Vec<_> = server.seen().into_iter().map(|wire| wire.line).collect();
    assert_eq!(lines, [CREATE_LINE, CREATE_LINE]);
    assert_eq!(neon.stats().rate_limited, 1);
}

/// The bound of an attempt is shorter than that of connecting, and cuts it.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test(start_paused = true)]
async fn a_change_whose_connect_hangs_was_not_sent() {
    // It accepts, and says nothing: there is no session of TLS, and no request.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let neon = Neon::builder()
        .api_key("napi_test")
        .base_url(format!("https://{}", listener.local_addr().unwrap()))
        .transport(HttpTransport::new().unwrap())
        .limiter(Unlimited)
        .attempt_timeout(Duration::from_secs(2))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let start = Instant::now();
    let error = neon.projects().create("app").await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    assert_eq!(kind(&error), FailureKind::Connect, "{error}");
    assert!(!error.outcome_unknown() && error.attempts() == 1, "{error}");
    // So it is where the caller's own deadline cuts it.
    let hasty = neon.with_call_timeout(Duration::from_secs(1));
    let error = hasty.projects().create("app").await.unwrap_err();
    assert!(!error.outcome_unknown(), "{error}");
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Connections of a runtime are of no use to another while it is idle.
#[test]
fn a_change_on_a_second_runtime_does_not_wait_for_the_first() {
    let (serving, idle, other) = (
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap(),
        runtime(),
        runtime(),
    );
    let server = serving.block_on(SocketServer::start(|_, _| success("createProjectBranch")));
    let neon = builder(&server).build().unwrap();
    for runtime in [&idle, &other, &idle] {
        runtime.block_on(async {
            let branches = neon.project(project()).branches();
            let create = branches.create("preview").into_future();
            let outcome = tokio::time::timeout(Duration::from_secs(5), create).await;
            let _ = outcome.expect("it works at once").unwrap();
        });
    }
    assert_eq!(server.seen().len(), 3);
    assert_eq!(neon.stats().requests, 3);
}

#[tokio::test]
async fn requests_name_their_program_and_the_length_of_no_body() {
    let server = SocketServer::start(|_, _| success("startProjectEndpoint")).await;
    let neon = builder(&server).user_agent("my-app/1.0").build().unwrap();
    let endpoint = EndpointId::new("ep-misty-sea-a5833nbi").unwrap();
    neon.raw()
        .start_project_endpoint(&project(), &endpoint)
        .await
        .unwrap();
    let neon = builder(&server).build().unwrap();
    neon.raw()
        .start_project_endpoint(&project(), &endpoint)
        .await
        .unwrap();
    let own = concat!("neon-api/", env!("CARGO_PKG_VERSION"));
    let seen = server.seen();
    assert!(
        seen[0]
            .user_agent
            .starts_with(&format!("my-app/1.0 {own} "))
    );
    assert!(seen[1].user_agent.starts_with(&format!("{own} ")));
    for wire in &seen {
        assert!(wire.line.starts_with("POST "), "{wire:?}");
        assert_eq!(wire.content_length, Some(0), "{wire:?}");
    }
}

#[tokio::test]
async fn a_response_beyond_the_bound_is_an_error_and_is_not_read_again() {
    let server = SocketServer::start(|_, _| success("getProject")).await;
    let neon = builder(&server).max_response_bytes(10).build().unwrap();
    let error = neon.project(project()).get().await.unwrap_err();
    assert_eq!(kind(&error), FailureKind::TooLarge, "{error}");
    assert!(error.to_string().contains("10 bytes"), "{error}");
    assert_eq!(server.seen().len(), 1);
}
