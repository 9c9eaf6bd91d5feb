//! Waits under random faults, latencies and drops: one poll at a time, an end in time, and no end that
//! the server did not report.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use futures::future::join_all;
use neon_api::raw::transport::FailureKind;
use support::{Server, Step, fail, handle, ms, operation, operation_id, operations, status};
use tokio::time::{Instant, sleep, timeout};

/// One poll's retries and its last attempt.
const POLL: Duration = Duration::from_secs(30);
const OPERATIONS: usize = 12;

/// When each operation ends, and how.
fn ends(rng: &mut Rng) -> Vec<(Duration, &'static str)> {
    let all = (0..OPERATIONS).map(|_| {
        let text = if rng.u8(..8) == 0 {
            "failed"
        } else {
            "finished"
        };
        (ms(rng.u64(..40_000)), text)
    });
    all.collect()
}

fn step(rng: &mut Rng, list: Step) -> Step {
    let step = match rng.u8(..12) {
        0 => status(429),
        1 => status(503).header("retry-after", rng.u8(..4).to_string()),
        2 => status(500),
        // A gateway's; the API's own 404 would be true.
        3 => Step::Response(404, Vec::new(), "<html></html>".to_owned()),
        4 => fail(FailureKind::Interrupted),
        5 => fail(FailureKind::Connect),
        6 => Step::Hang,
        _ => list,
    };
    step.after(ms(rng.u64(..2000)))
}

/// One wait: what it waits for, when it begins, its timeout, and when it is dropped, if it is.
#[derive(Debug, Clone)]
struct Plan {
    number: usize,
    begin: Duration,
    timeout: Duration,
    drop_after: Option<Duration>,
}

fn plan(rng: &mut Rng) -> Plan {
    Plan {
        number: rng.usize(..OPERATIONS),
        begin: ms(if rng.bool() { 0 } else { rng.u64(..30_000) }),
        timeout: ms(if rng.bool() {
            rng.u64(1..2000)
        } else {
            rng.u64(2000..90_000)
        }),
        drop_after: (rng.u8(..4) == 0).then(|| ms(rng.u64(..20_000))),
    }
}

async fn run(seed: u64) -> [usize; 3] {
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let ends = ends(&mut rng);
    let plans: Vec<Plan> = (0..rng.usize(1..40)).map(|_| plan(&mut rng)).collect();
    let (rng, shown) = (Mutex::new(rng), ends.clone());
    let server = Server::new(move |seen, _| {
        let state = |(end, text)| if seen.at < end { "running" } else { text };
        let list = shown.iter().enumerate();
        let list = list.map(|(n, end)| operation(&operation_id(n), state(*end)));
        step(
            &mut rng.lock().unwrap(),
            operations(&list.collect::<Vec<_>>()),
        )
    });
    let neon = server.client();
    let start = Instant::now();
    let waits = plans.into_iter().map(|plan| {
        let wait = neon.wait(handle([plan.number])).timeout(plan.timeout);
        let (end, text) = ends[plan.number];
        let server = &server;
        async move {
            sleep(plan.begin).await;
            let began = Instant::now();
            let wait = timeout(plan.drop_after.unwrap_or(Duration::MAX), wait.into_future());
            let Ok(outcome) = wait.await else { return 2 };
            assert!(server.in_flight() <= 1, "{seed}");
            let took = began.elapsed();
            assert!(took <= plan.timeout + POLL, "{seed}: {took:?} of {plan:?}");
            match outcome {
                Ok(()) => assert!(text == "finished" && start.elapsed() >= end, "{seed}"),
                Err(error) if error.is_failure() => {
                    assert!(text == "failed" && start.elapsed() >= end, "{seed}");
                }
                Err(error) => {
                    // Not before its time.
                    assert!(
                        error.is_timeout() && took >= plan.timeout,
                        "{seed}: {error}"
                    );
                    return 1;
                }
            }
            0
        }
    });
    let mut counts = [0; 3];
    for outcome in join_all(waits).await {
        counts[outcome] += 1;
    }
    assert_eq!(server.in_flight(), 0, "{seed}");
    let sent = server.total();
    sleep(Duration::from_secs(600)).await;
    assert_eq!(server.total(), sent, "{seed}");
    counts
}

async fn seeds(seeds: std::ops::Range<u64>) {
    let mut all = [0; 3];
    for seed in seeds {
        for (sum, count) in all.iter_mut().zip(run(seed).await) {
            *sum += count;
        }
    }
    println!("{all:?} ended, timed out, dropped");
    assert!(all.iter().all(|count| *count > 0));
}

#[tokio::test(start_paused = true)]
async fn random_faults_and_drops() {
    seeds(0..500).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes"]
async fn many_random_faults_and_drops() {
    seeds(500..10_500).await;
}
