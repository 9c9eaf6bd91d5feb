//! Futures that their owner does not poll, as those in a buffer while the loop's body runs: nobody
//! else may wait for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::time::Duration;

use futures::future::{Either, FutureExt, LocalBoxFuture, join_all, select};
use futures::{StreamExt, stream};
use neon_api::ids::ProjectId;
use neon_api::{Neon, RetryPolicy, Unlimited, WaitError};
use neon_api_emulator::{Emulator, Fault};
use support::{Server, handle, ms, operation, operation_id, operations};
use tokio::time::{Instant, sleep, timeout};

/// Polls a future for some time and gives it back unless it has finished.
async fn polled_for<'a, T: 'a>(
    time: Duration,
    future: impl Future<Output = T> + 'a,
) -> Option<LocalBoxFuture<'a, T>> {
    match select(future.boxed_local(), sleep(time).boxed()).await {
        Either::Left(_) => None,
        Either::Right(((), future)) => Some(future),
    }
}

async fn wait(neon: &Neon, number: usize) -> Result<(), WaitError<()>> {
    neon.wait(handle([number])).await
}

/// Operations that end after 10 s; each poll takes 300 ms.
fn server() -> Server {
    Server::new(|seen, _| {
        let is_running = seen.at < ms(10_000);
        let status = if is_running { "running" } else { "finished" };
        let list = (1..4).map(|n| operation(&operation_id(n), status));
        operations(&list.collect::<Vec<_>>()).after(ms(300))
    })
}

