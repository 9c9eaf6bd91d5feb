//! OpenTelemetry metrics: what is measured, by which names, with which attributes. That no attribute
//! has an ID is tested over all operations in `methods/metered.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod example;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use futures::FutureExt as _;
use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Neon, NeonBuilder, Rates};
use neon_api_emulator::Emulator;
use serde_json::json;
use support::metered::Metered;
use support::{
    Server, Step, call, fail, handle, ms, operation, operation_id, operations, status, success,
};

const REQUEST: &str = "http.client.request.duration";
const CALL: &str = "neon.client.call.duration";
const RETRIES: &str = "neon.client.retries";
const RATE_LIMITED: &str = "neon.client.rate_limited";
const PERMIT: &str = "neon.client.permit.wait.duration";
const QUEUE: &str = "neon.client.queue.length";
const WAIT: &str = "neon.client.operations.wait.duration";
const OPERATIONS: &str = "neon.client.operations";

fn metered(builder: NeonBuilder) -> (Metered, Neon) {
    let metered = Metered::new();
    let neon = builder.metrics(&metered.provider).build().unwrap();
    (metered, neon)
}

fn counts<const N: usize>(expected: [(&str, i64); N]) -> BTreeMap<String, i64> {
    let expected = expected.into_iter();
    expected.map(|(k, v)| (k.to_owned(), v)).collect()
}

#[tokio::test(start_paused = true)]
async fn attempts_retries_and_calls_are_measured_by_the_names_of_the_conventions() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0) => status(429).header("retry-after", "2"),
        ("createProjectBranchDatabase", 1) => status(423).after(ms(30)),
        ("createProjectBranchDatabase", 2) => status(503),
        ("listProjectOperations", _) => operations(&[operation(&operation_id(1), "finished")]),
        _ => success(seen).after(ms(20)),
    });
    let (metered, neon) = metered(server.builder());
    call(&neon, "POST").await.unwrap();

    let requests = metered.of(REQUEST);
    let mut posts: Vec<_> = requests.iter().collect();
    posts.retain(|series| series.label("http.request.method") == "POST");
    let statuses = posts
        .iter()
        .map(|s| (s.label("http.response.status_code"), s));
    let by_status: BTreeMap<_, _> = statuses.collect();
    for (status, error, seconds) in [
        ("200", None, 0.02),
        ("423", Some("423"), 0.03),
        ("429", Some("429"), 0.0),
        ("503", Some("503"), 0.0),
    ] {
        let series = by_status[status];
        let mut expected = BTreeMap::from([
            ("http.request.method", "POST"),
            ("http.response.status_code", status),
            ("server.address", "console.neon.tech"),
            ("server.port", "443"),
            (
                "url.template",
                "/projects/{project_id}/branches/{branch_id}/databases",
            ),
        ]);
        if let Some(error) = error {
            expected.insert("error.type", error);
        }
        let labels = series.labels.iter();
        let labels: BTreeMap<&str, &str> = labels.map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(labels, expected);
        assert_eq!((series.count, series.unit.as_str()), (1, "s"));
        assert!((series.sum - seconds).abs() < 1e-9, "{series:?}");
    }
    assert_eq!(by_status.len(), 4);
    let total: i64 = requests.iter().map(|series| series.count).sum();
    assert_eq!(total, i64::try_from(neon.stats().requests).unwrap());

    let reasons = counts([("locked", 1), ("rate_limited", 1), ("unavailable", 1)]);
    assert_eq!(metered.counts(RETRIES, "neon.retry.reason"), reasons);
    let operation = "neon.api.operation";
    let of_create = counts([("createProjectBranchDatabase", 3)]);
    assert_eq!(metered.counts(RETRIES, operation), of_create);
    let of_create = counts([("createProjectBranchDatabase", 1)]);
    assert_eq!(metered.counts(RATE_LIMITED, operation), of_create);

    let calls = metered.of(CALL);
    let is_create = |label: &str| label == "createProjectBranchDatabase";
    let create = calls
        .iter()
        .find(|s| is_create(s.label(operation)))
        .unwrap();
    assert_eq!(create.label("http.response.status_code"), "200");
    assert!(create.sum > 2.0 && create.count == 1, "{create:?}");
}

