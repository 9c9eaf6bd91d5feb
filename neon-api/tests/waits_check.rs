//! `Neon::check`: one poll, and what it reports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use futures::future::join;
use neon_api::ids::OperationId;
use neon_api::{Call, Error, Neon, Progress, RetryPolicy, WaitToken};
use serde_json::json;
use support::lists::{cursor_of, parameter};
use support::{
    Server, Step, fail, handle, ms, ok, operation, operation_id, operations, project_id, status,
};
use tokio::time::Instant;

/// Checks operations that a list shows in these states, numbered from 1.
async fn check(states: &[&str]) -> (Result<Progress, Error>, Server) {
    let list = states.iter().zip(1..);
    let list: Vec<_> = list.map(|(s, n)| operation(&operation_id(n), s)).collect();
    let server = Server::new(move |_, _| operations(&list));
    let outcome = server.client().check(&handle(1..=states.len())).await;
    (outcome, server)
}

fn states(progress: &Progress) -> Vec<&str> {
    let operations = progress.operations().iter();
    operations
        .map(|operation| operation.status.as_str())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn one_list_says_whether_they_run_are_done_or_have_failed() {
    for (list, name) in [
        (vec!["finished"], "done"),
        (vec!["finished", "skipped"], "done"),
        (vec!["running"], "running"),
        (vec!["finished", "scheduling"], "running"),
        (vec!["paused"], "running"),
        (vec!["cancelling"], "running"),
        (vec!["failed"], "failed"),
        (vec!["finished", "error"], "failed"),
        (vec!["running", "cancelled"], "failed"),
    ] {
        let (outcome, server) = check(&list).await;
        let progress = outcome.unwrap();
        let is = (
            progress.is_running(),
            progress.is_done(),
            progress.is_failed(),
        );
        assert_eq!(
            is,
            (name == "running", name == "done", name == "failed"),
            "{list:?}"
        );
        assert_eq!(states(&progress), list);
        assert_eq!(server.total(), 1);
        assert_eq!(server.count("listProjectOperations"), 1);
        assert_eq!(
            parameter(&server.seen()[0], "limit").unwrap(),
            (list.len() + 20).to_string()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_with_a_retry_ahead_runs() {
    let mut failing = operation(&operation_id(1), "error");
    failing["retry_at"] = json!("2026-01-01T00:00:00Z");
    failing["error"] = json!("cannot reach postgresql://owner:planted_9f@h/db");
    let server = Server::new(move |_, _| operations(&[failing.clone()]));
    let progress = server.client().check(&handle([1])).await.unwrap();
    assert!(progress.is_running());
    let text = format!("{progress:?} {progress:#?}");
    assert!(
        text.contains("Running") && !text.contains("planted"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_to_check_is_done_without_a_request() {
    let server = Server::new(|_, _| status(500));
    let progress = server.client().check(&handle([])).await.unwrap();
    assert!(progress.is_done() && progress.operations().is_empty());
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_few_that_are_not_on_the_page_are_asked_for_singly() {
    let server = Server::new(|seen, _| {
        if seen.operation == "getProjectOperation" {
            let id = seen.uri.rsplit('/').next().unwrap();
            return ok(&json!({"operation": operation(id, "finished")}));
        }
        let newer = (100..125).map(|n| operation(&operation_id(n), "running"));
        let newer: Vec<_> = newer.collect();
        ok(&json!({"operations": newer, "pagination": {"cursor": "x"}}))
    });
    let progress = server.client().check(&handle(1..6)).await.unwrap();
    assert!(progress.is_done());
    assert_eq!(server.count("listProjectOperations"), 1);
    assert_eq!(server.count("getProjectOperation"), 5);
}

#[tokio::test(start_paused = true)]
async fn many_that_are_not_on_the_page_are_listed() {
    let server = Server::new(|seen, _| {
        let begin: usize = cursor_of(seen).map_or(0, |text| text.parse().unwrap());
        let limit: usize = parameter(seen, "limit").unwrap().parse().unwrap();
        let list = (begin..begin + limit).map(|n| operation(&operation_id(n), "finished"));
        let list: Vec<_> = list.collect();
        ok(&json!({"operations": list, "pagination": {"cursor": (begin + limit).to_string()}}))
    });
    let spread = (0..50).map(|n| n * 100);
    let progress = server.client().check(&handle(spread)).await.unwrap();
    assert!(progress.is_done());
    assert_eq!(progress.operations().len(), 50);
    assert_eq!(server.count("getProjectOperation"), 0);
    assert_eq!(server.total(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_not_there_yet_is_asked_for_again() {
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => operations(&[]),
        _ if seen.at < ms(2000) => status(404),
        _ => ok(&json!({"operation": operation(&operation_id(1), "running")})),
    });
    let progress = server.client().check(&handle([1])).await.unwrap();
    assert!(progress.is_running());
    assert_eq!(server.count("listProjectOperations"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_operation_ends_the_check() {
    for numbers in [vec![1], (1..100).collect()] {
        let server = Server::new(|seen, _| match seen.operation {
            "listProjectOperations" => operations(&[]),
            _ => status(404),
        });
        let start = Instant::now();
        let error = server.client().check(&handle(numbers)).await.unwrap_err();
        assert!(
            error.is_forgotten() && !error.is_not_found() && !error.is_timeout(),
            "{error}"
        );
        assert!(start.elapsed() <= ms(20_000), "{:?}", start.elapsed());
        assert_eq!(server.count("listProjectOperations"), 1);
    }
}

type Predicate = fn(&Error) -> bool;

#[tokio::test(start_paused = true)]
async fn errors_are_those_of_any_call() {
    let never = |server: &Server| -> Neon {
        let policy = RetryPolicy::never();
        server.builder().retry(policy).build().unwrap()
    };
    let faults: [(Step, Predicate); 4] = [
        (status(404), Error::is_not_found),
        (status(403), Error::is_auth),
        (status(429), Error::is_rate_limited),
        (
            fail(neon_api::raw::transport::FailureKind::Timeout),
            Error::is_timeout,
        ),
    ];
    for (fault, predicate) in faults {
        let server = Server::new(move |_, _| fault.clone());
        let error = never(&server).check(&handle([1])).await.unwrap_err();
        assert!(predicate(&error), "{error}");
        assert_eq!(error.route().unwrap().id, "listProjectOperations");
        assert_eq!(server.total(), 1);
    }
    // With its retries, and within the call's timeout.
    let server = Server::new(|_, at| match at {
        0 => status(503),
        1 => status(429),
        _ => operations(&[operation(&operation_id(1), "finished")]),
    });
    assert!(server.client().check(&handle([1])).await.unwrap().is_done());
    assert_eq!(server.total(), 3);
    let server = Server::new(|_, _| Step::Hang);
    let hasty = server.client().with_call_timeout(ms(700));
    let start = Instant::now();
    assert!(hasty.check(&handle([1])).await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), ms(700));
    // An ID that no request can name.
    let empty: OperationId = serde_json::from_str("\"\"").unwrap();
    let server = Server::new(|_, _| operations(&[]));
    let check = server
        .client()
        .check(&WaitToken::new(project_id(), [empty]));
    let Error::Wait(report) = check.await.unwrap_err() else {
        panic!("not of a wait");
    };
    assert!(report.is_refused());
}

/// It shares nothing with waits: neither does it bring their polls forward.
#[tokio::test(start_paused = true)]
async fn a_check_and_a_wait_leave_each_other_alone() {
    let server = Server::new(|seen, _| {
        let text = if seen.at < ms(20_000) {
            "running"
        } else {
            "finished"
        };
        operations(&[operation(&operation_id(1), text)])
    });
    fastrand::seed(1);
    let neon = server.client();
    neon.wait(handle([1])).await.unwrap();
    let alone = server.total();
    fastrand::seed(1);
    let server = Server::new(|seen, _| {
        let text = if seen.at < ms(20_000) {
            "running"
        } else {
            "finished"
        };
        operations(&[operation(&operation_id(1), text)])
    });
    let neon = server.client();
    let check = async {
        tokio::time::sleep(ms(10_050)).await;
        let before = server.total();
        assert!(neon.check(&handle([1])).await.unwrap().is_running());
        assert_eq!(server.total(), before + 1);
    };
    let (outcome, ()) = join(neon.wait(handle([1])).into_future(), check).await;
    outcome.unwrap();
    assert_eq!(server.total(), alone + 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_can_be_named_spawned_and_dropped() {
    let server = Server::new(|_, _| operations(&[operation(&operation_id(1), "finished")]));
    let neon = server.client();
    let check: Call<Progress> = neon.check(&handle([1]));
    drop(check);
    assert_eq!(server.total(), 0);
    let check: Call<Progress> = neon.check(&handle([1]));
    drop(neon);
    assert!(tokio::spawn(check).await.unwrap().unwrap().is_done());
}

/// The API writes UUIDs in lower case, whatever the case that they are asked for in.
#[tokio::test(start_paused = true)]
async fn an_id_that_comes_back_in_another_case_is_still_the_one_asked_for() {
    let server = Server::new(|seen, _| match seen.operation {
        "getProjectOperation" => ok(&json!({"operation": operation(&operation_id(1), "finished")})),
        _ => operations(&[]),
    });
    let id = OperationId::new(operation_id(1).to_uppercase()).unwrap();
    let upper = WaitToken::new(project_id(), [id]);
    let neon = server.client();
    let progress = neon.check(&upper).await.unwrap();
    assert!(progress.is_done(), "{progress:?}");
    assert_eq!(server.total(), 2);
    neon.wait(upper).await.unwrap();
    assert_eq!(server.total(), 4);
}
