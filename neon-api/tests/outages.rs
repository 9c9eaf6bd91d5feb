//! Outages: every call ends within its time whatever the number of calls, load is not multiplied,
//! and what the outage allowed to be retried succeeds when it ends.

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
use neon_api::raw::BoxFuture;
use neon_api::raw::Route;
use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Error, Limiter, Neon, RetryPolicy};
use support::{Server, Step, call, fail, gateway, ms, operation_of, status};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// What every request meets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outage {
    Refused,
    RefusedFor(u64),
    Unavailable,
    Gateway,
    Reset,
}

const ALL: [Outage; 6] = [
    Outage::Refused,
    Outage::RefusedFor(7),
    Outage::RefusedFor(60),
    Outage::Unavailable,
    Outage::Gateway,
    Outage::Reset,
];

/// The outages after which everything of a method may be retried.
fn cases() -> impl Iterator<Item = (Outage, &'static str)> {
    let changes = [Outage::Refused, Outage::RefusedFor(60), Outage::Unavailable];
    let reads = ALL.into_iter().map(|outage| (outage, "GET"));
    reads.chain(changes.map(|outage| (outage, "POST")))
}

impl Outage {
    fn step(self) -> Step {
        let step = match self {
            Self::Refused => status(429),
            Self::RefusedFor(seconds) => status(429).header("retry-after", seconds.to_string()),
            Self::Unavailable => status(503),
            Self::Gateway => gateway(503),
            Self::Reset => fail(FailureKind::Interrupted),
        };
        step.after(ms(20))
    }

    fn is_429(self) -> bool {
        matches!(self, Self::Refused | Self::RefusedFor(_))
    }

    /// The server, up to the end of the outage.
    fn server(self, lasts: Duration) -> Server {
        Server::new(move |seen, _| {
            if seen.at < lasts {
                self.step()
            } else {
                support::success(seen).after(ms(20))
            }
        })
    }

    fn check(self, error: &Error) {
        if self.is_429() {
            assert!(error.is_rate_limited(), "{error}");
        }
        assert!(error.is_retryable() && !error.outcome_unknown(), "{error}");
    }
}

/// As by default.
fn client(server: &Server) -> Neon {
    let builder = server.builder().limiter(AccountLimiter::default());
    builder.build().unwrap()
}