#[tokio::test(start_paused = true)]
async fn ends_without_a_response_have_their_kind() {
    for (step, method, of_attempt, of_call) in [
        (
            fail(FailureKind::Interrupted),
            "POST",
            "Interrupted",
            "Interrupted",
        ),
        (fail(FailureKind::Tls), "GET", "Tls", "Tls"),
        (Step::Hang, "POST", "Timeout", "Timeout"),
        (status(409), "PATCH", "409", "409"),
        // There was no attempt.
        (fail(FailureKind::NotSent), "POST", "", "NotSent"),
    ] {
        let server = Server::new(move |_, _| step.clone());
        let (metered, neon) = metered(server.builder());
        call(&neon, method).await.unwrap_err();
        let attempts = metered.counts(REQUEST, "error.type");
        if of_attempt.is_empty() {
            assert!(attempts.is_empty(), "{attempts:?}");
        } else {
            assert_eq!(attempts, counts([(of_attempt, 1)]));
        }
        assert_eq!(metered.counts(CALL, "error.type"), counts([(of_call, 1)]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_is_measured_until_then_and_what_is_not_polled_is_not() {
    let server = Server::new(|_, _| Step::Hang);
    let (metered, neon) = metered(server.builder());
    drop(call(&neon, "POST"));
    let hanging = tokio::time::timeout(ms(1500), call(&neon, "POST"));
    hanging.await.unwrap_err();
    for metric in [REQUEST, CALL] {
        let series = metered.of(metric);
        assert_eq!(series.len(), 1);
        assert_eq!(series[0].label("error.type"), "Dropped");
        assert_eq!(series[0].label("http.response.status_code"), "");
        assert!((series[0].sum - 1.5).abs() < 1e-9, "{series:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn permits_and_the_queue_are_measured() {
    let server = Server::steps(vec![]);
    let limiter = AccountLimiter::new(Rates::default().per_minute(60).burst(1));
    let (metered, neon) = metered(server.builder().limiter(limiter));
    call(&neon, "GET").await.unwrap();
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let neon = neon.clone();
            tokio::spawn(async move { call(&neon, "GET").await.unwrap() })
        })
        .collect();
    tokio::time::sleep(ms(100)).await;
    assert_eq!(metered.of(QUEUE)[0].count, 3);
    assert!(metered.of(QUEUE)[0].labels.is_empty());
    // One of them gives up.
    waiting[2].abort();
    for call in waiting {
        let _ = call.await;
    }
    assert_eq!(metered.of(QUEUE)[0].count, 0);
    let permits = metered.of(PERMIT);
    assert_eq!(permits.len(), 1, "{permits:?}");
    // At once, after a second, and after two.
    assert_eq!(permits[0].count, 3);
    assert!((3.0..3.1).contains(&permits[0].sum), "{permits:?}");
    assert_eq!(
        permits[0].label("neon.api.operation"),
        "listProjectBranchDatabases"
    );
    assert_eq!(neon.stats().queued, 0);
}

#[tokio::test(start_paused = true)]
async fn waits_and_operations_are_measured_by_how_they_end() {
    let emulator = Emulator::builder().build();
    let builder = Neon::builder().api_key("napi_test");
    let (metered, neon) = metered(builder.transport(emulator.transport()));
    let app = neon.projects().create("app").await.unwrap();
    let named = app.operations().len();
    let app = app.ready().await.unwrap();
    let project = neon.project(&app);
    let second = project.branches().create("x").with_compute().await.unwrap();
    let error = second.ready().timeout(ms(0)).await.unwrap_err();
    assert!(error.is_timeout());
    let dropped = neon.wait(error.token().clone());
    tokio::time::timeout(ms(1), dropped).await.unwrap_err();
    drop(neon.wait(error.token().clone()));

    let outcomes = counts([("dropped", 1), ("succeeded", 1), ("timeout", 1)]);
    assert_eq!(metered.counts(WAIT, "neon.wait.outcome"), outcomes);
    let waits = metered.of(WAIT);
    let succeeded = waits
        .iter()
        .find(|s| s.label("neon.wait.outcome") == "succeeded");
    assert!(succeeded.unwrap().sum > 0.0);
    let ended = metered.counts(OPERATIONS, "neon.operation.status");
    assert_eq!(ended, counts([("finished", named.try_into().unwrap())]));
    let actions = metered.counts(OPERATIONS, "neon.operation.action");
    assert!(actions.contains_key("create_timeline"), "{actions:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_api_has_added_since_is_one_value() {
    let server = Server::new(|_, _| {
        let mut failed = operation(&operation_id(1), "failed");
        failed["action"] = json!("br-cool-sun-12345678");
        operations(&[failed])
    });
    let (metered, neon) = metered(server.builder());
    let error = neon.wait(handle([1])).await.unwrap_err();
    assert!(error.is_failure());
    let actions = metered.counts(OPERATIONS, "neon.operation.action");
    assert_eq!(actions, counts([("_OTHER", 1)]));
    let statuses = metered.counts(OPERATIONS, "neon.operation.status");
    assert_eq!(statuses, counts([("failed", 1)]));
    let outcomes = metered.counts(WAIT, "neon.wait.outcome");
    assert_eq!(outcomes, counts([("failed", 1)]));
}

#[tokio::test(start_paused = true)]
async fn clients_of_one_provider_are_told_apart_by_their_address_alone() {
    let server = Server::steps(vec![]);
    let metered = Metered::new();
    for url in [
        "http://127.0.0.1:8080/api/v2",
        "https://user-proxy.example/base",
    ] {
        let builder = server.builder().base_url(url);
        let neon = builder.metrics(&metered.provider).build().unwrap();
        call(&neon, "GET").await.unwrap();
        call(&neon.background(), "GET").await.unwrap();
    }
    let addresses = counts([("127.0.0.1", 2), ("user-proxy.example", 2)]);
    assert_eq!(metered.counts(REQUEST, "server.address"), addresses);
    let ports = counts([("443", 2), ("8080", 2)]);
    assert_eq!(metered.counts(REQUEST, "server.port"), ports);
    assert_eq!(metered.of(CALL).len(), 1);
}

/// A future that was never polled has not begun.
#[tokio::test(start_paused = true)]
async fn a_call_that_a_guard_blocks_is_no_request() {
    let server = Server::steps(vec![]);
    let (metered, neon) = metered(server.builder().read_only());
    let blocked = call(&neon, "POST").now_or_never().unwrap();
    assert!(blocked.unwrap_err().is_blocked());
    assert!(metered.of(REQUEST).is_empty() && metered.of(PERMIT).is_empty());
    let ends = metered.counts(CALL, "error.type");
    assert_eq!(ends, counts([("NotSent", 1)]));
}
