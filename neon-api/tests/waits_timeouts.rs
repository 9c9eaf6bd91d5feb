//! From when the time of a wait counts, and that its first poll is always completed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use futures::future::{join, join_all};
use neon_api::raw::{BoxFuture, Route};
use neon_api::{AccountLimiter, Limiter, Rates};
use support::{Server, Step, call, fail, handle, ms, operation, operation_id, operations, status};
use tokio::time::{Instant, sleep};

fn list(status: &str) -> Step {
    let list = (1..4).map(|n| operation(&operation_id(n), status));
    operations(&list.collect::<Vec<_>>())
}

#[tokio::test(start_paused = true)]
async fn any_timeout_is_enough_for_operations_that_have_finished() {
    for latency in [0, 1, 49, 50, 51, 200, 5000].map(ms) {
        for timeout in [1, 50, 99, 1000, 1001].map(ms) {
            let server = Server::new(|_, _| list("finished")).slow(latency);
            let start = Instant::now();
            let wait = server.client().wait(handle([1])).timeout(timeout);
            wait.await.unwrap();
            assert_eq!(start.elapsed(), latency);
            assert_eq!(server.total(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_poll_may_outlast_the_timeout_and_later_ones_may_not() {
    let server = Server::new(|_, _| list("running")).slow(ms(200));
    let neon = server.client();
    for (timeout, ends, polls) in [(1, 200, 1), (199, 200, 1), (250, 250, 1), (350, 350, 2)] {
        let (start, before) = (Instant::now(), server.total());
        let wait = neon.wait(handle([1])).timeout(ms(timeout));
        let error = wait.await.unwrap_err();
        assert!(
            error.is_timeout() && error.poll_error().is_none(),
            "{error}"
        );
        assert_eq!(error.operations()[0].status.as_str(), "running");
        assert_eq!(
            (start.elapsed(), server.total() - before),
            (ms(ends), polls)
        );
        assert_eq!(server.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_zero_timeout_sends_nothing() {
    let server = Server::new(|_, _| list("finished"));
    let neon = server.client();
    let wait = neon.wait(handle([1])).timeout(Duration::ZERO);
    let error = wait.await.unwrap_err();
    assert!(error.is_timeout() && error.poll_error().is_none());
    neon.wait(handle([])).timeout(Duration::ZERO).await.unwrap();
    sleep(ms(10_000)).await;
    assert_eq!(server.total(), 0);
}

/// A new change gets a moment before it is polled, except where there is no time for that.
#[tokio::test(start_paused = true)]
async fn what_was_only_just_started_is_polled_after_a_moment() {
    for (timeout, earliest, latest) in [(50, 0, 0), (1000, 0, 0), (60_000, 90, 100)] {
        let server = Server::new(|seen, _| match seen.operation {
            "listProjectOperations" => list("finished"),
            _ => support::ok(&created()),
        });
        let branches = server.client().project(support::project_id()).branches();
        let created = branches.create("preview").await.unwrap();
        created.ready().timeout(ms(timeout)).await.unwrap();
        let at = server.seen()[1].at;
        assert!(at >= ms(earliest) && at <= ms(latest), "{timeout}: {at:?}");
    }
}

/// The response of a creation, with an operation that runs.
fn created() -> serde_json::Value {
    use neon_api_emulator::spec::sample;
    let sample = sample::response("createProjectBranch", &sample::Options::default());
    let mut branch = sample.unwrap().body.unwrap();
    branch["operations"] = serde_json::json!([operation(&operation_id(1), "running")]);
    branch
}

/// Gives the first permit for a poll after minutes, and all others at once.
#[derive(Debug, Default)]
struct LongQueue(AtomicBool);

impl Limiter for LongQueue {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        let is_first = operation.id == "listProjectOperations" && !self.0.swap(true, Relaxed);
        Box::pin(sleep(if is_first { QUEUE } else { Duration::ZERO }))
    }
}

const QUEUE: Duration = Duration::from_secs(200);

#[tokio::test(start_paused = true)]
async fn the_queue_before_the_first_poll_is_free_and_then_the_timeout_holds() {
    for timeout in [Some(ms(50)), Some(ms(20_000)), None] {
        for text in ["running", "finished"] {
            let server = Server::new(move |_, _| list(text)).slow(ms(200));
            let builder = server.builder().limiter(LongQueue::default());
            let neon = builder.wait_timeout(ms(7000)).build().unwrap();
            let start = Instant::now();
            let mut wait = neon.wait(handle([1]));
            if let Some(timeout) = timeout {
                wait = wait.timeout(timeout);
            }
            // One that comes while the first still waits for its permit takes part in its poll.
            let late = async {
                sleep(ms(100_000)).await;
                neon.wait(handle([2])).timeout(ms(1)).await
            };
            let first = async { (wait.await, start.elapsed()) };
            let ((outcome, took), late) = join(first, late).await;
            assert_eq!(server.seen()[0].at, QUEUE);
            assert_eq!(outcome.is_ok(), text == "finished");
            assert_eq!(late.is_ok(), text == "finished");
            let after = match outcome {
                Ok(()) => ms(200),
                Err(error) => {
                    assert!(error.is_timeout());
                    timeout.unwrap_or(ms(7000)).max(ms(200))
                }
            };
            assert_eq!(took, QUEUE + after);
        }
    }
}

/// The same behind other calls of the client, paced by its own limiter.
#[tokio::test(start_paused = true)]
async fn a_busy_client_fails_no_wait_before_its_first_poll() {
    let server = Server::new(move |seen, _| match seen.operation {
        "listProjectOperations" => list("finished"),
        _ => support::success(seen),
    });
    let rates = Rates::default().per_minute(60).burst(1);
    let neon = server.builder().limiter(AccountLimiter::new(rates));
    let neon = neon.build().unwrap();
    let start = Instant::now();
    let busy = join_all((0..600).map(|_| call(&neon, "GET")));
    let wait = async {
        sleep(ms(1)).await;
        neon.wait(handle([1])).timeout(ms(50)).await.unwrap();
        assert!(start.elapsed() > ms(10_000), "{:?}", start.elapsed());
    };
    join(busy, wait).await;
}

/// A wait that comes amid the poll of another one is not decided by what that had read before.
#[tokio::test(start_paused = true)]
async fn a_wait_that_comes_amid_a_poll_makes_one_of_its_own() {
    for amid in [1, 100, 199].map(ms) {
        // As the API saw it when the request came.
        let server = Server::new(move |seen, _| {
            let text = if seen.at < amid {
                "running"
            } else {
                "finished"
            };
            list(text)
        })
        .slow(ms(200));
        let neon = server.client();
        let first = neon.wait(handle([1])).timeout(ms(60_000)).into_future();
        let second = async {
            sleep(amid).await;
            neon.wait(handle([2])).timeout(ms(50)).await.unwrap();
        };
        let (outcome, ()) = join(first, second).await;
        outcome.unwrap();
        let times: Vec<Duration> = server.seen().iter().map(|seen| seen.at).collect();
        assert_eq!(times, [ms(0), ms(200)]);
    }
}

/// Where polls take long, its own one is not waited for as well.
#[tokio::test(start_paused = true)]
async fn a_wait_that_comes_amid_a_long_poll_ends_with_it() {
    let server = Server::new(|_, _| list("running")).slow(ms(25_000));
    let neon = server.client();
    let start = Instant::now();
    let first = neon.wait(handle([1])).timeout(ms(60_000)).into_future();
    let second = async {
        sleep(ms(1000)).await;
        let wait = neon.wait(handle([2])).timeout(ms(10_000));
        let error = wait.await.unwrap_err();
        assert!(error.is_timeout());
        assert_eq!(error.operations()[0].status.as_str(), "running");
        assert_eq!(start.elapsed(), ms(25_000));
    };
    let (outcome, ()) = join(first, second).await;
    assert!(outcome.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), ms(60_000));
}

/// What comes too late for a short timeout is bounded all the same.
#[tokio::test(start_paused = true)]
async fn the_first_poll_ends_within_half_a_minute() {
    for fault in [
        status(503),
        status(429),
        fail(neon_api::raw::transport::FailureKind::Interrupted),
        Step::Hang,
    ] {
        let server = Server::new(move |_, _| fault.clone());
        let start = Instant::now();
        let wait = server.client().wait(handle([1])).timeout(ms(50));
        let error = wait.await.unwrap_err();
        assert!(error.is_timeout() && error.poll_error().is_some());
        assert!(start.elapsed() <= Duration::from_secs(30));
    }
}
