//! Calls that find no connection: how long they go on trying, and that they give up at once where
//! trying does not help.

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
use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Error, Rates, RetryPolicy};
use support::{Server, call, fail, ms, operation_of, status};
use tokio::time::Instant;

/// How a call ends that always fails so, when, and after how many requests.
async fn always(kind: FailureKind, method: &str, policy: RetryPolicy) -> (Error, Duration, usize) {
    let server = Server::new(move |_, _| fail(kind).after(ms(100)));
    let neon = server.builder().retry(policy).build().unwrap();
    let start = Instant::now();
    let error = call(&neon, method).await.unwrap_err();
    assert_eq!(error.attempts() as usize, server.total());
    assert!(!error.outcome_unknown() || method != "GET");
    (error, start.elapsed(), server.total())
}

#[tokio::test(start_paused = true)]
async fn a_call_tries_to_connect_for_thirty_seconds() {
    for (seed, method) in (0..20).flat_map(|seed| [(seed, "GET"), (seed, "POST")]) {
        fastrand::seed(seed);
        let (error, took, sent) =
            always(FailureKind::Connect, method, RetryPolicy::default()).await;
        // The next delay, of ten seconds at most, would have ended later.
        assert!(took >= ms(20_000) && took <= ms(30_100), "{took:?}");
        assert!((4..40).contains(&sent), "{sent}");
        assert!(error.is_retryable() && !error.outcome_unknown(), "{error}");
        let policy = RetryPolicy::default().unreachable_timeout(ms(2000));
        let (_, took, _) = always(FailureKind::Connect, method, policy).await;
        assert!(took <= ms(2100), "{took:?}");
        let policy = RetryPolicy::default().unreachable_timeout(Duration::ZERO);
        let (_, took, sent) = always(FailureKind::Connect, method, policy).await;
        assert_eq!((took, sent), (ms(100), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_host_is_tried_for_five_seconds() {
    for seed in 0..20 {
        fastrand::seed(seed);
        let policy = RetryPolicy::default();
        let (error, took, sent) = always(FailureKind::UnknownHost, "POST", policy).await;
        assert!(took <= ms(5100) && sent >= 2, "{took:?} {sent}");
        assert!(!error.is_retryable() && !error.outcome_unknown(), "{error}");
    }
    let policy = RetryPolicy::default().unreachable_timeout(Duration::ZERO);
    let (_, _, sent) = always(FailureKind::UnknownHost, "GET", policy).await;
    assert_eq!(sent, 1);
}

#[tokio::test(start_paused = true)]
async fn what_no_retry_mends_is_reported_at_once() {
    for method in ["GET", "POST"] {
        for kind in [FailureKind::Tls, FailureKind::Proxy, FailureKind::TooLarge] {
            let (error, took, sent) = always(kind, method, RetryPolicy::default()).await;
            assert_eq!((took, sent), (ms(100), 1));
            assert!(!error.is_retryable(), "{error}");
            let is_unknown = kind == FailureKind::TooLarge && method == "POST";
            assert_eq!(error.outcome_unknown(), is_unknown, "{error}");
        }
    }
}

/// The time counts anew after any other outcome, and waiting for permits does not count.
#[tokio::test(start_paused = true)]
async fn only_failures_to_connect_one_after_the_other_count() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0..2 | 3..5) => fail(FailureKind::Connect),
        ("createProjectBranchDatabase", 2) => status(429),
        _ => support::success(seen),
    });
    let rates = Rates::default().per_minute(3).burst(1);
    let neon = server
        .builder()
        .limiter(AccountLimiter::new(rates))
        .build()
        .unwrap();
    assert_eq!(call(&neon, "POST").await.unwrap(), 6);
    assert!(server.seen()[5].at >= ms(100_000));
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_cannot_connect_gives_up_without_multiplying_its_attempts() {
    let server = Server::new(|_, _| fail(FailureKind::Connect).after(ms(20)));
    let neon = server
        .builder()
        .limiter(AccountLimiter::default())
        .build()
        .unwrap();
    let start = Instant::now();
    for outcome in join_all((0..1000).map(|_| call(&neon, "POST"))).await {
        let error = outcome.unwrap_err();
        assert!(error.is_retryable() && !error.outcome_unknown(), "{error}");
    }
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap();
    // The last of them is first sent after 83 seconds.
    assert!((80..150).contains(&seconds), "{seconds}");
    assert!(server.total() <= 1000 + 100 + seconds, "{}", server.total());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarts_is_waited_for() {
    for method in ["GET", "POST", "DELETE"] {
        let server = Server::new(|seen, _| {
            if seen.at < ms(15_000) {
                fail(FailureKind::Connect)
            } else {
                support::success(seen)
            }
        });
        let neon = server.client();
        for outcome in join_all((0..100).map(|_| call(&neon, method))).await {
            outcome.unwrap();
        }
        assert!(server.count(operation_of(method)) <= 100 + 100 + 100 + 20);
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_of_the_policy_is_too_long() {
    for kind in [FailureKind::Connect, FailureKind::Interrupted] {
        let server = Server::steps(vec![fail(kind); 20]);
        let policy = RetryPolicy::default()
            .max_elapsed(Duration::MAX)
            .unreachable_timeout(Duration::MAX)
            .budget(0);
        let limiter = AccountLimiter::default();
        let builder = server.builder().limiter(limiter).retry(policy);
        let neon = builder.build().unwrap();
        assert_eq!(call(&neon, "GET").await.unwrap(), 21);
    }
}
