//! Polls of normal waits let other calls go first, for a while. Those of the background lane are in
//! `background`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::time::Duration;

use neon_api::{AccountLimiter, Neon};
use support::{Server, call, handle, ms, operation, operation_id, operations, success};
use tokio::task::JoinSet;
use tokio::time::sleep;

const POLL: &str = "listProjectOperations";
const CREATE: &str = "createProjectBranchDatabase";

/// A server on which operation 1 has finished, and a client that is paced.
fn paced() -> (Server, Neon) {
    let server = Server::new(|seen, _| match seen.operation {
        POLL => operations(&[operation(&operation_id(1), "finished")]),
        _ => success(seen),
    });
    let neon = server.builder().limiter(AccountLimiter::default());
    (server, neon.build().unwrap())
}

fn creates(neon: &Neon, count: usize) -> JoinSet<u32> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let neon = neon.clone();
        tasks.spawn(async move { call(&neon, "POST").await.unwrap() });
    }
    tasks
}

/// When the requests of an operation were sent.
fn sent(server: &Server, operation: &str) -> Vec<Duration> {
    let seen = server.seen();
    let of_operation = seen.iter().filter(|seen| seen.operation == operation);
    of_operation.map(|seen| seen.at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_poll_is_sent_after_the_calls_that_wait_for_permits() {
    let (server, neon) = paced();
    // The limit of a route in any second holds up five of them, while the account has permits again.
    let tasks = creates(&neon, 45);
    sleep(ms(400)).await;
    assert_eq!(server.count(CREATE), 40);
    neon.wait(handle([1])).await.unwrap();
    tasks.join_all().await;
    let (creates, polls) = (sent(&server, CREATE), sent(&server, POLL));
    assert_eq!((creates.len(), polls.len()), (45, 1));
    assert!(creates[40] >= ms(1000), "{creates:?}");
    assert!(polls[0] >= creates[44], "{polls:?}, {creates:?}");
}

#[tokio::test(start_paused = true)]
async fn a_poll_yields_to_calls_that_never_end_for_a_second_and_a_quarter() {
    let (server, neon) = paced();
    let mut web = JoinSet::new();
    for _ in 0..4 {
        let neon = neon.clone();
        web.spawn(async move {
            loop {
                call(&neon, "GET").await.unwrap();
            }
        });
    }
    sleep(ms(5000)).await;
    let wait = tokio::spawn(neon.wait(handle([1])).into_future());
    sleep(ms(1240)).await;
    assert_eq!(server.count(POLL), 0);
    let before = server.total();
    wait.await.unwrap().unwrap();
    // Then it takes its place behind those four that wait.
    assert_eq!(server.count(POLL), 1);
    let passed = server.total() - before;
    assert!(passed <= 8, "{passed}");
    web.abort_all();
}
