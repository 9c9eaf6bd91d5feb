//! Waiting for operations: every way in which a wait can go.

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
use neon_api::raw::transport::FailureKind;
use neon_api::{Error, WaitToken};
use neon_api_emulator::spec::sample;
use neon_api_emulator::{Emulator, Fault};
use support::{
    Server, Step, client_of, fail, handle, ms, operation, operation_id, operations, project_id,
    status,
};
use tokio::time::Instant;

/// A server with 500 operations that end after `time`.
fn ending(time: Duration) -> Server {
    Server::new(move |seen, _| {
        let text = if seen.at < time {
            "running"
        } else {
            "finished"
        };
        let list = (0..500).map(|n| operation(&operation_id(n), text));
        operations(&list.collect::<Vec<_>>())
    })
}

/// Waits for operation 1, which the lists show in these states, one list after another.
async fn wait_through(lists: Vec<Step>) -> (Result<(), neon_api::WaitError<()>>, Server, Duration) {
    let server = Server::new(move |seen, at| match seen.operation {
        "listProjectOperations" => lists[at.min(lists.len() - 1)].clone(),
        _ => status(404),
    });
    let start = Instant::now();
    let outcome = server.client().wait(handle([1])).await;
    (outcome, server, start.elapsed())
}

fn list(status: &str) -> Step {
    operations(&[operation(&operation_id(1), status)])
}

