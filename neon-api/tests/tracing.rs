//! Spans, events and counters: what they tell, and that they tell no secret.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, RetryPolicy};
use serde_json::json;
use support::capture::{Capture, Noted};
use support::{Server, Step, branch_id, call, fail, from, ms, operation_id, project_id, status};

fn locks_once_among_others() -> Server {
    Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0) => status(429).header("retry-after", "2"),
        ("createProjectBranchDatabase", 1) => status(423).after(ms(30)),
        ("createProjectBranchDatabase", 2) => status(503),
        ("listProjectOperations", 0) => {
            support::operations(&[support::operation(&operation_id(1), "running")])
        }
        _ => support::success(seen).after(ms(20)),
    })
}

fn within(events: &[Noted], span: usize) -> Vec<&Noted> {
    events.iter().filter(|e| e.within == Some(span)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_tells_its_name_attempts_waits_and_ids() {
    let (capture, _guard) = Capture::start();
    let server = locks_once_among_others();
    let neon = server
        .builder()
        .limiter(AccountLimiter::default())
        .build()
        .unwrap();
    assert_eq!(call(&neon, "POST").await.unwrap(), 4);

    let spans = capture.spans();
    let span = &spans[0];
    assert_eq!(span.name, "neon_api.call");
    assert_eq!(span.target, "neon_api");
    for (field, value) in [
        ("otel.kind", "client"),
        ("operation", "createProjectBranchDatabase"),
        ("http.request.method", "POST"),
        (
            "url.template",
            "/projects/{project_id}/branches/{branch_id}/databases",
        ),
        ("http.response.status_code", "200"),
        ("http.request.resend_count", "3"),
    ] {
        assert_eq!(span.get(field), Some(value), "{field}");
    }

    let attempts = capture.events_of("attempt");
    let attempts = within(&attempts, 0);
    let told = |field: &str| -> Vec<&str> {
        let values = attempts.iter().map(|event| event.get(field).unwrap());
        values.collect()
    };
    assert_eq!(told("attempt"), ["1", "2", "3", "4"]);
    let codes = told("http.response.status_code");
    assert_eq!(codes, ["429", "423", "503", "200"]);
    assert_eq!(told("duration_ms"), ["0", "30", "0", "20"]);
    assert_eq!(told("operation"), ["createProjectBranchDatabase"; 4]);
    let sent = server.seen();
    let sent = sent.iter().filter(|s| s.operation.starts_with("create"));
    let ids: Vec<&str> = sent
        .map(|seen| seen.headers["x-request-id"].to_str().unwrap())
        .collect();
    assert_eq!(told("request_id"), ids);

    let repeats = capture.events_of("will be retried");
    let repeats = within(&repeats, 0);
    let reasons: Vec<&str> = repeats.iter().map(|e| e.get("reason").unwrap()).collect();
    assert_eq!(reasons, ["rate_limited", "unavailable"]);
    assert_eq!(repeats[0].get("delay_ms"), Some("2000"));

    let locks = capture.events_of("waited for the project's operations");
    let locks = within(&locks, 0);
    assert_eq!(locks.len(), 1);
    assert_eq!(locks[0].get("reason"), Some("locked"));
    assert_eq!(locks[0].get("goes_on"), Some("true"));
    // Two looks of 20 ms each on the way.
    let waited: u64 = locks[0].get("waited_ms").unwrap().parse().unwrap();
    assert!((20..1000).contains(&waited), "{waited}");

    // The polls for the lock are calls of their own, within the one that is locked out.
    let polls = spans
        .iter()
        .filter(|s| s.get("operation") == Some("listProjectOperations"));
    let polls: Vec<&Noted> = polls.collect();
    assert_eq!(polls.len(), 2);
    assert!(polls.iter().all(|poll| poll.within == Some(0)));
}

#[tokio::test(start_paused = true)]
async fn waits_for_a_turn_are_told() {
    let (capture, _guard) = Capture::start();
    let server = Server::steps(vec![]);
    let limiter = AccountLimiter::new(neon_api::Rates::default().per_minute(60).burst(1));
    let neon = server.builder().limiter(limiter).build().unwrap();
    call(&neon, "GET").await.unwrap();
    call(&neon, "GET").await.unwrap();
    let waits = capture.events_of("waited for a permit");
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].get("reason"), Some("limiter"));
    assert_eq!(waits[0].get("waited_ms"), Some("1003"));
    let waited = neon.stats().waited_for_permit;
    assert!((ms(1000)..ms(1010)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_by_their_kind() {
    let (capture, _guard) = Capture::start();
    let server = Server::steps(vec![fail(FailureKind::Interrupted)]);
    call(&server.client(), "POST").await.unwrap_err();
    let server = Server::new(|_, _| status(503));
    let neon = server.client().with_call_timeout(ms(5000));
    call(&neon, "GET").await.unwrap_err();
    let server = Server::steps(vec![status(409)]);
    call(&server.client(), "PATCH").await.unwrap_err();

    let spans = capture.spans();
    assert_eq!(spans[0].get("error.type"), Some("Interrupted"));
    assert_eq!(spans[0].get("http.request.resend_count"), Some("0"));
    assert_eq!(spans[0].get("http.response.status_code"), None);
    assert_eq!(spans[1].get("error.type"), Some("Deadline"));
    let resent: usize = spans[1]
        .get("http.request.resend_count")
        .unwrap()
        .parse()
        .unwrap();
    assert!(resent > 1);
    assert_eq!(spans[2].get("http.response.status_code"), Some("409"));
    let attempts = capture.events_of("attempt");
    assert_eq!(attempts[0].get("error.type"), Some("Interrupted"));
}

#[tokio::test(start_paused = true)]
async fn counters_agree_with_the_server() {
    // Whether a place in the code is of interest is found out once for all threads, so that a test
    // without a subscriber could turn off what the others look at.
    let (_capture, _guard) = Capture::start();
    let server = locks_once_among_others();
    let neon = server.client();
    call(&neon, "POST").await.unwrap();
    call(&neon, "GET").await.unwrap();
    let stats = neon.stats();
    assert_eq!(usize::try_from(stats.requests).unwrap(), server.total());
    assert_eq!((stats.retries, stats.rate_limited, stats.locked), (3, 1, 1));
    assert!(stats.waited_to_retry >= ms(2000));
    // Clones and derived clients count together.
    assert_eq!(neon.clone().with_call_timeout(ms(1)).stats(), stats);
}

/// A wait that ends the call is told as such, and not as a repetition.
#[tokio::test(start_paused = true)]
async fn a_wait_for_operations_that_was_given_up_says_so() {
    let (capture, _guard) = Capture::start();
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => {
            support::operations(&[support::operation(&operation_id(1), "running")])
        }
        _ => status(423),
    });
    let policy = RetryPolicy::default().locked_timeout(ms(20_000));
    let neon = server.builder().retry(policy).build().unwrap();
    call(&neon, "POST").await.unwrap_err();
    let locks = capture.events_of("waited for the project's operations");
    assert_eq!(locks.len(), 1);
    assert_eq!(locks[0].get("goes_on"), Some("false"));
    assert_eq!(locks[0].get("waited_ms"), Some("20000"));
    assert!(capture.events_of("will be retried").is_empty());
}

/// What was sent counts, also if nobody waits for the answer; what was not slept does not.
#[tokio::test(start_paused = true)]
async fn counters_tell_what_happened() {
    let (_capture, _guard) = Capture::start();
    for (step, after, requests, waited) in [
        (Step::Hang, 1000, 1, 0),
        (fail(FailureKind::Connect), 0, 1, 0),
        (fail(FailureKind::NotSent), 1000, 0, 0),
        (status(429).header("retry-after", "7"), 1000, 1, 0),
        (status(429).header("retry-after", "7"), 8000, 2, 7000),
    ] {
        let told = format!("{step:?} after {after} ms");
        let server = Server::steps(vec![step]);
        let neon = server.client();
        let _ = tokio::time::timeout(ms(after), call(&neon, "POST")).await;
        let stats = neon.stats();
        assert_eq!(stats.requests, requests, "{told}");
        assert_eq!(stats.retries, requests.saturating_sub(1), "{told}");
        assert_eq!(stats.waited_to_retry, ms(waited), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_told() {
    const SECRET: &str = "planted_3c9f";
    let (capture, _guard) = Capture::start();
    let server = Server::new(|seen, at| {
        let body = json!({
            "message": format!("no {SECRET}"), "code": SECRET, "request_id": "r-1",
            "uri": format!("postgresql://u:{SECRET}@h/db"), "password": SECRET,
        });
        match at {
            0 => Step::Response(503, Vec::new(), body.to_string()),
            1 => support::ok(&body),
            _ => support::success(seen),
        }
        .header("set-cookie", SECRET)
        .header("authorization", SECRET)
    });
    let neon = server
        .builder()
        .api_key(format!("napi_{SECRET}"))
        .retry(RetryPolicy::default())
        .build()
        .unwrap();
    let (project, branch) = (project_id(), branch_id());
    let raw = neon.raw();
    let body = from(json!({"database": {"name": SECRET, "owner_name": SECRET}}));
    for _ in 0..2 {
        let create = raw.create_project_branch_database(&project, &branch, &body);
        let _ = create.await;
        let delete = raw.delete_project_branch_database(&project, &branch, SECRET);
        let _ = delete.await;
        let _ = raw
            .get_project_branch_role_password(&project, &branch, "owner")
            .await;
        let handle = neon.project(&project).branch(&branch);
        let _ = handle.connection_uri("neondb", SECRET).await;
        let wait = neon.wait(support::handle([1]));
        let _ = wait.timeout(ms(1000)).await;
    }
    let all = (capture.spans(), capture.events());
    assert!(all.0.len() > 8 && all.1.len() > 8);
    let text = format!("{all:?}");
    assert!(!text.contains(SECRET), "{text}");
    assert!(!text.contains("napi_"), "{text}");
}
