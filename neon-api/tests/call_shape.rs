//! What all calls, builders, lists and waits have in common, whatever they call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use neon_api::projects::CreatedProject;
use neon_api::types::Project;
use neon_api::{Call, Error, Neon, Ready, ReadyCall, ReadyError};
use serde_json::{Value, json};
use support::lists::sample;
use support::{Server, Step, fail, ms, ok, operation, operation_id, operations, status};

/// A server that responds with the samples of the spec, with one operation that runs on.
fn samples() -> Server {
    Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => operations(&[operation(&operation_id(1), "finished")]),
        name => {
            let mut body = sample(name);
            if body.get("operations").is_some() {
                body["operations"] = json!([operation(&operation_id(1), "running")]);
            }
            ok(&body)
        }
    })
}

/// What a program may keep.
struct Job {
    call: Call<Project>,
    ready: ReadyCall<CreatedProject>,
    wait: Ready<()>,
}

fn assert_future<F: Future + Send + Unpin + 'static>(_: &F) {}

#[tokio::test(start_paused = true)]
async fn calls_are_spawned_joined_buffered_and_kept() {
    let server = samples();
    let neon = server.client();
    let project = neon.project("late-frost-12345678");
    let job = Job {
        call: project.get(),
        ready: neon.projects().create("app").ready(),
        wait: neon.wait(support::handle([1])),
    };
    assert_future(&job.call);
    assert_future(&job.ready);
    assert_future(&job.wait);
    assert_future(&project.branches().list().send());
    assert_eq!(server.total(), 0, "nothing is sent before the first poll");
    let (call, ready, wait) = tokio::join!(job.call, job.ready, job.wait);
    call.unwrap();
    ready.unwrap();
    wait.unwrap();

    let spawned = tokio::spawn(project.branches().create("one").send());
    spawned.await.unwrap().unwrap().ready().await.unwrap();
    let names = ["one", "two", "three"];
    let creates = names.map(|name| project.branches().create(name).send());
    let all = stream::iter(creates).buffer_unordered(2);
    let all: Vec<_> = all.try_collect().await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(server.count("createProjectBranch"), 4);
    let again = project.get().send().send();
    again.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_over_stays_pending() {
    let server = samples();
    let mut call = server.client().project("late-frost-12345678").get();
    (&mut call).await.unwrap();
    assert!(futures::poll!(&mut call).is_pending());
    let mut ready = server.client().projects().create("app").ready();
    (&mut ready).await.unwrap();
    assert!(futures::poll!(&mut ready).is_pending());
    assert_eq!(server.count("createProject"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_counts_from_the_first_poll_and_says_what_may_have_happened() {
    let server = Server::new(|_, _| Step::Hang);
    let neon = server.client();
    let create = neon.projects().create("app").timeout(ms(2_000));
    tokio::time::sleep(ms(10_000)).await;
    let start = tokio::time::Instant::now();
    let error = create.await.unwrap_err();
    assert_eq!(start.elapsed(), ms(2_000));
    assert!(error.is_timeout() && error.outcome_unknown(), "{error}");
    let error = neon.projects().create("app").send().timeout(ms(0)).await;
    let error = error.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
    assert_eq!(server.total(), 1);
    // The shorter of the client's and the call's own.
    let hasty = neon.with_call_timeout(ms(300));
    let start = tokio::time::Instant::now();
    let call = hasty.project("late-frost-12345678").get();
    call.timeout(ms(5_000)).await.unwrap_err();
    assert_eq!(start.elapsed(), ms(300));
}

#[tokio::test(start_paused = true)]
async fn relative_times_count_from_sending() {
    let server = samples();
    let branches = server.client().project("late-frost-12345678").branches();
    let create = branches.create("preview").expires_in(ms(3_600_000));
    // The clock of expiry is the machine's, which a paused runtime does not move.
    let made_at = Utc::now();
    while Utc::now() <= made_at {}
    let sent_at = Utc::now();
    create.await.unwrap().into_value();
    let body: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    let expires_at: DateTime<Utc> = body["branch"]["expires_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(expires_at - ms(3_600_000) >= sent_at, "{expires_at}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_id_fails_the_call_and_nothing_is_sent() {
    let server = samples();
    let neon = server.client();
    let project = neon.project("My Project");
    for (outcome, kind) in [
        (project.get().await.map(drop), "project"),
        (
            project
                .branch("br-noisy-breeze-a5e59rrb")
                .get()
                .await
                .map(drop),
            "project",
        ),
        (
            neon.project("late-frost-12345678")
                .branch("")
                .get()
                .await
                .map(drop),
            "branch",
        ),
        (project.branches().list().await.map(drop), "project"),
    ] {
        let Err(Error::InvalidInput(input)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(input.invalid_id().unwrap().kind(), kind);
        assert!(input.route().is_some());
    }
    // A key given by mistake is not repeated.
    let key = neon.project("napi_s3cretS3cretS3cret");
    let error = key.get().await.unwrap_err();
    assert!(!format!("{error} {error:?} {key:?}").contains("s3cret"));
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_value_of_another_project_is_refused() {
    let server = samples();
    let neon = server.client();
    let project = neon.project("late-frost-12345678");
    let mut branch = project
        .branch("br-noisy-breeze-a5e59rrb")
        .get()
        .await
        .unwrap();
    branch.branch.project_id = "late-frost-12345678".parse().unwrap();
    project.branch(&branch).get().await.unwrap();
    let sent = server.total();
    let error = neon.project("other-12345678").branch(&branch).get().await;
    let Err(Error::InvalidInput(input)) = error else {
        panic!("{error:?}");
    };
    assert!(input.to_string().contains("late-frost-12345678"), "{input}");
    assert_eq!(server.total(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_handle_stands_for_its_id() {
    let server = samples();
    let neon = server.client();
    let project = neon.project("late-frost-12345678");
    let branch = project.branch("br-noisy-breeze-a5e59rrb");
    assert_eq!(neon.project(&project).id(), project.id());
    assert_eq!(project.branch(&branch).id(), branch.id());
    let endpoint = project.endpoint("ep-one");
    assert_eq!(project.endpoint(&endpoint).id(), endpoint.id());
    let org = neon.org("org-one");
    assert_eq!(neon.org(&org).id(), org.id());
    project
        .branches()
        .create("preview")
        .parent(&branch)
        .await
        .unwrap()
        .into_value();
    let body: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    assert_eq!(body["branch"]["parent_id"], json!(branch.id()));

    // What is wrong with a handle is wrong with what it is passed to.
    let sent = server.total();
    let other = neon.project("other-12345678");
    let invalid = project.branch("No Branch");
    let of_builder = Neon::builder()
        .api_key("napi_abc")
        .project(&neon.project("No Project"));
    let refused = [
        other.branch(&branch).get().await.map(drop),
        other
            .branches()
            .create("preview")
            .parent(&branch)
            .await
            .map(drop),
        branch.restore(&invalid).await.map(drop),
        neon.project(&neon.project("No Project"))
            .get()
            .await
            .map(drop),
        neon.only_projects([&neon.project("No Project")])
            .projects()
            .create("app")
            .await
            .map(drop),
        of_builder.build().map(drop),
    ];
    for outcome in refused {
        assert!(
            matches!(outcome, Err(Error::InvalidInput(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(server.total(), sent);
}

#[cfg(feature = "connect")]
#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_project_is_not_connected_to() {
    let server = samples();
    let neon = server.client();
    let endpoint = neon.project("other-12345678").endpoint("ep-one");
    let branch = neon
        .project("late-frost-12345678")
        .branch("br-noisy-breeze-a5e59rrb");
    let ensured = neon
        .project("late-frost-12345678")
        .branches()
        .ensure("preview");
    for outcome in [
        branch.connectable().endpoint(&endpoint).await.map(drop),
        ensured.connectable().endpoint(&endpoint).await.map(drop),
    ] {
        assert!(
            matches!(outcome, Err(Error::InvalidInput(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn ready_says_whether_the_call_or_the_wait_failed() {
    let server = Server::steps(vec![
        status(422),
        fail(neon_api::raw::transport::FailureKind::Interrupted),
    ]);
    let neon = server.client();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let create = |neon: &Neon| {
        let seen = Arc::clone(&seen);
        let started =
            move |created: &CreatedProject| seen.lock().unwrap().push(created.project.id.clone());
        neon.projects().create("app").ready().on_started(started)
    };
    let error = create(&neon).await.unwrap_err();
    assert!(matches!(&error, ReadyError::NotStarted(error) if !error.outcome_unknown()));
    assert!(error.value().is_none() && error.token().is_none());
    let error = create(&neon).await.unwrap_err();
    assert!(Error::from(error).outcome_unknown());
    assert!(seen.lock().unwrap().is_empty());

    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => operations(&[operation(&operation_id(1), "running")]),
        name => {
            let mut body = sample(name);
            body["operations"] = json!([operation(&operation_id(1), "running")]);
            ok(&body)
        }
    });
    let error = create(&server.client())
        .timeout(ms(5_000))
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    let id = error.value().unwrap().project.id.clone();
    assert_eq!(*seen.lock().unwrap(), std::slice::from_ref(&id));
    assert_eq!(error.token().unwrap().operations().len(), 1);
    let error = Error::from(error);
    assert_eq!(error.wait_value::<CreatedProject>().unwrap().project.id, id);
}

#[tokio::test(start_paused = true)]
async fn what_has_started_stands_for_its_id() {
    let server = samples();
    let project = server.client().project("late-frost-12345678");
    let created = project.branches().create("preview").await.unwrap();
    let id = created.branch.id.clone();
    let other = server.client().project(&created.branch.project_id);
    assert_eq!(*other.branch(&created).id(), id);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_check_ends_what_it_waits_for_between_requests() {
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => operations(&[]),
        _ => status(404),
    });
    let start = tokio::time::Instant::now();
    let check = server
        .client()
        .check(&support::handle([1]))
        .timeout(ms(1_500));
    let error = check.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(start.elapsed(), ms(1_500));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_none_only_if_the_api_says_so() {
    let server = Server::steps(vec![status(404), support::gateway(404)]);
    let project = server.client().project("late-frost-12345678");
    assert!(project.get_opt().await.unwrap().is_none());
    project.get_opt().await.unwrap_err();
}
