//! Calls against random scripts of faults: each ends in success or in the error that its first
//! fault that may not be repeated stands for, within its bounds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::time::Duration;

use neon_api::raw::transport::FailureKind;
use proptest::prelude::*;
use support::{Server, Step, call, fail, ms, operation_of, status};
use tokio::time::Instant;

#[derive(Debug, Clone)]
struct Fault {
    /// A status; or else a failure.
    kind: Result<u16, FailureKind>,
    hangs: bool,
    millis: u64,
    retry_after: Option<String>,
}

impl Fault {
    fn step(&self) -> Step {
        let step = match (self.hangs, self.kind) {
            (true, _) => return Step::Hang,
            (false, Ok(code)) => status(code),
            (false, Err(kind)) => fail(kind),
        };
        let step = match &self.retry_after {
            Some(text) => step.header("retry-after", text),
            None => step,
        };
        step.after(ms(self.millis))
    }

    /// Whether the API may have done what was asked.
    fn is_ambiguous(&self) -> bool {
        let kinds = [FailureKind::Interrupted, FailureKind::Timeout];
        self.hangs || self.kind.is_err_and(|kind| kinds.contains(&kind))
    }

    fn may_be_repeated(&self, method: &str) -> bool {
        let is_safe = method == "GET";
        let asks_too_much = self.retry_after.as_deref() == Some("100000");
        match self.kind {
            _ if self.hangs => is_safe,
            Ok(423 | 429 | 503) => !asks_too_much,
            Ok(500 | 502 | 504 | 520..=524) => is_safe && !asks_too_much,
            Err(FailureKind::Connect) => true,
            Err(FailureKind::Interrupted | FailureKind::Timeout) => is_safe,
            Ok(_) | Err(_) => false,
        }
    }
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let codes = [
        400, 401, 404, 409, 412, 422, 423, 423, 429, 429, 429, 500, 502, 503, 503, 504, 520, 524,
    ];
    let failures = [
        FailureKind::Connect,
        FailureKind::Interrupted,
        FailureKind::Timeout,
        FailureKind::NotSent,
    ];
    let kind = prop_oneof![
        3 => prop::sample::select(codes.to_vec()).prop_map(Ok),
        1 => prop::sample::select(failures.to_vec()).prop_map(Err),
    ];
    let retry_after = prop::option::weighted(
        0.3,
        prop::sample::select(&["0", "2", "nonsense", "-1", "100000"][..]).prop_map(str::to_owned),
    );
    let fault = (kind, prop::bool::weighted(0.05), 0..3000_u64, retry_after).prop_map(
        |(kind, hangs, millis, retry_after)| Fault {
            kind,
            hangs,
            millis,
            retry_after,
        },
    );
    prop::collection::vec(fault, 0..7)
}

fn in_paused_time<F: Future>(test: impl FnOnce() -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { test().await })
}

fn server(faults: &[Fault]) -> Server {
    let steps: Vec<Step> = faults.iter().map(Fault::step).collect();
    Server::new(move |seen, at| match (seen.operation, steps.get(at)) {
        ("listProjectOperations", _) | (_, None) => support::success(seen),
        (_, Some(step)) => step.clone(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_call_ends_where_its_script_says(
        faults in faults(),
        method in prop::sample::select(&["GET", "POST", "PATCH", "PUT", "DELETE"][..]),
        seed: u64,
    ) {
        fastrand::seed(seed);
        in_paused_time(|| async {
            let last = faults.iter().position(|fault| !fault.may_be_repeated(method));
            let expected = last.unwrap_or(faults.len()) + 1;
            let server = server(&faults);
            let start = Instant::now();
            let outcome = call(&server.client(), method).await;
            let requests = server.count(operation_of(method));
            assert_eq!(requests, expected);
            assert!(start.elapsed() < Duration::from_secs(330));
            assert_eq!(server.in_flight(), 0);
            let Some(fault) = last.map(|at| &faults[at]) else {
                assert_eq!(outcome.unwrap() as usize, expected);
                return;
            };
            let error = outcome.unwrap_err();
            let code = fault.kind.ok().filter(|_| !fault.hangs);
            let is_lost = matches!(code, Some(500 | 502 | 504 | 520..=524));
            let is_ambiguous = (fault.is_ambiguous() || is_lost) && method != "GET";
            assert_eq!(error.outcome_unknown(), is_ambiguous, "{error}");
            assert_eq!(error.status().map(|s| s.as_u16()), code);
        });
    }

    #[test]
    fn a_deadline_holds_whatever_happens(
        faults in faults(),
        method in prop::sample::select(&["GET", "POST", "DELETE"][..]),
        millis in 0..20_000_u64,
        seed: u64,
    ) {
        fastrand::seed(seed);
        in_paused_time(|| async {
            let server = server(&faults);
            let start = Instant::now();
            let neon = server.client().with_call_timeout(ms(millis));
            let outcome = call(&neon, method).await;
            assert!(start.elapsed() <= ms(millis), "{:?}", start.elapsed());
            let requests = server.count(operation_of(method));
            // Whatever was repeated was allowed to be.
            for fault in faults.iter().take(requests.saturating_sub(1)) {
                assert!(fault.may_be_repeated(method), "{fault:?}");
            }
            if let Err(error) = outcome {
                let is_last = faults.get(requests.wrapping_sub(1));
                let is_final = is_last.is_some_and(|fault| !fault.may_be_repeated(method));
                assert!(error.is_timeout() || is_final, "{error}");
                assert!(!error.outcome_unknown() || method != "GET");
            }
            assert_eq!(server.in_flight(), 0);
        });
    }
}
