//! Calls against random scripts of faults: each ends in success, or in the error that its first
//! fault that may not be retried stands for, or in an honest unknown, within its bounds.
//!
//! ```console
//! $ PROPTEST_CASES=10000 cargo test -p neon-api --test retries_random
//! ```

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
use neon_api::ids::BranchId;
use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Error, Neon};
use proptest::prelude::*;
use serde_json::json;
use support::{Server, Step, call, cut, fail, from, gateway, ms, operation_of, project_id, status};
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// In the API's own form.
    Status(u16),
    Gateway(u16),
    /// In the API's own form, but cut.
    Cut(u16),
    Failure(FailureKind),
    Hangs,
}

#[derive(Debug, Clone)]
struct Fault {
    kind: Kind,
    millis: u64,
    retry_after: Option<String>,
}

/// What the design says of a fault.
#[derive(Debug, PartialEq)]
enum Rule {
    Retry,
    Unknown,
    Final,
}

impl Fault {
    fn step(&self) -> Step {
        let step = match self.kind {
            Kind::Status(code) => status(code),
            Kind::Gateway(code) => gateway(code),
            Kind::Cut(code) => cut(code),
            Kind::Failure(kind) => fail(kind),
            Kind::Hangs => return Step::Hang,
        };
        let step = match &self.retry_after {
            Some(text) => step.header("retry-after", text),
            None => step,
        };
        step.after(ms(self.millis))
    }

    fn code(&self) -> Option<u16> {
        match self.kind {
            Kind::Status(code) | Kind::Gateway(code) | Kind::Cut(code) => Some(code),
            Kind::Failure(_) | Kind::Hangs => None,
        }
    }

    /// For how long such faults, one after the other, are retried.
    fn seconds_to_connect(&self) -> Option<u64> {
        match self.kind {
            Kind::Failure(FailureKind::Connect) => Some(30),
            Kind::Failure(FailureKind::UnknownHost) => Some(5),
            _ => None,
        }
    }

    fn asks_too_much(&self) -> bool {
        self.code().is_some() && self.retry_after.as_deref() == Some("100000")
    }

    fn rule(&self, is_read: bool) -> Rule {
        let reads = |other| if is_read { Rule::Retry } else { other };
        match self.kind {
            Kind::Status(423 | 429 | 503) | Kind::Gateway(423 | 429) | Kind::Cut(423 | 429) => {
                Rule::Retry
            }
            Kind::Status(code) | Kind::Gateway(code) | Kind::Cut(code) => match code {
                425 => reads(Rule::Final),
                501 | 505 | 511 => Rule::Final,
                408 | 500.. => reads(Rule::Unknown),
                _ => Rule::Final,
            },
            Kind::Failure(FailureKind::Connect | FailureKind::UnknownHost) => Rule::Retry,
            Kind::Failure(FailureKind::Interrupted | FailureKind::Timeout) | Kind::Hangs => {
                reads(Rule::Unknown)
            }
            Kind::Failure(FailureKind::TooLarge) if !is_read => Rule::Unknown,
            Kind::Failure(_) => Rule::Final,
        }
    }

    fn may_be_retried(&self, is_read: bool) -> bool {
        self.rule(is_read) == Rule::Retry && !self.asks_too_much()
    }

