//! Waits for what is not there: projects, and operations that the API has forgotten; and for
//! operations that the API retries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::time::Duration;

use futures::future::join_all;
use neon_api::Error;
use serde_json::json;
use support::{
    Seen, Server, Step, call, handle, ms, ok, operation, operation_id, operations, status,
};
use tokio::time::Instant;

/// What the API says of a project that does not exist.
fn no_project() -> Step {
    let body = json!({"code": "", "message": "project not found"});
    Step::Response(404, Vec::new(), body.to_string())
}

fn page_of_a_gateway() -> Step {
    let body = "<html><title>404</title></html>";
    Step::Response(
        404,
        vec![("content-type", "text/html".to_owned())],
        body.to_owned(),
    )
}

fn list(status: &str) -> Step {
    operations(&[operation(&operation_id(1), status)])
}

#[tokio::test(start_paused = true)]
async fn a_project_that_does_not_exist_ends_its_waits_within_seconds() {
    let server = Server::new(|_, _| no_project());
    let neon = server.client();
    let start = Instant::now();
    let waits = (1..100).map(|n| neon.wait(handle([n])).into_future());
    for outcome in join_all(waits).await {
        let error = outcome.unwrap_err();
        assert!(error.is_not_found() && error.report().is_not_found());
        assert!(!error.is_timeout() && !error.is_refused() && !error.is_forgotten());
        let text = error.to_string();
        assert!(
            text.contains("was not found") && text.contains("project not found"),
            "{text}"
        );
        assert_eq!(error.poll_error().unwrap().status().unwrap(), 404);
        let error = Error::from(error);
        assert!(error.is_not_found() && !error.is_timeout() && !error.is_retryable());
    }
    let took = start.elapsed();
    assert!(took >= ms(5000) && took <= ms(9000), "{took:?}");
    assert!(server.total() <= 10, "{}", server.total());
    assert_eq!(server.count("getProjectOperation"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_project_may_be_missing_for_a_moment() {
    let server = Server::new(|seen, _| {
        if seen.at < ms(4500) {
            no_project()
        } else {
            list("finished")
        }
    });
    server.client().wait(handle([1])).await.unwrap();
}

/// 404 that comes and goes is not the API's word.
#[tokio::test(start_paused = true)]
async fn a_project_that_was_seen_is_not_missing() {
    let server = Server::new(|seen, at| match at % 3 {
        _ if seen.at > ms(60_000) => list("finished"),
        0 => list("running"),
        _ => no_project(),
    });
    server.client().wait(handle([1])).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_404_of_a_gateway_ends_no_wait() {
    let server = Server::new(|seen, _| {
        if seen.at < ms(100_000) {
            page_of_a_gateway()
        } else {
            list("finished")
        }
    });
    let neon = server.client();
    let error = neon
        .wait(handle([1]))
        .timeout(ms(50_000))
        .await
        .unwrap_err();
    assert!(error.is_timeout() && !error.is_not_found());
    neon.wait(handle([1])).await.unwrap();
}

/// A change that is locked out in a project whose operations cannot be seen is sent all the same.
#[tokio::test(start_paused = true)]
async fn a_project_without_operations_to_see_holds_up_no_change() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("listProjectOperations", _) => no_project(),
        (_, 0) => status(423),
        _ => support::success(seen),
    });
    let start = Instant::now();
    call(&server.client(), "POST").await.unwrap();
    assert!(start.elapsed() < ms(10_000), "{:?}", start.elapsed());
}

/// A server that knows some operations by their lists, and others by their IDs alone.
fn knowing(listed: fn(&Seen) -> Step, by_id: fn(&Seen, usize) -> Step) -> Server {
    Server::new(move |seen, at| match seen.operation {
        "listProjectOperations" => listed(seen),
        _ => by_id(seen, at),
    })
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_operation_ends_the_wait_as_forgotten() {
    let server = knowing(|_| list("running"), |_, _| status(404));
    let start = Instant::now();
    let error = server.client().wait(handle([1, 2])).await.unwrap_err();
    assert!(error.is_forgotten() && error.report().is_forgotten());
    assert!(!error.is_timeout() && !error.is_failure() && !error.is_not_found());
    let took = start.elapsed();
    assert!(took >= ms(10_000) && took <= ms(20_000), "{took:?}");
    let text = error.to_string();
    assert!(
        text.contains(&format!("has no operation {};", operation_id(2))),
        "{text}"
    );
    assert_eq!(error.operations().len(), 1);
    assert!(server.count("getProjectOperation") <= 10);
    let error = Error::from(error);
    assert!(error.is_forgotten() && !error.is_not_found() && !error.is_timeout());
}

/// Each has one of its own, so that each needs an end of its own.
#[tokio::test(start_paused = true)]
async fn many_forgotten_operations_end_their_waits_within_half_a_minute() {
    for crowd in [6, 30, 100] {
        let server = knowing(|_| list("running"), |_, _| status(404)).slow(ms(50));
        let builder = server
            .builder()
            .limiter(neon_api::AccountLimiter::default());
        let neon = builder.build().unwrap();
        let start = Instant::now();
        let waits = (2..2 + crowd).map(|n| neon.wait(handle([n])).into_future());
        for outcome in join_all(waits).await {
            let error = outcome.unwrap_err();
            assert!(error.is_forgotten(), "{error}");
        }
        let took = start.elapsed();
        assert!(took <= Duration::from_secs(30), "{crowd}: {took:?}");
        assert!(
            server.total() <= 60 + 3 * crowd,
            "{crowd}: {}",
            server.total()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_comes_late_is_not_forgotten() {
    let server = knowing(
        |_| operations(&[]),
        |seen, _| {
            if seen.at < ms(9000) {
                return status(404);
            }
            ok(&json!({"operation": operation(&operation_id(1), "finished")}))
        },
    );
    server.client().wait(handle([1])).await.unwrap();
}

/// Its 404 is not the API's word.
#[tokio::test(start_paused = true)]
async fn an_operation_that_a_gateway_does_not_find_is_not_forgotten() {
    let server = knowing(|_| operations(&[]), |_, _| page_of_a_gateway());
    let wait = server.client().wait(handle([1])).timeout(ms(60_000));
    let error = wait.await.unwrap_err();
    assert!(error.is_timeout() && !error.is_forgotten(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_more_than_what_is_forgotten() {
    let server = knowing(
        |seen| {
            list(if seen.at < ms(5000) {
                "running"
            } else {
                "failed"
            })
        },
        |_, _| status(404),
    );
    let error = server.client().wait(handle([1, 2])).await.unwrap_err();
    assert!(error.is_failure() && !error.is_forgotten());
}

/// `error` with a retry ahead, then whatever the API says next.
#[tokio::test(start_paused = true)]
async fn an_error_with_a_retry_ahead_is_not_final() {
    for (last, is_ok) in [("finished", true), ("failed", false), ("error", false)] {
        let server = Server::new(move |_, at| {
            let mut operation = operation(&operation_id(1), if at < 5 { "error" } else { last });
            operation["failures_count"] = json!(1);
            if at < 5 {
                // That it is past says nothing: this machine's clock may be wrong.
                let at = if at % 2 == 0 {
                    "2020-01-01T00:00:00Z"
                } else {
                    "2100-01-01T00:00:00Z"
                };
                operation["retry_at"] = json!(at);
                operation["error"] = json!("no capacity");
            }
            operations(&[operation])
        });
        let neon = server.client();
        let outcome = neon.wait(handle([1])).await;
        assert_eq!(server.total(), 6);
        assert_eq!(outcome.is_ok(), is_ok, "{last}");
        assert!(outcome.err().is_none_or(|error| error.is_failure()));
    }
    // Where no retry comes of it, it is time that runs out.
    let mut stuck = operation(&operation_id(1), "error");
    stuck["retry_at"] = json!("2026-01-01T00:00:00Z");
    let server = Server::new(move |_, _| operations(&[stuck.clone()]));
    let wait = server.client().wait(handle([1])).timeout(ms(30_000));
    let error = wait.await.unwrap_err();
    assert!(error.is_timeout() && !error.is_failure());
}