async fn crowd(neon: &Neon, size: usize, method: &str) -> Vec<Result<u32, Error>> {
    join_all((0..size).map(|_| call(neon, method))).await
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_for_everybody() {
    for size in [1, 10, 100, 1000] {
        for (outage, method) in cases() {
            let case = format!("{size} {method} {outage:?}");
            let server = outage.server(Duration::MAX);
            let neon = client(&server);
            let start = Instant::now();
            let outcomes = crowd(&neon, size, method).await;
            let took = start.elapsed();
            assert!(
                took > 4 * MINUTE && took <= 5 * MINUTE + ms(1000),
                "{case}: {took:?}"
            );
            let mut sent = 0;
            for error in outcomes.into_iter().map(Result::unwrap_err) {
                outage.check(&error);
                sent += error.attempts() as usize;
            }
            assert_eq!(sent, server.total(), "{case}");

            assert_eq!((neon.stats().queued, server.in_flight()), (0, 0));
            // Each call once, the budget, and a probe a second. After 429 the limiter decides: a burst,
            // and no more than two a second.
            let most = if outage.is_429() {
                640
            } else {
                size + 100 + 300
            };
            assert!(sent <= most, "{case}: {sent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_an_outage_ends_what_may_be_retried_succeeds() {
    for (size, minutes) in [1, 10, 100, 1000]
        .into_iter()
        .flat_map(|s| [(s, 1), (s, 4)])
    {
        for (outage, method) in cases() {
            let case = format!("{size} {method} {outage:?} {minutes}");
            let server = outage.server(minutes * MINUTE);
            let neon = client(&server);
            let mut sent = 0;
            for outcome in crowd(&neon, size, method).await {
                sent += outcome.expect(&case) as usize;
            }

            assert_eq!(sent, server.total(), "{case}");
            let lasted = 60 * minutes as usize;
            let most = if outage.is_429() {
                640
            } else {
                size + 100 + lasted
            };
            assert!(sent <= size + most, "{case}: {sent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn changes_that_an_outage_may_have_let_pass_are_unknown() {
    for outage in [Outage::Reset, Outage::Gateway] {
        for size in [1, 10, 100, 1000] {
            let server = outage.server(MINUTE);
            let neon = client(&server);
            let mut lost = 0;
            for outcome in crowd(&neon, size, "POST").await {
                match outcome {
                    Ok(attempts) => assert_eq!(attempts, 1),
                    Err(error) => {
                        assert!(error.outcome_unknown() && !error.is_retryable(), "{error}");
                        assert_eq!(error.attempts(), 1);
                        lost += 1;
                    }
                }
            }
            // Each was sent once, and those that came while it lasted are lost.
            assert_eq!(server.total(), size);
            let seen = server.seen();
            let in_outage = seen.iter().filter(|seen| seen.at < MINUTE).count();
            assert_eq!(lost, in_outage);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    for step in [
        status(503),
        status(500),
        gateway(503),
        fail(FailureKind::Interrupted),
    ] {
        let server = Server::new(move |_, _| step.clone());
        let neon = server
            .builder()
            .retry(RetryPolicy::default().budget(7))
            .build()
            .unwrap();
        for outcome in crowd(&neon, 20, "GET").await {
            outcome.unwrap_err();
        }
        // The first attempts, the budget, and a probe a second for five minutes.
        let total = server.total();
        assert!((20 + 7 + 290..=20 + 7 + 300).contains(&total), "{total}");
        assert_eq!(neon.stats().retries, u64::try_from(total - 20).unwrap());
        let seen = server.seen();
        for probes in seen[27..].windows(2) {
            assert!(probes[1].at >= probes[0].at + ms(1000));
        }
    }
}

/// A route that always fails beside one that is well: its calls end, and hold up no others.
#[tokio::test(start_paused = true)]
async fn calls_that_always_fail_end_although_others_succeed() {
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectBranchDatabases" => status(500),
        _ => support::success(seen),
    });
    let neon = server
        .builder()
        .retry(RetryPolicy::default().budget(5))
        .build()
        .unwrap();
    let start = Instant::now();
    let others = async {
        loop {
            tokio::time::sleep(ms(1000)).await;
            assert_eq!(call(&neon, "POST").await.unwrap(), 1);
        }
    };
    let outcomes = tokio::select! {
        outcomes = crowd(&neon, 50, "GET") => outcomes,
        () = others => Vec::new(),
    };
    assert_eq!(outcomes.len(), 50);
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().status().unwrap().as_u16(), 500);
    }
    assert!(start.elapsed() <= 10 * MINUTE, "{:?}", start.elapsed());
}

/// Gives no permit, and reports successes of others up to a time.
#[derive(Debug)]
struct Stuck(Option<Instant>);

impl Limiter for Stuck {
    fn permit<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(std::future::pending())
    }

    fn last_success(&self, _: &'static Route) -> Option<Instant> {
        self.0.map(|until| until.min(Instant::now()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_first_permit_while_the_limiter_reports_success() {
    let start = Instant::now();
    for (success, minutes) in [(None, 5), (Some(start + 60 * MINUTE), 65)] {
        let server = Server::steps(vec![]);
        let neon = server.builder().limiter(Stuck(success)).build().unwrap();
        let began = Instant::now();
        let error = call(&neon, "POST").await.unwrap_err();
        let end = success.map_or(began, |_| start) + minutes * MINUTE;
        assert_eq!(Instant::now(), end);
        assert_eq!((server.total(), error.attempts()), (0, 0));
        assert!(error.is_retryable() && !error.outcome_unknown(), "{error}");
        assert!(!error.is_rate_limited() && !error.is_timeout(), "{error}");
        let text = error.to_string();
        let expected = "the request was not sent: the limiter has granted no permit for 300 s";
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_call_that_was_never_sent_says_why() {
    for (outage, says) in [
        (Outage::Refused, "was rejected with 429"),
        (Outage::Unavailable, "failed with 503"),
        (Outage::Reset, "got no response"),
    ] {
        let server = outage.server(Duration::MAX);
        // The first calls keep the second one's permit.
        let rates = neon_api::Rates::default().per_minute(6).burst(1);
        let neon = server
            .builder()
            .limiter(AccountLimiter::new(rates))
            .retry(RetryPolicy::default().max_elapsed(MINUTE))
            .build()
            .unwrap();
        let outcomes = crowd(&neon, 50, "GET").await;
        let error = outcomes.into_iter().last().unwrap().unwrap_err();
        outage.check(&error);
        assert_eq!((error.attempts(), error.request_id()), (0, None));
        let text = error.to_string();
        let expected = format!("no request has succeeded for 60 s; the last one {says}");
        assert!(text.contains(&expected), "{text}");
    }
}

/// Changes that stand in the queue of a locked project when the outage begins.
#[tokio::test(start_paused = true)]
async fn an_outage_ends_for_those_who_are_locked_out() {
    for outage in [Outage::Refused, Outage::Unavailable] {
        let server = Server::new(move |seen, _| match seen.operation {
            _ if seen.at >= ms(10_000) => outage.step(),
            "listProjectOperations" => {
                support::operations(&[support::operation(&support::operation_id(1), "running")])
            }
            _ => status(423),
        });
        let neon = client(&server);
        let start = Instant::now();
        let first = call(&neon, "POST");
        let others = async {
            tokio::time::sleep(ms(5000)).await;
            crowd(&neon, 100, "POST").await
        };
        let (first, others) = futures::future::join(first, others).await;
        assert!(first.unwrap_err().is_locked());
        for error in others.into_iter().map(Result::unwrap_err) {
            outage.check(&error);
        }
        assert!(start.elapsed() <= 6 * MINUTE, "{:?}", start.elapsed());
        assert_eq!(server.count(operation_of("POST")), 1);
    }
}