    /// Whether an error is the one that this fault stands for.
    fn check(&self, error: &Error, is_read: bool) {
        let rule = self.rule(is_read);
        assert_eq!(error.outcome_unknown(), rule == Rule::Unknown, "{error}");
        let is_retryable = rule == Rule::Retry && self.seconds_to_connect() != Some(5);
        assert_eq!(error.is_retryable(), is_retryable, "{error}");
        assert_eq!(error.status().map(|status| status.as_u16()), self.code());
        assert_eq!(error.is_rate_limited(), self.code() == Some(429));
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    let own = [
        400, 401, 404, 409, 412, 422, 423, 423, 429, 429, 429, 500, 502, 503, 503, 504, 507, 520,
        524,
    ];
    let of_gateways = [
        403, 404, 408, 425, 429, 500, 501, 502, 503, 503, 503, 504, 505, 511, 520, 521, 522, 523,
        524, 525, 526, 527, 530, 599,
    ];
    let failures = [
        FailureKind::Connect,
        FailureKind::Connect,
        FailureKind::UnknownHost,
        FailureKind::Tls,
        FailureKind::Proxy,
        FailureKind::Interrupted,
        FailureKind::Timeout,
        FailureKind::TooLarge,
        FailureKind::NotSent,
    ];
    let kind = prop_oneof![
        8 => prop::sample::select(own.to_vec()).prop_map(Kind::Status),
        4 => prop::sample::select(of_gateways.to_vec()).prop_map(Kind::Gateway),
        2 => prop::sample::select(&[409, 423, 429, 503][..]).prop_map(Kind::Cut),
        5 => prop::sample::select(failures.to_vec()).prop_map(Kind::Failure),
        1 => Just(Kind::Hangs),
    ];
    let retry_after = prop::option::weighted(
        0.3,
        prop::sample::select(&["0", "2", "nonsense", "-1", "100000"][..]).prop_map(str::to_owned),
    );
    (kind, 0..3000_u64, retry_after).prop_map(|(kind, millis, retry_after)| Fault {
        kind,
        millis,
        retry_after,
    })
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    prop::collection::vec(fault(), 0..7)
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

/// Whether the time to connect can have ended at this time, after the last of the faults that came
/// at these times: the next delay would have been too long.
fn may_give_up(faults: &[Fault], came: &[Duration], now: Duration) -> bool {
    let Some(seconds) = faults.last().and_then(Fault::seconds_to_connect) else {
        return false;
    };
    let others = |fault: &Fault| fault.seconds_to_connect().is_none();
    let first = faults.iter().rposition(others).map_or(0, |at| at + 1);
    let backoffs = faults.iter().filter(|fault| fault.code() != Some(423));
    let longest_delay = ms(250 << (backoffs.count() - 1)).min(ms(10_000));
    now.abs_diff(came[first]) + longest_delay >= Duration::from_secs(seconds)
}

/// 500 seeds, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_call_ends_where_its_script_says(
        faults in faults(),
        method in prop::sample::select(&["GET", "POST", "PATCH", "PUT", "DELETE"][..]),
        seed: u64,
    ) {
        fastrand::seed(seed);
        in_paused_time(|| async {
            let is_read = method == "GET";
            let last = faults.iter().position(|fault| !fault.may_be_retried(is_read));
            let expected = last.unwrap_or(faults.len()) + 1;
            let server = server(&faults);
            let start = Instant::now();
            let outcome = call(&server.client(), method).await;
            let seen = server.seen();
            let came = seen.iter().filter(|seen| seen.operation == operation_of(method));
            let came: Vec<Duration> = came.map(|seen| seen.at).collect();
            let requests = came.len();
            assert!(start.elapsed() < Duration::from_secs(330));
            assert_eq!(server.in_flight(), 0);
            match outcome {
                Ok(attempts) => {
                    assert!(last.is_none());
                    assert_eq!((attempts as usize, requests), (expected, expected));
                }
                Err(error) => {
                    let gave_up = may_give_up(&faults[..requests], &came, start.elapsed());
                    assert!(requests == expected && last.is_some() || requests < expected && gave_up);
                    faults[requests - 1].check(&error, is_read);
                }
            }
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
            let is_read = method == "GET";
            let server = server(&faults);
            let start = Instant::now();
            let neon = server.client().with_call_timeout(ms(millis));
            let outcome = call(&neon, method).await;
            assert!(start.elapsed() <= ms(millis), "{:?}", start.elapsed());
            let requests = server.count(operation_of(method));
            // Whatever was retried was allowed to be.
            for fault in faults.iter().take(requests.saturating_sub(1)) {
                assert!(fault.may_be_retried(is_read), "{fault:?}");
            }
            if let Err(error) = outcome {
                let last = faults.get(requests.wrapping_sub(1));
                let is_final = last.is_some_and(|fault| {
                    !fault.may_be_retried(is_read) || fault.seconds_to_connect().is_some()
                });
                assert!(error.is_timeout() || is_final, "{error}");
                assert!(!error.outcome_unknown() || !is_read);
            }
            assert_eq!(server.in_flight(), 0);
        });
    }

