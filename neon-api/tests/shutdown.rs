//! The end of a client: changes in flight may end, no new ones begin, and what is not known is
//! reported.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use neon_api::raw::Route;
use neon_api::raw::transport::{BoxFuture, FailureKind};
use neon_api::{
    AccountLimiter, BlockReason, ChangeEnd, Error, KeyProvider, Limiter, Neon, Rates, RetryPolicy,
    Secret, ShutdownReport,
};
use support::{
    BRANCH, PROJECT, Server, Step, call, fail, handle, ms, operation, operation_id, operations,
    status, success,
};
use tokio::task::{JoinHandle, JoinSet, yield_now};
use tokio::time::{Instant, sleep, timeout};

const METHODS: [&str; 4] = ["POST", "PATCH", "PUT", "DELETE"];

fn spawn(neon: &Neon, method: &'static str) -> JoinHandle<Result<u32, Error>> {
    let neon = neon.clone();
    tokio::spawn(async move { call(&neon, method).await })
}

fn is_shut_down(error: &Error) -> bool {
    matches!(error, Error::Blocked(call) if *call.reason() == BlockReason::ShutDown)
}

/// What a report says of each change, without request IDs.
fn short(report: &ShutdownReport) -> Vec<(&'static str, String, ChangeEnd)> {
    let unknown = report.unknown().iter();
    unknown
        .map(|change| (change.route().id, change.path().to_owned(), change.end()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn changes_in_flight_end_and_no_new_ones_begin() {
    let server = Server::new(|seen, _| success(seen)).slow(ms(800));
    let neon = server.client();
    let changes: Vec<_> = METHODS.map(|method| spawn(&neon, method)).into();
    sleep(ms(300)).await;
    let began = Instant::now();
    let shutdown = tokio::spawn(neon.shutdown(Duration::from_secs(20)));
    yield_now().await;
    // By clones and derived clients too, and without a request.
    for derived in [neon.clone(), neon.background(), neon.with_request_id("a")] {
        for method in METHODS {
            let error = call(&derived, method).await.unwrap_err();
            assert!(is_shut_down(&error), "{error}");
            assert!(error.is_blocked() && !error.outcome_unknown() && !error.is_retryable());
            assert_eq!(error.attempts(), 0);
        }
    }
    assert_eq!(server.total(), 4);
    let report = shutdown.await.unwrap();
    assert_eq!(began.elapsed(), ms(500), "when the last has ended");
    assert!(report.is_clean());
    for change in changes {
        assert_eq!(change.await.unwrap().unwrap(), 1);
    }
    // Reads go on.
    call(&neon, "GET").await.unwrap();
    assert!(is_shut_down(&call(&neon, "POST").await.unwrap_err()));
    assert_eq!(server.total(), 5);
}

/// Counts the permits that are asked for.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Limiter for Counted {
    fn permit<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {})
    }
}

/// A key that takes a while.
#[derive(Debug)]
struct SlowKey;