#[tokio::test(start_paused = true)]
async fn finished_and_skipped_are_success() {
    for text in ["finished", "skipped"] {
        let (outcome, server, took) = wait_through(vec![list(text)]).await;
        outcome.unwrap();
        assert_eq!(server.total(), 1);
        assert!(took <= ms(101), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failed_error_and_cancelled_are_failures() {
    for text in ["failed", "error", "cancelled"] {
        let (outcome, server, _) = wait_through(vec![list("running"), list(text)]).await;
        let error = outcome.unwrap_err();
        assert!(error.is_failure() && !error.is_timeout(), "{error}");
        assert_eq!(error.operations()[0].status.as_str(), text);
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(server.total(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_else_it_is_called_it_still_runs() {
    let lists = ["scheduling", "paused", "", "cancelling", "finished"];
    let (outcome, server, _) = wait_through(lists.map(list).to_vec()).await;
    outcome.unwrap();
    assert_eq!(server.total(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_operation_may_be_missing_at_first() {
    let lists = vec![operations(&[]), operations(&[]), list("finished")];
    let (outcome, server, _) = wait_through(lists).await;
    outcome.unwrap();
    assert_eq!(server.count("listProjectOperations"), 3);
    assert_eq!(server.count("getProjectOperation"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_fails_is_no_failure_of_the_operation() {
    let faults = [404, 409, 429, 500, 503].map(status).into_iter();
    let faults = faults.chain([fail(FailureKind::Interrupted), Step::Hang]);
    // A proxy's page in place of an answer.
    let page = Step::Response(200, Vec::new(), "<html></html>".to_owned());
    for fault in faults.chain([page]) {
        let lists = vec![fault.clone(), fault, list("running"), list("finished")];
        let (outcome, server, _) = wait_through(lists).await;
        outcome.unwrap();
        assert_eq!(server.total(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_newer_ones_pushed_off_the_list_is_asked_for() {
    // The creation told of it, so that it has been seen running.
    let server = Server::new(move |seen, at| match seen.operation {
        "listProjectOperations" => {
            let newer = (10..200).map(|n| operation(&operation_id(n), "finished"));
            operations(&newer.collect::<Vec<_>>())
        }
        "getProjectOperation" => {
            let text = if at < 3 { "running" } else { "finished" };
            support::ok(&serde_json::json!({"operation": operation(&operation_id(1), text)}))
        }
        _ => {
            let sample = sample::response("createProjectBranch", &sample::Options::default());
            let mut branch = sample.unwrap().body.unwrap();
            branch["operations"] = serde_json::json!([operation(&operation_id(1), "running")]);
            support::ok(&branch)
        }
    });
    let branches = server.client().project(project_id()).branches();
    let created = branches.create("preview").await.unwrap();
    created.ready().timeout(ms(10_000)).await.unwrap();
    assert_eq!(server.count("getProjectOperation"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_new_wait_brings_the_next_poll_forward() {
    let server = Server::new(|seen, _| {
        let text = |end| if seen.at < end { "running" } else { "finished" };
        operations(&[
            operation(&operation_id(2), text(ms(61_050))),
            operation(&operation_id(1), text(ms(90_000))),
        ])
    });
    let neon = server.client();
    let start = Instant::now();
    let long = neon.wait(handle([1])).into_future();
    let short = async {
        // By now there is a poll each three seconds.
        tokio::time::sleep(ms(61_000)).await;
        neon.wait(handle([2])).await.unwrap();
        assert!(start.elapsed() <= ms(61_101), "{:?}", start.elapsed());
    };
    let (long, ()) = tokio::join!(long, short);
    long.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_without_the_right_to_look_is_told_so_at_once() {
    let (outcome, server, _) = wait_through(vec![status(403)]).await;
    let error = outcome.unwrap_err();
    assert!(!error.is_timeout() && !error.is_failure());
    assert!(error.to_string().contains("could not be polled"), "{error}");
    assert_eq!(server.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_gives_back_the_value_and_a_handle_that_another_client_resumes() {
    let emulator = Emulator::builder()
        .operation_latency(ms(30_000)..=ms(30_000))
        .build();
    let neon = client_of(&emulator);
    let start = Instant::now();
    let created = neon.projects().create("app").await.unwrap();
    let id = created.project.id.clone();
    let error = created.ready().timeout(ms(2000)).await.unwrap_err();
    assert_eq!(start.elapsed(), ms(2000));
    assert!(error.is_timeout());
    assert_eq!(error.value().project.id, id);
    assert!(!error.operations().is_empty());
    let text = serde_json::to_string(error.token()).unwrap();
    // `?` keeps all of it.
    let error = Error::from(error);
    assert!(error.is_timeout() && !error.is_retryable());
    let value = error.wait_value::<neon_api::projects::CreatedProject>();
    assert_eq!(value.unwrap().project.id, id);
    // By value too, and another type does not take it away.
    let error = error.into_wait_value::<neon_api::branches::CreatedBranch>();
    let value = error.unwrap_err().into_wait_value();
    let value: neon_api::projects::CreatedProject = value.unwrap();
    assert_eq!(value.project.id, id);

    let other = client_of(&emulator);
    let handle: WaitToken = serde_json::from_str(&text).unwrap();
    other.wait(handle).await.unwrap();
    let operations = other.project(&id).operations().list();
    let operations: Vec<_> = futures::TryStreamExt::try_collect(operations)
        .await
        .unwrap();
    assert!(operations.iter().all(|o| o.status.as_str() == "finished"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_gives_back_the_value() {
    let emulator = Emulator::builder().build();
    emulator.faults().fail_next_operation(None, "out of nodes");
    let neon = client_of(&emulator);
    let created = neon.projects().create("app").await.unwrap();
    let id = created.project.id.clone();
    let error = created.ready().await.unwrap_err();
    assert!(error.is_failure());
    assert!(error.to_string().contains("out of nodes"), "{error}");
    assert_eq!(error.into_value().project.id, id);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_polls_no_more() {
    for millis in [1, 50, 99, 150, 1000, 7777] {
        let server = ending(Duration::from_secs(3600));
        let neon = server.client();
        let wait = tokio::time::timeout(ms(millis), neon.wait(handle([1])).into_future());
        wait.await.unwrap_err();
        let polls = server.total();
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(server.total(), polls);
        assert_eq!(server.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_leads_may_be_dropped() {
    // Each poll takes half a second, so that leaders are dropped in the midst of polls too.
    let emulator = Emulator::builder()
        .operation_latency(ms(9000)..=ms(9000))
        .build();
    let neon = client_of(&emulator);
    let created = neon.projects().create("app").await.unwrap();
    let poll = Fault::delay(ms(500)).on("listProjectOperations");
    emulator.faults().inject(poll.always());
    let handle = created.token();
    let start = Instant::now();
    let impatient = (1..20).map(|number| {
        let wait = neon.wait(handle.clone()).into_future();
        async move {
            tokio::time::timeout(ms(333) * number, wait)
                .await
                .unwrap_err()
        }
    });
    let patient = neon.wait(handle.clone()).into_future();
    let (_, outcome) = tokio::join!(join_all(impatient), patient);
    outcome.unwrap();
    let took = start.elapsed();
    assert!(took < ms(23_000), "{took:?}");
}