    /// Reads and changes of one client, locked out and refused together: each ends by itself, as its
    /// own requests say.
    #[test]
    fn each_call_of_a_crowd_ends_as_its_own_requests_say(
        scripts in prop::collection::vec((faults(), any::<bool>()), 1..20),
        seed: u64,
    ) {
        fastrand::seed(seed);
        in_paused_time(|| async {
            let server = crowd_server(&scripts);
            let limiter = AccountLimiter::default();
            let neon = server.builder().limiter(limiter).build().unwrap();
            let start = Instant::now();
            let calls = scripts.iter().enumerate();
            let calls = calls.map(|(number, (_, is_read))| numbered(&neon, number, *is_read));
            let outcomes = join_all(calls).await;
            // One after the other where they lock each other out.
            assert!(start.elapsed() < Duration::from_secs(3600));
            assert_eq!((server.in_flight(), neon.stats().queued), (0, 0));
            for (number, outcome) in outcomes.into_iter().enumerate() {
                let (faults, is_read) = &scripts[number];
                let requests = requests_of(&server, number);
                for fault in &faults[..requests - 1] {
                    assert!(fault.may_be_retried(*is_read), "{fault:?}");
                }
                let last = faults.get(requests - 1);
                match (outcome, last) {
                    (Ok(attempts), None) => assert_eq!(attempts as usize, requests),
                    (Err(error), Some(fault)) => {
                        let may_give_up = fault.seconds_to_connect().is_some();
                        assert!(!fault.may_be_retried(*is_read) || may_give_up, "{error}");
                        fault.check(&error, *is_read);
                    }
                    (outcome, last) => panic!("{outcome:?} after {last:?}"),
                }
            }
        });
    }
}

fn branch_of(number: usize) -> String {
    format!("br-crowd-{number:08}")
}

/// A call whose path holds its number.
async fn numbered(neon: &Neon, number: usize, is_read: bool) -> Result<u32, Error> {
    let (project, branch) = (project_id(), BranchId::new(branch_of(number)).unwrap());
    if is_read {
        let list = neon.raw().list_project_branch_databases(&project, &branch);
        return Ok(list.await?.attempts());
    }
    let body = from(json!({"database": {"name": "app", "owner_name": "owner"}}));
    let raw = neon.raw();
    let create = raw.create_project_branch_database(&project, &branch, &body);
    Ok(create.await?.attempts())
}

fn requests_of(server: &Server, number: usize) -> usize {
    let branch = branch_of(number);
    let seen = server.seen();
    seen.iter()
        .filter(|seen| seen.uri.contains(&branch))
        .count()
}

fn crowd_server(scripts: &[(Vec<Fault>, bool)]) -> Server {
    let steps = scripts
        .iter()
        .map(|(faults, _)| faults.iter().map(Fault::step).collect());
    let steps: Vec<Vec<Step>> = steps.collect();
    let served = std::sync::Mutex::new(vec![0; steps.len()]);
    Server::new(move |seen, _| {
        let place = seen.uri.split_once("br-crowd-");
        let Some(number) = place.and_then(|(_, rest)| rest.get(..8)?.parse::<usize>().ok()) else {
            return support::success(seen);
        };
        let mut served = served.lock().unwrap();
        served[number] += 1;
        let step = steps[number].get(served[number] - 1).cloned();
        step.unwrap_or_else(|| support::success(seen))
    })
}
