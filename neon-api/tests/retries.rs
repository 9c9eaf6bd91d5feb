//! The table of retries, their delays and their bounds, with requests counted at the server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::time::{Duration, SystemTime};

use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Limiter, Rates, RetryPolicy};
use support::{Server, Step, call, cut, fail, gateway, ms, operation_of, status};
use tokio::time::Instant;

const METHODS: [&str; 5] = ["GET", "POST", "PATCH", "PUT", "DELETE"];

#[tokio::test(start_paused = true)]
async fn statuses_are_retried_as_the_table_says() {
    for method in METHODS {
        let is_read = method == "GET";
        for (code, is_of_gateway) in (300..=599).flat_map(|code| [(code, false), (code, true)]) {
            let step = if is_of_gateway { gateway } else { status };
            let server = Server::steps(vec![step(code)]);
            let outcome = call(&server.client(), method).await;
            let (again, unknown) = match code {
                423 | 429 => (true, false),
                503 if is_read || !is_of_gateway => (true, false),
                501 | 505 | 511 => (false, false),
                425 => (is_read, false),
                408 | 500..=599 => (is_read, !is_read),
                _ => (false, false),
            };
            let case = format!("{method} {code} {is_of_gateway}");
            let requests = server.count(operation_of(method));
            assert_eq!(requests, if again { 2 } else { 1 }, "{case}");
            match outcome {
                Ok(attempts) => assert!(again && attempts == 2, "{case}"),
                Err(error) => {
                    assert!(!again && !error.is_retryable(), "{case}");
                    assert_eq!(error.status().unwrap().as_u16(), code);
                    assert_eq!(error.outcome_unknown(), unknown, "{case}");
                    assert_eq!(error.attempts(), 1);
                    assert!(error.request_id().is_some(), "{case}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_as_the_table_says() {
    for method in METHODS {
        let is_read = method == "GET";
        for (kind, again, unknown) in [
            (FailureKind::Connect, true, false),
            (FailureKind::UnknownHost, true, false),
            (FailureKind::Tls, false, false),
            (FailureKind::Proxy, false, false),
            (FailureKind::Interrupted, is_read, !is_read),
            (FailureKind::Timeout, is_read, !is_read),
            (FailureKind::TooLarge, false, !is_read),
            (FailureKind::NotSent, false, false),
        ] {
            let server = Server::steps(vec![fail(kind)]);
            let outcome = call(&server.client(), method).await;
            let requests = server.count(operation_of(method));
            assert_eq!(requests, if again { 2 } else { 1 }, "{method} {kind:?}");
            match outcome {
                Ok(attempts) => assert!(again && attempts == 2, "{method} {kind:?}"),
                Err(error) => {
                    assert!(!again && !error.is_retryable(), "{method} {kind:?}");
                    assert_eq!(error.outcome_unknown(), unknown, "{method} {kind:?}");
                    assert_eq!(error.is_timeout(), kind == FailureKind::Timeout);
                }
            }
        }
    }
}

/// What a status says does not depend on a body that was cut, except for 503, where the form says
/// who sent it.
#[tokio::test(start_paused = true)]
async fn a_status_counts_although_its_body_is_cut() {
    for method in METHODS {
        let is_read = method == "GET";
        for (code, again) in [(409, false), (429, true), (423, true), (503, is_read)] {
            let server = Server::steps(vec![cut(code)]);
            let neon = server.client();
            let outcome = call(&neon, method).await;
            let requests = server.count(operation_of(method));
            assert_eq!(requests, if again { 2 } else { 1 }, "{method} {code}");
            assert_eq!(outcome.is_ok(), again);
            if let Err(error) = outcome {
                assert_eq!(error.is_conflict(), code == 409);
                assert_eq!(error.outcome_unknown(), code == 503);
            }
            assert_eq!(neon.stats().rate_limited, u64::from(code == 429));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retried_when_it_is_off() {
    for step in [
        status(429),
        status(423),
        status(503),
        fail(FailureKind::Connect),
    ] {
        let server = Server::steps(vec![step]);
        let neon = server
            .builder()
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        call(&neon, "GET").await.unwrap_err();
        assert_eq!(server.total(), 1);
    }
}

/// How long after the first request the second one came, if it did.
async fn gap(step: Step) -> Option<Duration> {
    let server = Server::new(move |seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0) => step.clone(),
        _ => support::success(seen),
    });
    let outcome = call(&server.client(), "POST").await;
    let mut seen = server.seen();
    seen.retain(|seen| seen.operation == operation_of("POST"));
    assert_eq!(outcome.is_ok(), seen.len() == 2);
    Some(seen.get(1)?.at.abs_diff(seen[0].at))
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed() {
    let in_seconds =
        |seconds: u64| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
    for code in [429, 503] {
        let asked = |text: &str| status(code).header("retry-after", text);
        assert_eq!(gap(asked("7")).await, Some(ms(7000)));
        assert_eq!(gap(asked("120")).await, Some(ms(120_000)));
        // Dates have whole seconds.
        let by_date = gap(asked(&in_seconds(9))).await.unwrap();
        assert!((ms(7900)..=ms(9000)).contains(&by_date), "{by_date:?}");
        for none in [
            "0",
            "-3",
            "soon",
            "",
            "1e9",
            "Sun, 06 Nov 1994 08:49:37 GMT",
        ] {
            let delay = gap(asked(none)).await.unwrap();
            assert!(delay <= ms(251), "{none}: {delay:?}");
        }
        for absurd in ["121", "99999999999999999999999999", &in_seconds(100_000)] {
            assert_eq!(gap(asked(absurd)).await, None, "{absurd}");
        }
    }
    assert_eq!(gap(status(423).header("retry-after", "5000")).await, None);
    let locked = gap(status(423).header("retry-after", "5")).await.unwrap();
    assert!((ms(5000)..ms(5200)).contains(&locked), "{locked:?}");
}

#[tokio::test(start_paused = true)]
async fn delays_are_jittered_and_grow_up_to_ten_seconds() {
    fastrand::seed(1);
    let server = Server::steps(vec![status(429); 30]);
    call(&server.client(), "POST").await.unwrap();
    let seen = server.seen();
    let gaps: Vec<Duration> = seen.windows(2).map(|w| w[1].at.abs_diff(w[0].at)).collect();
    for (number, gap) in gaps.iter().enumerate() {
        let limit = ms(250 << number.min(10)).min(ms(10_000));
        assert!(*gap <= limit + ms(1), "{number}: {gap:?}");
    }
    let late = &gaps[10..];
    let mean = late.iter().sum::<Duration>() / u32::try_from(late.len()).unwrap();
    assert!((ms(3000)..ms(7000)).contains(&mean), "{mean:?}");
}

#[tokio::test(start_paused = true)]
async fn retries_end_with_the_time_that_is_set() {
    for code in [429, 503] {
        let server = Server::new(move |_, _| status(code));
        let policy = RetryPolicy::default()
            .max_elapsed(ms(60_000))
            .budget(1_000_000);
        let neon = server.builder().retry(policy).build().unwrap();
        let start = Instant::now();
        let error = call(&neon, "POST").await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), code);
        assert!((ms(49_000)..=ms(60_000)).contains(&start.elapsed()));
        assert_eq!(error.attempts() as usize, server.total());
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_permit_is_no_part_of_that_time_while_others_succeed() {
    // A permit comes once in 20 seconds, and every other one is for a read.
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0..4) => status(503),
        _ => support::success(seen),
    });
    let rates = Rates::default().per_minute(3).burst(1);
    let neon = server
        .builder()
        .limiter(AccountLimiter::new(rates))
        .retry(RetryPolicy::default().max_elapsed(ms(50_000)))
        .build()
        .unwrap();
    let reads = async {
        loop {
            call(&neon, "GET").await.unwrap();
        }
    };
    let attempts = tokio::select! {
        attempts = call(&neon, "POST") => attempts.unwrap(),
        () = reads => 0,
    };
    assert_eq!(attempts, 5);
    assert!(server.seen().last().unwrap().at > ms(150_000));
}

#[tokio::test(start_paused = true)]
async fn a_lock_without_operations_ends_with_its_own_time() {
    // Such as "endpoint is in some transitive state" that never passes.
    let server = Server::new(|seen, _| match seen.operation {
        "createProjectBranchDatabase" => status(423),
        _ => support::success(seen),
    });
    let policy = RetryPolicy::default().locked_timeout(ms(100_000));
    let neon = server.builder().retry(policy).build().unwrap();
    let start = Instant::now();
    let error = call(&neon, "POST").await.unwrap_err();
    assert!(error.is_locked());
    let took = start.elapsed();
    assert!((ms(85_000)..=ms(101_000)).contains(&took), "{took:?}");
    let requests = server.count("createProjectBranchDatabase");
    assert!((10..50).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_waited_for_without_the_right_to_see_operations() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0..=5) => status(423),
        ("listProjectOperations", _) => status(403),
        _ => support::success(seen),
    });
    assert_eq!(call(&server.client(), "POST").await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_thirty_seconds() {
    for (method, requests) in [("GET", 2), ("POST", 1), ("DELETE", 1)] {
        let server = Server::steps(vec![Step::Hang]);
        let start = Instant::now();
        let outcome = call(&server.client(), method).await;
        assert_eq!(server.total(), requests);
        assert_eq!(server.in_flight(), 0);
        if requests == 1 {
            let error = outcome.unwrap_err();
            assert!(error.is_timeout() && error.outcome_unknown(), "{error}");
            assert_eq!(start.elapsed(), ms(30_000));
        } else {
            assert_eq!(outcome.unwrap(), 2);
            assert!(start.elapsed() <= ms(30_251));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_attempts_delays_and_turns() {
    let deadline = ms(5000);
    // An attempt that hangs: only a change may have happened.
    for method in METHODS {
        let server = Server::steps(vec![Step::Hang]);
        let start = Instant::now();
        let neon = server.client().with_call_timeout(deadline);
        let error = call(&neon, method).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.outcome_unknown(), method != "GET", "{error}");
        assert_eq!((start.elapsed(), server.total()), (deadline, 1));
        assert!(error.request_id().is_some());
    }
    // Delays between attempts, and a lock.
    for step in [
        status(503),
        status(429).header("retry-after", "60"),
        status(423),
    ] {
        let server = Server::new(move |seen, _| match seen.operation {
            "listProjectOperations" => {
                support::operations(&[support::operation(&support::operation_id(1), "running")])
            }
            _ => step.clone(),
        });
        let start = Instant::now();
        let neon = server.client().with_call_timeout(deadline);
        let error = call(&neon, "POST").await.unwrap_err();
        assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
        assert!(start.elapsed() <= deadline, "{:?}", start.elapsed());
        assert_eq!(
            error.attempts() as usize,
            server.count("createProjectBranchDatabase")
        );
    }
    // A turn of the limiter that does not come.
    let server = Server::steps(vec![]);
    let limiter = AccountLimiter::new(Rates::default().per_minute(1).burst(1));
    limiter.permit(&neon_api::raw::routes::LIST_PROJECTS).await;
    let neon = server.builder().limiter(limiter).build().unwrap();
    let start = Instant::now();
    let error = call(&neon.with_call_timeout(deadline), "POST")
        .await
        .unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
    assert_eq!((start.elapsed(), server.total()), (deadline, 0));
    assert_eq!(error.attempts(), 0);
    // No time at all.
    let server = Server::steps(vec![]);
    let neon = server.client().with_call_timeout(Duration::ZERO);
    let error = call(&neon, "POST").await.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_does_not_come_leaves_no_doubt() {
    #[derive(Debug)]
    struct Stuck;
    impl neon_api::KeyProvider for Stuck {
        fn key(
            &self,
        ) -> neon_api::raw::BoxFuture<
            '_,
            Result<neon_api::Secret, Box<dyn std::error::Error + Send + Sync>>,
        > {
            Box::pin(std::future::pending())
        }
    }
    let server = Server::steps(vec![]);
    let neon = server.builder().key_provider(Stuck).build().unwrap();
    let error = call(&neon, "POST").await.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
    assert_eq!((error.attempts(), neon.stats().requests), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_an_id_of_its_own() {
    let server = Server::steps(vec![status(503), status(429), status(409)]);
    let error = call(&server.client(), "POST").await.unwrap_err();
    let ids: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.headers["x-request-id"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_eq!(error.request_id(), Some(ids[2].as_str()));
    assert_eq!(error.attempts(), 3);
}
