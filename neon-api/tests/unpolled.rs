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

/// The longest time for which the project's one unpolled future may stop the others.
const STALL: Duration = Duration::from_secs(6);

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
async fn a_wait_does_not_depend_on_a_leader_that_is_not_polled() {
    // It stops while it waits for the time of a poll, and during one.
    for stops_after in (1..100).map(|n| ms(25 * n)) {
        let server = server();
        let neon = server.client();
        let start = Instant::now();
        let first = polled_for(stops_after, wait(&neon, 1)).await.unwrap();
        wait(&neon, 2).await.unwrap();
        let took = start.elapsed();
        assert!(took < ms(10_000) + STALL, "{stops_after:?}: {took:?}");
        // Who took over goes on at the usual pace.
        assert!(server.total() < 30, "{}", server.total());
        timeout(ms(1000), first).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_takeover_that_is_dropped_or_stops_leaves_nothing() {
    let server = server();
    let neon = server.client();
    let start = Instant::now();
    let first = polled_for(ms(200), wait(&neon, 1)).await.unwrap();
    // Until it leads in place of the first, and polls.
    let second = polled_for(ms(5100), wait(&neon, 2)).await.unwrap();
    assert_eq!((server.total(), server.in_flight()), (2, 2));
    drop(second);
    assert_eq!(server.in_flight(), 1);
    let third = polled_for(ms(350), wait(&neon, 3)).await.unwrap();
    assert_eq!((server.total(), server.in_flight()), (3, 1));
    wait(&neon, 2).await.unwrap();
    assert!(start.elapsed() < ms(10_000) + STALL);
    drop((first, third));
    assert_eq!(server.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_waits_make_one_takeover() {
    let server = server();
    let neon = server.client();
    let first = polled_for(ms(200), wait(&neon, 1)).await.unwrap();
    let others = join_all((0..100).map(|_| wait(&neon, 2)));
    let others = polled_for(ms(5200), others).await.unwrap();
    assert_eq!(server.total(), 2);
    for outcome in others.await {
        outcome.unwrap();
    }
    assert!(server.total() < 25, "{}", server.total());
    first.await.unwrap();
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