#[tokio::test(start_paused = true)]
async fn a_wait_does_not_depend_on_one_that_is_not_polled() {
    // It stops while it waits for the time of a poll, and during one.
    for stops_after in (1..100).map(|n| ms(25 * n)) {
        let server = server();
        let neon = server.client();
        let start = Instant::now();
        let first = polled_for(stops_after, wait(&neon, 1)).await.unwrap();
        wait(&neon, 2).await.unwrap();
        let took = start.elapsed();
        // As soon as if all were polled: an interval and a poll after the end.
        assert!(took <= ms(10_000 + 1600), "{stops_after:?}: {took:?}");
        assert!(server.total() < 30, "{}", server.total());
        assert!(first.now_or_never().unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_goes_on_with_whoever_is_polled_and_ends_with_the_last_wait() {
    let server = server();
    let neon = server.client();
    let first = polled_for(ms(200), wait(&neon, 1)).await.unwrap();
    assert_eq!((server.total(), server.in_flight()), (1, 1));
    // Amid the poll that the first one began, which ends as it would have.
    let second = polled_for(ms(50), wait(&neon, 2)).await.unwrap();
    assert_eq!((server.total(), server.in_flight()), (1, 1));
    let second = polled_for(ms(100), second).await.unwrap();
    // Its own one follows at once.
    assert_eq!((server.total(), server.in_flight()), (2, 1));
    // The first one was not polled since, and takes no part in it.
    drop(second);
    assert_eq!(server.in_flight(), 0);
    let third = polled_for(ms(50), wait(&neon, 3)).await.unwrap();
    assert_eq!((server.total(), server.in_flight()), (3, 1));
    let first = polled_for(ms(50), first).await.unwrap();
    drop(third);
    assert_eq!(server.in_flight(), 1, "it takes part in this one");
    drop(first);
    assert_eq!(server.in_flight(), 0);
    sleep(ms(60_000)).await;
    assert_eq!(server.total(), 3);
}

#[tokio::test(start_paused = true)]
async fn many_waits_go_on_without_the_one_that_began() {
    let server = server();
    let neon = server.client();
    let first = polled_for(ms(200), wait(&neon, 1)).await.unwrap();
    let others = join_all((0..100).map(|_| wait(&neon, 2)));
    let others = polled_for(ms(5200), others).await.unwrap();
    // As many as of one wait.
    assert!((8..16).contains(&server.total()), "{}", server.total());
    assert!(server.in_flight() <= 1);
    for outcome in others.await {
        outcome.unwrap();
    }
    assert!(server.total() < 25, "{}", server.total());
    first.await.unwrap();
}

/// A wait that is left behind on a runtime that does nothing, or is gone, holds up nobody on another
/// one. Each runtime has a clock of its own.
#[test]
fn a_wait_does_not_depend_on_another_runtime() {
    for is_gone in [false, true] {
        let server = Server::new(|_, at| {
            let status = if at < 3 { "running" } else { "finished" };
            let list = (1..4).map(|n| operation(&operation_id(n), status));
            operations(&list.collect::<Vec<_>>()).after(ms(20))
        });
        let neon = server.client();
        let runtime = || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.enable_time().start_paused(true).build().unwrap()
        };
        let idle = runtime();
        // It stops amid its first poll.
        let left = idle.block_on(polled_for(ms(10), wait(&neon, 1))).unwrap();
        let idle = (!is_gone).then_some(idle);
        let other = runtime();
        let outcome = other.block_on(async {
            let patience = Duration::from_secs(4);
            timeout(patience, wait(&neon, 2)).await
        });
        outcome.unwrap().unwrap();
        drop(left);
        drop(idle);
    }
}

fn emulator(latency: std::ops::RangeInclusive<Duration>) -> Emulator {
    Emulator::builder()
        .operation_latency(latency)
        .conflicts(true)
        .seed(1)
        .build()
}

fn client(emulator: &Emulator, policy: RetryPolicy) -> Neon {
    let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
    let builder = builder.retry(policy).transport(emulator.transport());
    builder.build().unwrap()
}

/// A project that has become idle.
async fn project(neon: &Neon) -> ProjectId {
    let created = neon.projects().create("app").await.unwrap();
    let created = created.ready().await.unwrap();
    sleep(Duration::from_secs(60)).await;
    created.project.id
}

#[tokio::test(start_paused = true)]
async fn a_change_does_not_depend_on_an_earlier_one_that_is_not_polled() {
    for policy in [false, true].map(|queue| RetryPolicy::default().queue_changes(queue)) {
        // It stops behind another one, at the head of the queue, and on its way.
        for stops_after in (0..60).map(|n| ms(50 * n + 1)) {
            let emulator = emulator(ms(1000)..=ms(1000));
            let neon = client(&emulator, policy.clone());
            let project = project(&neon).await;
            let way = Fault::delay(ms(250)).on("createProjectBranch").always();
            emulator.faults().inject(way);
            let create = async |number: usize| {
                let branches = neon.project(&project).branches();
                branches.create(format!("preview/{number}")).await.unwrap()
            };
            drop(create(0).await);
            let unpolled = polled_for(stops_after, create(1)).await;
            let start = Instant::now();
            drop(create(2).await);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(20), "{stops_after:?}: {took:?}");
            if let Some(unpolled) = unpolled {
                drop(timeout(Duration::from_secs(10), unpolled).await.unwrap());
            }
        }
    }
}

/// Runs the manner of loop that leaves a buffer's futures unpolled while its body runs.
async fn buffered(neon: &Neon, project: &ProjectId) {
    let create = async |name: String| {
        let created = neon.project(project).branches().create(name).await.unwrap();
        created.ready().await.unwrap();
    };
    let mut made = stream::iter(0..16)
        .map(|number| create(format!("made/{number}")))
        .buffer_unordered(8)
        .enumerate();
    while let Some((number, ())) = made.next().await {
        create(format!("then/{number}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_loop_does_not_depend_on_the_futures_in_its_buffer() {
    for policy in [false, true].map(|queue| RetryPolicy::default().queue_changes(queue)) {
        for seed in 0..10 {
            fastrand::seed(seed);
            let emulator = emulator(ms(100)..=ms(300));
            let neon = client(&emulator, policy.clone());
            let project = project(&neon).await;
            emulator.clear_requests();
            let start = Instant::now();
            let limit = Duration::from_secs(16 * 15);
            timeout(limit, buffered(&neon, &project)).await.unwrap();
            let requests = emulator.requests();
            let refused = requests.iter().filter(|r| r.status == 423).count();
            println!(
                "{:?}, {} requests, {refused} refused",
                start.elapsed(),
                requests.len()
            );
        }
    }
}
