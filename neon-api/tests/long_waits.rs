//! Calls that wait in silence: each says so once in the log, with the cause, and the queue can be
//! counted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use futures::future::join_all;
use neon_api::{AccountLimiter, Neon, Rates, RetryPolicy};
use support::capture::{Capture, Noted};
use support::{Server, Step, call, fail, ms, operation, operation_id, operations, status};
use tracing::Level;

/// The warnings while a call of this method runs, which succeeds.
async fn warnings(neon: &Neon, method: &str) -> Vec<Noted> {
    let (capture, _guard) = Capture::start();
    call(neon, method).await.unwrap();
    warnings_of(&capture)
}

fn warnings_of(capture: &Capture) -> Vec<Noted> {
    let mut events = capture.events();
    events.retain(|event| event.level() == Level::WARN);
    for event in &events {
        assert_eq!(event.target, "neon_api");
        assert_eq!(event.get("message"), Some("still waiting"));
        assert_eq!(event.get("waited_ms"), Some("5000"));
        assert!(!format!("{event:?}").contains("napi_"));
    }
    events
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_permit_is_logged_after_five_seconds() {
    let server = Server::steps(vec![]);
    let rates = Rates::default().per_minute(60).burst(1);
    let neon = server
        .builder()
        .limiter(AccountLimiter::new(rates))
        .build()
        .unwrap();
    let (capture, _guard) = Capture::start();
    for outcome in join_all((0..30).map(|_| call(&neon, "GET"))).await {
        outcome.unwrap();
    }
    // Five of them wait for less.
    let warnings = warnings_of(&capture);
    assert_eq!(warnings.len(), 25);
    let mut spans: Vec<_> = warnings.iter().map(|event| event.within).collect();
    spans.sort_unstable();
    spans.dedup();
    assert_eq!(spans.len(), 25, "one of each call");
    for event in warnings {
        assert_eq!(event.get("reason"), Some("limiter"));
        assert_eq!(event.get("operation"), Some("listProjectBranchDatabases"));
        assert_eq!(event.get("last_request"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_backoff_is_logged_with_its_cause() {
    let asks = |code: u16, seconds: &str| status(code).header("retry-after", seconds);
    for (steps, reason, last) in [
        (
            vec![asks(429, "20")],
            "rate_limited",
            "was rejected with 429",
        ),
        (vec![asks(503, "6")], "unavailable", "failed with 503"),
        // None of them is long, but all of them together are.
        (vec![asks(503, "2"); 4], "unavailable", "failed with 503"),
        // Once, however many follow.
        (vec![asks(503, "20"); 4], "unavailable", "failed with 503"),
    ] {
        let server = Server::steps(steps);
        let warnings = warnings(&server.client(), "POST").await;
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].get("reason"), Some(reason));
        assert_eq!(warnings[0].get("last_request"), Some(last));
    }
    // The time of the attempts does not count.
    let slow = status(503).header("retry-after", "2").after(ms(20_000));
    let server = Server::steps(vec![slow; 2]);
    assert!(warnings(&server.client(), "POST").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_locked_project_is_logged() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0) => status(423),
        ("listProjectOperations", _) if seen.at < ms(30_000) => {
            operations(&[operation(&operation_id(1), "running")])
        }
        _ => support::success(seen),
    });
    let warnings = warnings(&server.client(), "POST").await;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].get("reason"), Some("locked"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_retry_budget_is_logged() {
    let server = Server::new(|seen, at| {
        if at < 15 {
            Step::Fail(neon_api::raw::transport::FailureKind::Interrupted)
        } else {
            support::success(seen)
        }
    });
    let policy = RetryPolicy::default().budget(0).delay(ms(1), ms(1));
    let neon = server.builder().retry(policy).build().unwrap();
    let warnings = warnings(&neon, "GET").await;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].get("reason"), Some("retry_budget"));
    assert_eq!(warnings[0].get("last_request"), Some("got no response"));
}

#[tokio::test(start_paused = true)]
async fn the_calls_in_the_queue_are_counted() {
    let (_capture, _guard) = Capture::start();
    let server = Server::steps(vec![fail(neon_api::raw::transport::FailureKind::Connect)]);
    let rates = Rates::default().per_minute(60).burst(1);
    let neon = server
        .builder()
        .limiter(AccountLimiter::new(rates))
        .build()
        .unwrap();
    assert_eq!(neon.stats().queued, 0);
    let mut calls: Vec<_> = (0..10).map(|_| Box::pin(call(&neon, "GET"))).collect();
    for call in &mut calls {
        assert!(futures::poll!(call.as_mut()).is_pending());
    }
    // The first was sent, found no connection and backs off.
    assert_eq!((neon.stats().queued, server.total()), (9, 1));
    calls.truncate(4);
    assert_eq!(neon.stats().queued, 3);
    for outcome in join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(neon.stats().queued, 0);
}
