//! Crowds of waits on one project while its operations cannot be polled: the load of one wait, one
//! poll at a time, and an end for everybody.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{FutureExt, join, join_all};
use neon_api::raw::transport::{BoxFuture, Exchange, FailureKind, Response};
use neon_api::{
    AccountLimiter, Error, NeonBuilder, RetryPolicy, Transport, TransportError, WaitError,
};
use support::{Server, Step, fail, handle, ms, operation, operation_id, operations, status};
use tokio::time::{Instant, sleep, timeout};

const LONGEST: Duration = Duration::from_secs(300);
/// How long one poll takes at most: its retries and its last attempt have 30 seconds.
const POLL: Duration = Duration::from_secs(30);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Counts how many requests are under way at most.
#[derive(Debug, Clone)]
struct Peak {
    server: Server,
    most: Arc<AtomicUsize>,
}

impl Peak {
    fn new(server: Server) -> Self {
        let most = Arc::default();
        Self { server, most }
    }

    fn builder(&self) -> NeonBuilder {
        self.server.builder().transport(self.clone())
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Transport for Peak {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let sending = self.server.send(call);
        self.most
            .fetch_max(self.server.in_flight(), Ordering::SeqCst);
        sending
    }
}

fn running() -> Step {
    let list = (0..500).map(|n| operation(&operation_id(n), "running"));
    operations(&list.collect::<Vec<_>>())
}

fn faults() -> Vec<(&'static str, Step)> {
    vec![
        ("429", status(429)),
        ("503", status(503)),
        ("reset", fail(FailureKind::Interrupted)),
        ("never", Step::Hang),
        ("after 25 s", running().after(seconds(25))),
        ("409", status(409)),
    ]
}

/// The timeout of one wait of many: that of the last is the longest.
fn timeout_of(number: usize, waits: usize) -> Duration {
    let share = u32::try_from(waits - 1 - number).unwrap();
    LONGEST.saturating_sub(ms(500) * share)
}

/// Has so many waits begin at once; each ends in time. The requests.
async fn crowd(name: &str, fault: &Step, waits: usize, limiter: bool) -> usize {
    fastrand::seed(5);
    let step = fault.clone();
    let peak = Peak::new(Server::new(move |_, _| step.clone()));
    let builder = peak.builder();
    let neon = if limiter {
        builder.limiter(AccountLimiter::default()).build().unwrap()
    } else {
        builder.build().unwrap()
    };
    let start = Instant::now();
    let all = (0..waits).map(|number| {
        let timeout = timeout_of(number, waits);
        let mut wait = neon.wait(handle([number]));
        // That of the last is what the client has by default.
        if timeout < LONGEST {
            wait = wait.timeout(timeout);
        }
        async move {
            let error = wait.await.unwrap_err();
            assert!(error.is_timeout(), "{name}: {error}");
            let took = start.elapsed();
            assert!(
                took >= timeout && took <= timeout + POLL,
                "{name}: {took:?}"
            );
        }
    });
    join_all(all).await;
    assert_eq!(peak.most(), 1, "{name}");
    assert_eq!(peak.server.in_flight(), 0, "{name}");
    peak.server.total()
}

#[tokio::test(start_paused = true)]
async fn a_crowd_costs_what_one_wait_costs_and_ends_in_time() {
    for limiter in [false, true] {
        for (name, fault) in faults() {
            let one = crowd(name, &fault, 1, limiter).await;
            for waits in [2, 10, 50, 200, 500] {
                let many = crowd(name, &fault, waits, limiter).await;
                println!("{name}: {waits} waits {many} requests, one {one}");
                assert!(many * 10 <= one * 11 + 20, "{name}, {waits}: {many}, {one}");
            }
        }
    }
}

/// They begin one after another, amid the polls of others, and have little time each.
#[tokio::test(start_paused = true)]
async fn waits_that_begin_amid_a_poll_end_within_their_timeout_and_one_poll() {
    for (name, fault) in faults() {
        let peak = Peak::new(Server::new(move |_, _| fault.clone()));
        let neon = peak.builder().build().unwrap();
        let all = (0..200_u64).map(|number| {
            let timeout = ms(37 * number + 1);
            let wait = neon.wait(handle([1])).timeout(timeout);
            async move {
                sleep(ms(211 * number)).await;
                let start = Instant::now();
                assert!(wait.await.unwrap_err().is_timeout());
                let took = start.elapsed();
                assert!(took <= timeout + POLL, "{name}: {took:?} of {timeout:?}");
            }
        });
        join_all(all).await;
        assert_eq!(peak.most(), 1, "{name}");
    }
}

/// The wait that began a poll is gone, or not polled, while the others go on with the same poll.
#[tokio::test(start_paused = true)]
async fn a_poll_outlives_the_wait_that_began_it() {
    for is_dropped in [true, false] {
        let list = operations(&[operation(&operation_id(1), "finished")]);
        let peak = Peak::new(Server::new(move |_, _| list.clone().after(seconds(25))));
        let neon = peak.builder().build().unwrap();
        let start = Instant::now();
        let mut first = neon.wait(handle([1])).into_future();
        let others = join_all((0..100).map(|_| neon.wait(handle([1])).into_future()));
        let mut others = Box::pin(others);
        let both = join(std::pin::Pin::new(&mut first), others.as_mut());
        timeout(seconds(1), both).await.unwrap_err();
        assert_eq!(peak.server.total(), 1);
        let first = (!is_dropped).then_some(first);
        let outcomes: Vec<Result<(), WaitError<()>>> = others.await;
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(start.elapsed(), seconds(25));
        assert_eq!((peak.server.total(), peak.most()), (1, 1));
        // It has its share of what the others polled.
        if let Some(first) = first {
            first.now_or_never().unwrap().unwrap();
        }
    }
}

/// A client with a hasty call timeout shares the polls of others and does not cut them short.
#[tokio::test(start_paused = true)]
async fn polls_do_not_end_with_the_call_timeout_of_one_of_the_waits() {
    let list = operations(&[operation(&operation_id(1), "finished")]);
    let server = Server::new(move |_, _| list.clone().after(seconds(2)));
    let neon = server.client();
    let hasty = neon.with_call_timeout(ms(10));
    let (one, other) = tokio::join!(
        hasty.wait(handle([1])).into_future(),
        neon.wait(handle([1])).into_future()
    );
    one.unwrap();
    other.unwrap();
    assert_eq!(server.total(), 1);
}

/// Half a minute of an outage, then all is well: everybody gets what they waited for.
#[tokio::test(start_paused = true)]
async fn a_crowd_outlives_an_outage() {
    for (name, fault) in faults() {
        let peak = Peak::new(Server::new(move |seen, _| {
            if seen.at < seconds(32) {
                return fault.clone();
            }
            let list = (0..500).map(|n| operation(&operation_id(n), "finished"));
            operations(&list.collect::<Vec<_>>())
        }));
        let neon = peak.builder().build().unwrap();
        let start = Instant::now();
        let all = (0..500).map(|n| neon.wait(handle([n])).into_future());
        for outcome in join_all(all).await {
            outcome.unwrap();
        }
        let took = start.elapsed();
        println!("{name}: {took:?}");
        assert!(took <= seconds(32) + POLL, "{name}: {took:?}");
        assert_eq!(peak.most(), 1);
    }
}

/// The next poll comes no earlier than the API asks for, whoever begins to wait.
#[tokio::test(start_paused = true)]
async fn retry_after_holds_for_polls() {
    let step = status(503).header("retry-after", "60");
    let server = Server::new(move |_, _| step.clone());
    let neon = server.client();
    let one = neon.wait(handle([1])).timeout(seconds(100)).into_future();
    let other = async {
        sleep(seconds(10)).await;
        neon.wait(handle([2])).timeout(seconds(30)).await
    };
    let (one, other) = tokio::join!(one, other);
    assert!(one.unwrap_err().is_timeout() && other.unwrap_err().is_timeout());
    let times: Vec<Duration> = server.seen().iter().map(|seen| seen.at).collect();
    assert_eq!(times, [seconds(0), seconds(60)]);
}

#[tokio::test(start_paused = true)]
async fn the_error_counts_how_the_last_polls_failed() {
    let server = Server::new(|_, at| match at {
        // Before a poll that did not fail: of no more interest.
        0..5 => status(500),
        5 => running(),
        6..9 => status(503),
        9..11 => fail(FailureKind::Interrupted),
        _ => Step::Response(502, Vec::new(), "<html>".repeat(10_000)),
    });
    let policy = RetryPolicy::never();
    let neon = server.builder().retry(policy).build().unwrap();
    let wait = neon.wait(handle([1])).timeout(seconds(30));
    let error = wait.await.unwrap_err();
    let text = error.to_string();
    let polls = server.total() - 6;
    let counts = format!(
        "the last {polls} polls failed: {} x 502, 3 x 503, 2 x connection lost; last: listProjectOperations (",
        polls - 5
    );
    assert!(text.contains(&counts), "{text}");
    assert!(text.len() < 1000, "{text}");
    assert_eq!(error.poll_error().unwrap().status().unwrap(), 502);
}

/// A poll whose retries end with its time tells of what they met.
#[tokio::test(start_paused = true)]
async fn a_poll_that_ran_out_of_time_counts_by_what_it_met() {
    // Refused connections end by a bound of the retries' own.
    for (fault, kind, is_cut) in [
        (status(503), "503", true),
        (status(429), "429", true),
        (fail(FailureKind::Interrupted), "connection lost", true),
        (fail(FailureKind::Connect), "could not connect", false),
        (Step::Hang, "no response in time", true),
    ] {
        let server = Server::new(move |_, _| fault.clone());
        let wait = server.client().wait(handle([1])).timeout(seconds(100));
        let error = wait.await.unwrap_err();
        let text = error.to_string();
        // Each was ended within half a minute, and soon followed by another one.
        let polls = (3..6).find(|polls| text.contains(&format!("{polls} x {kind}; last: ")));
        assert!(polls.is_some(), "{text}");
        let kind = error.poll_error().map(Error::is_timeout);
        assert_eq!(kind, Some(is_cut), "{text}");
    }
}

/// Where the client has never reached the API, there is nothing to wait for; otherwise it is an outage.
#[tokio::test(start_paused = true)]
async fn what_no_retry_mends_ends_a_wait_unless_the_api_was_reached_before() {
    for kind in [
        FailureKind::UnknownHost,
        FailureKind::Tls,
        FailureKind::Proxy,
    ] {
        let server = Server::new(move |seen, _| match seen.operation {
            "listProjectOperations" if seen.at < seconds(60) => fail(kind),
            "listProjectOperations" => operations(&[operation(&operation_id(1), "finished")]),
            _ => support::success(seen),
        });
        let start = Instant::now();
        let error = server.client().wait(handle([1])).await.unwrap_err();
        assert!(error.is_refused() && !error.is_timeout(), "{error}");
        assert!(start.elapsed() <= seconds(6), "{:?}", start.elapsed());
        let neon = server.client();
        support::call(&neon, "GET").await.unwrap();
        neon.wait(handle([1])).await.unwrap();
    }
}