impl KeyProvider for SlowKey {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async {
            sleep(ms(300)).await;
            Ok(Secret::new("slow"))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn changes_after_a_shutdown_take_no_permit_and_those_that_wait_for_a_key_are_not_sent() {
    let server = Server::new(|seen, _| success(seen));
    let permits = Arc::new(Counted::default());
    let builder = server.builder().limiter(Arc::clone(&permits));
    let neon = builder.key_provider(SlowKey).build().unwrap();
    let change = spawn(&neon, "POST");
    sleep(ms(100)).await;
    assert!(neon.shutdown(Duration::from_secs(60)).await.is_clean());
    assert!(is_shut_down(&change.await.unwrap().unwrap_err()));
    assert_eq!(server.total(), 0);
    let taken = permits.0.load(Ordering::SeqCst);
    for method in METHODS {
        assert!(is_shut_down(&call(&neon, method).await.unwrap_err()));
    }
    assert_eq!(permits.0.load(Ordering::SeqCst), taken);
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_at_the_deadline_is_reported() {
    let server = Server::new(|_, _| Step::Hang);
    let neon = server.client();
    let _changes: Vec<_> = METHODS.map(|method| spawn(&neon, method)).into();
    let _read = spawn(&neon, "GET");
    sleep(ms(100)).await;
    let began = Instant::now();
    let report = neon.shutdown(ms(700)).await;
    assert_eq!(began.elapsed(), ms(700));
    assert!(!report.is_clean());
    let branch = format!("/projects/{PROJECT}/branches/{BRANCH}");
    let expected = [
        ("createProjectBranchDatabase", "databases"),
        ("updateProjectBranchDatabase", "databases/app"),
        ("setSnapshotSchedule", "backup_schedule"),
        ("deleteProjectBranchDatabase", "databases/app"),
    ]
    .map(|(id, rest)| (id, format!("{branch}/{rest}"), ChangeEnd::InFlight));
    assert_eq!(short(&report), expected);
    for (change, seen) in report.unknown().iter().zip(server.seen()) {
        assert_eq!(seen.headers["x-request-id"], change.request_id());
        let shown = change.to_string();
        assert!(
            shown.contains(change.request_id()) && shown.contains(PROJECT),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_no_time_returns_at_once() {
    let server = Server::new(|seen, _| success(seen)).slow(ms(100));
    let neon = server.client();
    assert!(
        neon.shutdown(Duration::ZERO)
            .now_or_never()
            .unwrap()
            .is_clean()
    );
    let neon = server.client();
    let change = spawn(&neon, "POST");
    sleep(ms(50)).await;
    let report = neon.shutdown(Duration::ZERO).await;
    assert_eq!(report.unknown().len(), 1);
    // It can be called again, with more time.
    let report = neon.shutdown(ms(60)).await;
    assert!(report.is_clean());
    change.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn changes_that_were_dropped_in_flight_are_reported() {
    let server = Server::new(|seen, _| success(seen)).slow(ms(100));
    let neon = server.client();
    for method in METHODS.into_iter().chain(["GET"]) {
        let dropped = timeout(ms(50), call(&neon.with_request_id("mine"), method)).await;
        assert!(dropped.is_err());
    }
    // Never polled, or dropped before anything was sent: nothing is unknown.
    drop(call(&neon, "POST"));
    let other = server.client();
    assert!(
        other.shutdown(ms(1)).await.is_clean(),
        "other clients count for themselves"
    );
    let report = neon.shutdown(ms(1)).await;
    let ends: Vec<_> = short(&report)
        .into_iter()
        .map(|(id, _, end)| (id, end))
        .collect();
    let expected = [
        "createProjectBranchDatabase",
        "updateProjectBranchDatabase",
        "setSnapshotSchedule",
        "deleteProjectBranchDatabase",
    ];
    assert_eq!(ends, expected.map(|id| (id, ChangeEnd::Dropped)));
    assert!(
        report
            .unknown()
            .iter()
            .all(|change| change.request_id() == "mine")
    );
}

#[tokio::test(start_paused = true)]
async fn outcomes_that_are_known_are_not_reported_and_others_are() {
    for (step, is_unknown) in [
        (status(200), false),
        (status(404), false),
        (status(409), false),
        (status(429), false),
        (status(423), false),
        (status(503), false),
        (status(500), true),
        (status(502), true),
        (fail(FailureKind::Connect), false),
        (fail(FailureKind::NotSent), false),
        (fail(FailureKind::Interrupted), true),
        (fail(FailureKind::Timeout), true),
    ] {
        let label = format!("{step:?}");
        let server = Server::new(move |_, _| step.clone());
        let neon = server
            .builder()
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        let outcome = call(&neon, "POST").await;
        let report = neon.shutdown(ms(1)).await;
        assert_eq!(report.unknown().len(), usize::from(is_unknown), "{label}");
        if is_unknown {
            assert!(outcome.unwrap_err().outcome_unknown(), "{label}");
            assert_eq!(report.unknown()[0].end(), ChangeEnd::Failed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn changes_that_wait_for_a_permit_end_at_once_and_take_none() {
    let server = Server::new(|seen, _| success(seen)).slow(ms(100));
    for is_background in [false, true] {
        let rates = Rates::default().per_minute(60).burst(1);
        let neon = server.builder().limiter(AccountLimiter::new(rates));
        let neon = neon.build().unwrap();
        let lane = if is_background {
            neon.background()
        } else {
            neon.clone()
        };
        let mut changes = JoinSet::new();
        for _ in 0..100 {
            let lane = lane.clone();
            changes.spawn(async move { call(&lane, "POST").await });
        }
        sleep(ms(50)).await;
        let sent = server.total();
        let began = Instant::now();
        assert!(neon.shutdown(Duration::from_secs(60)).await.is_clean());
        let outcomes = changes.join_all().await;
        assert_eq!(began.elapsed(), ms(50), "the first was in flight");
        let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        assert_eq!(refused.filter(|error| is_shut_down(error)).count(), 99);
        assert_eq!(server.total(), sent);
    }
}

#[tokio::test(start_paused = true)]
async fn changes_that_wait_for_a_retry_or_for_a_locked_project_are_not_sent_again() {
    for refusal in [
        status(429).header("retry-after", "60"),
        status(503).header("retry-after", "60"),
        status(423),
    ] {
        let label = format!("{refusal:?}");
        let server = Server::new(move |seen, _| match seen.operation {
            "listProjectOperations" => operations(&[operation(&operation_id(1), "running")]),
            _ => refusal.clone(),
        });
        let neon = server.client();
        let changes: Vec<_> = (0..10).map(|_| spawn(&neon, "POST")).collect();
        sleep(Duration::from_secs(10)).await;
        let sent = server.count("createProjectBranchDatabase");
        let began = Instant::now();
        let report = neon.shutdown(Duration::from_secs(60)).await;
        assert!(report.is_clean(), "{label}: the API took none of them");
        let mut attempts = 0;
        for change in changes {
            let error = change.await.unwrap().unwrap_err();
            assert!(is_shut_down(&error), "{label}: {error}");
            attempts += usize::try_from(error.attempts()).unwrap();
        }
        assert_eq!(attempts, sent, "{label}");
        assert_eq!(began.elapsed(), Duration::ZERO, "{label}");
        assert_eq!(server.count("createProjectBranchDatabase"), sent, "{label}");
        assert_eq!(server.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_for_operations_go_on() {
    let server = Server::new(|seen, _| {
        let is_running = seen.at < ms(5000);
        let status = if is_running { "running" } else { "finished" };
        operations(&[operation(&operation_id(1), status)])
    });
    let neon = server.client();
    let wait = tokio::spawn(neon.wait(handle([1])).into_future());
    assert!(neon.shutdown(Duration::from_secs(60)).await.is_clean());
    wait.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn changes_dropped_at_any_moment_leave_no_count_behind() {
    for seed in 0..200 {
        fastrand::seed(seed);
        let server = Server::new(|seen, at| match at % 4 {
            0 => status(429),
            1 => status(423),
            2 => fail(FailureKind::Connect),
            _ => success(seen).after(ms(fastrand::u64(0..300))),
        });
        let rates = Rates::default().per_minute(1200).burst(5);
        let neon = server.builder().limiter(AccountLimiter::new(rates));
        let neon = neon.build().unwrap();
        let mut changes = JoinSet::new();
        for _ in 0..20 {
            let (neon, patience) = (neon.clone(), ms(fastrand::u64(0..5000)));
            changes.spawn(async move { drop(timeout(patience, call(&neon, "POST")).await) });
        }
        sleep(ms(fastrand::u64(0..3000))).await;
        let report = neon.shutdown(Duration::from_secs(3600)).await;
        // No request that somebody waits for is left, and none follows.
        let sent = server.count("createProjectBranchDatabase");
        changes.join_all().await;
        assert_eq!(server.count("createProjectBranchDatabase"), sent);
        let ends = report.unknown().iter().map(neon_api::UnknownChange::end);
        assert!(ends.into_iter().all(|end| end == ChangeEnd::Dropped));
        assert!(neon.shutdown(Duration::ZERO).await.unknown().len() == report.unknown().len());
    }
}
