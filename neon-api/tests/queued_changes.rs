//! The place of a change in its project's queue, while it is on its way and after it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::Mutex;
use std::time::Duration;

use futures::future::join;
use neon_api::{AccountLimiter, Limiter, Neon, Rates, RetryPolicy};
use support::{
    Seen, Server, Step, call, ms, operation, operation_id, operation_of, operations, status,
    success,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const CREATE: &str = "createProjectBranchDatabase";

fn queueing(server: &Server) -> Neon {
    let policy = RetryPolicy::default().queue_changes(true);
    server.builder().retry(policy).build().unwrap()
}

/// The names of the operations that were called, in order.
fn names(server: &Server) -> Vec<&'static str> {
    server.seen().iter().map(|seen| seen.operation).collect()
}

/// When the first and the last request of these operations came.
fn times(server: &Server, operation: &str) -> (Duration, Duration) {
    let seen = server.seen();
    let mut of = seen.iter().filter(|seen| seen.operation == operation);
    let first: &Seen = of.next().unwrap();
    (first.at, of.next_back().unwrap_or(first).at)
}

/// An answer that takes longer than places are kept for those that nobody polls.
#[tokio::test(start_paused = true)]
async fn a_change_keeps_its_place_while_it_is_on_its_way() {
    for queues in [false, true] {
        let server = Server::new(move |seen, at| match (seen.operation, at) {
            (CREATE, 0) if !queues => status(423),
            (CREATE, _) => success(seen).after(ms(29_000)),
            _ => success(seen),
        });
        let policy = RetryPolicy::default().queue_changes(queues);
        let neon = server.builder().retry(policy).build().unwrap();
        let later = async {
            sleep(ms(10)).await;
            call(&neon, "PATCH").await.unwrap();
        };
        let (first, ()) = join(call(&neon, "POST"), later).await;
        first.unwrap();
        let (_, sent) = times(&server, CREATE);
        let (next, _) = times(&server, operation_of("PATCH"));
        assert!(next >= sent + ms(29_000), "{queues}: {sent:?}, {next:?}");
    }
}

/// So does one that waits for its turn of the limiter.
#[tokio::test(start_paused = true)]
async fn a_change_keeps_its_place_while_it_waits_for_its_turn() {
    let server = Server::steps(vec![]);
    // A turn comes once in 40 seconds.
    let limiter = AccountLimiter::new(Rates::default().per_minute(3).burst(1).share(0.5));
    limiter.permit(&neon_api::raw::routes::LIST_PROJECTS).await;
    let policy = RetryPolicy::default().queue_changes(true);
    let builder = server.builder().retry(policy).limiter(limiter);
    let neon = builder.build().unwrap();
    let (first, second) = join(call(&neon, "POST"), call(&neon, "PATCH")).await;
    first.unwrap();
    second.unwrap();
    assert_eq!(
        names(&server),
        [CREATE, "listProjectOperations", operation_of("PATCH")]
    );
}

/// Nobody knows what a change has started whose caller did not wait for its answer.
#[tokio::test(start_paused = true)]
async fn a_change_that_was_dropped_on_its_way_is_waited_for() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        (CREATE, 0) => Step::Hang,
        _ => success(seen),
    });
    let neon = queueing(&server);
    timeout(ms(100), call(&neon, "POST")).await.unwrap_err();
    call(&neon, "POST").await.unwrap();
    assert_eq!(names(&server), [CREATE, "listProjectOperations", CREATE]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_refused_is_not_waited_for() {
    let server = Server::steps(vec![status(409)]);
    let neon = queueing(&server);
    call(&neon, "POST").await.unwrap_err();
    call(&neon, "POST").await.unwrap();
    assert_eq!(names(&server), [CREATE, CREATE]);
    // Nor is it when the one before it has been waited for.
    let server = Server::new(|seen, at| match (seen.operation, at) {
        (CREATE, 1) => status(409),
        _ => success(seen),
    });
    let neon = queueing(&server);
    call(&neon, "POST").await.unwrap();
    assert_eq!(server.total(), 1);
    call(&neon, "POST").await.unwrap_err();
    call(&neon, "PATCH").await.unwrap();
    assert_eq!(
        names(&server),
        [
            CREATE,
            "listProjectOperations",
            CREATE,
            operation_of("PATCH")
        ]
    );
}

/// The base URL may have a segment of the same name.
#[tokio::test(start_paused = true)]
async fn projects_are_told_apart_behind_any_base_url() {
    for base in [
        "https://gateway.example/projects/neon/api/v2",
        "https://gateway.example",
    ] {
        let server = Server::new(|seen, at| match (seen.operation, at) {
            (CREATE, 0) => status(423),
            _ => success(seen),
        });
        let neon = server.builder().base_url(base).build().unwrap();
        call(&neon, "POST").await.unwrap();
        let looks = format!("{base}/projects/{}/operations", support::PROJECT);
        let seen = server.seen();
        assert!(seen[1].uri.starts_with(&looks), "{}", seen[1].uri);
    }
}

/// A server on which each create runs for a second, during which the project is locked.
fn one_at_a_time() -> Server {
    let free_at = Mutex::new(ms(0));
    Server::new(move |seen, _| {
        let mut free_at = free_at.lock().unwrap();
        let is_running = seen.at < *free_at;
        match seen.operation {
            "listProjectOperations" => {
                let status = if is_running { "running" } else { "finished" };
                operations(&[operation(&operation_id(1), status)])
            }
            CREATE if is_running => status(423),
            CREATE => {
                *free_at = seen.at + ms(1000);
                success(seen)
            }
            _ => success(seen),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_change_passes_those_of_the_background_lane() {
    for queues in [false, true] {
        let server = one_at_a_time();
        let policy = RetryPolicy::default().queue_changes(queues);
        let neon = server.builder().retry(policy).build().unwrap();
        let mut batch = JoinSet::new();
        for _ in 0..50 {
            let neon = neon.background();
            batch.spawn(async move { call(&neon, "POST").await.unwrap() });
        }
        sleep(ms(10_000)).await;
        for _ in 0..3 {
            let began = Instant::now();
            call(&neon, "POST").await.unwrap();
            // Behind the one that is about to be sent and the one that it starts.
            assert!(began.elapsed() <= ms(3000), "{:?}", began.elapsed());
        }
        assert!(!batch.is_empty());
        batch.join_all().await;
    }
}
