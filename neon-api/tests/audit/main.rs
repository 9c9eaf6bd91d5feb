//! The audit log: what it is asked, when, and what its refusal does. Which operations are recorded is
//! tested by the tables of `methods/audited.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod log;
#[path = "../support/mod.rs"]
mod support;

use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::{FutureExt as _, StreamExt as _, stream};
use log::{Does, Log, Recorded};
use neon_api::functions::FunctionBundle;
use neon_api::raw::transport::{BoxFuture, Exchange};
use neon_api::raw::upload::{Chunks, Upload};
use neon_api::raw::{Route, Secret};
use neon_api::{
    AuditLog, AuditedChange, BlockReason, Error, KeyProvider, Limiter, Neon, Transport,
    TransportError,
};
use neon_api_emulator::Emulator;
use serde_json::json;
use support::{Server, branch_id, call, ms, project_id, status, success};
use tokio::time::{Instant, sleep};

fn audited(server: &Server, does: Does) -> (Arc<Log>, Neon) {
    let log = Log::new(does);
    let neon = server.builder().audit(Arc::clone(&log)).build().unwrap();
    (log, neon)
}

fn reason(error: &Error) -> &BlockReason {
    let blocked = error.blocked().unwrap_or_else(|| panic!("{error:?}"));
    assert!(!error.outcome_unknown() && !error.is_retryable());
    blocked.reason()
}

const CREATE: &str = "createProjectBranchDatabase";

#[tokio::test(start_paused = true)]
async fn a_refusal_is_typed_and_nothing_is_sent() {
    let server = Server::steps(vec![]);
    let (log, neon) = audited(&server, Does::Refuse(1));
    let branch = neon.project(project_id()).branch(branch_id());
    let ergonomic = branch.delete().await.unwrap_err();
    let raw = neon.raw().delete_project(&project_id()).await.unwrap_err();
    assert_eq!(log.shown(), ["deleteProjectBranch 1", "deleteProject 1"]);
    assert_eq!(server.total(), 0);
    for error in [ergonomic, raw.into()] {
        let BlockReason::Audit(failure) = reason(&error) else {
            panic!("{error:?}")
        };
        assert!(failure.error().is::<std::io::Error>());
        assert_eq!((error.attempts(), error.request_id()), (0, None));
        assert!(error.source().unwrap().is::<std::io::Error>());
        let text = error.to_string();
        let expected = "not sent, because the audit log did not record it: \
                        the table is locked for postgresql://audit:***@h/d";
        assert!(text.ends_with(expected), "{text}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    // Reads are not its business.
    call(&neon, "GET").await.unwrap();
    assert_eq!(log.shown().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_recorded_by_itself_and_may_be_refused() {
    let server = Server::new(|_, _| status(429).header("retry-after", "1"));
    let (log, neon) = audited(&server, Does::Refuse(3));
    let error = call(&neon, "POST").await.unwrap_err();
    assert!(matches!(reason(&error), BlockReason::Audit(_)));
    assert_eq!(error.attempts(), 2);
    let recorded = [1, 2, 3].map(|attempt| format!("{CREATE} {attempt}"));
    assert_eq!(log.shown(), recorded);
    assert_eq!(server.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn ids_are_those_that_are_sent() {
    let server = Server::new(|seen, at| match at {
        0 => status(503),
        1 => status(423),
        _ if seen.operation == "listProjectOperations" => support::operations(&[]),
        _ => success(seen),
    });
    let (log, neon) = audited(&server, Does::AcceptAfter(ms(3)));
    call(&neon, "POST").await.unwrap();
    call(&neon.with_request_id("mine"), "DELETE").await.unwrap();
    let seen = server.seen();
    let changes = seen.iter().filter(|seen| seen.method != "GET");
    let sent: Vec<&str> = changes
        .map(|seen| seen.headers["x-request-id"].to_str().unwrap())
        .collect();
    assert_eq!(log.ids(), sent);
    assert!(sent.len() >= 4 && sent.ends_with(&["mine"]), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn what_guard_rails_block_is_not_recorded() {
    let server = Server::steps(vec![]);
    let (log, neon) = audited(&server, Does::Accept);
    for blocked in [
        neon.read_only(),
        neon.dry_run(),
        neon.only_projects(["p-2"]),
        neon.protect(project_id()),
    ] {
        let error = blocked.project(project_id()).delete().await.unwrap_err();
        assert!(!matches!(reason(&error), BlockReason::Audit(_)));
    }
    let report = neon.shutdown(ms(10)).await;
    assert!(report.is_clean());
    call(&neon, "POST").await.unwrap_err();
    assert!(log.shown().is_empty(), "{log:?}");
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_derived_client_is_without_it() {
    let server = Server::steps(vec![]);
    let (log, neon) = audited(&server, Does::Accept);
    for derived in [
        neon.clone(),
        neon.background(),
        neon.with_request_id("a").with_call_timeout(ms(1000)),
        neon.with_retry(neon_api::RetryPolicy::never()),
    ] {
        call(&derived, "PATCH").await.unwrap();
    }
    assert_eq!(log.shown().len(), 4);
}

/// A limiter whose permits come after a second.
#[derive(Debug, Default)]
struct Slow(AtomicUsize);

impl Limiter for Slow {
    fn permit<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(async {
            sleep(ms(1000)).await;
            self.0.fetch_add(1, Ordering::SeqCst);
        })
    }
}

/// Notes how many permits were granted when it is asked.
#[derive(Debug)]
struct Permits(Arc<Slow>, Mutex<Vec<usize>>);

impl AuditLog for Permits {
    fn record(&self, _: AuditedChange) -> BoxFuture<'_, Recorded> {
        self.1.lock().unwrap().push(self.0.0.load(Ordering::SeqCst));
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test(start_paused = true)]
async fn it_comes_after_the_permit() {
    let server = Server::steps(vec![status(429).header("retry-after", "1")]);
    let limiter = Arc::new(Slow::default());
    let log = Arc::new(Permits(Arc::clone(&limiter), Mutex::default()));
    let builder = server.builder().limiter(limiter).audit(Arc::clone(&log));
    let neon = builder.build().unwrap();
    call(&neon, "POST").await.unwrap();
    assert_eq!(*log.1.lock().unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn it_has_as_long_as_an_attempt_and_not_longer_than_the_call() {
    let server = Server::steps(vec![]);
    let log = Log::new(Does::Hang);
    let builder = server.builder().attempt_timeout(ms(7000));
    let neon = builder.audit(Arc::clone(&log)).build().unwrap();
    let began = Instant::now();
    let error = call(&neon, "POST").await.unwrap_err();
    assert!(matches!(reason(&error), BlockReason::Audit(_)));
    assert!(error.to_string().contains("took too long"), "{error}");
    assert_eq!(began.elapsed(), ms(7000));

    let began = Instant::now();
    let error = call(&neon.with_call_timeout(ms(500)), "POST").await;
    let error = error.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error:?}");
    assert!(error.to_string().contains("audit log"), "{error}");
    assert_eq!(began.elapsed(), ms(500));

    // A call whose time is over before is not recorded at all.
    let error = call(&neon.with_call_timeout(ms(0)), "POST").await;
    assert!(error.unwrap_err().is_timeout());
    assert_eq!(log.shown().len(), 2);
    assert_eq!(log.running.load(Ordering::SeqCst), 0);
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_or_shut_down_meanwhile_is_not_sent() {
    let server = Server::steps(vec![]);
    let (log, neon) = audited(&server, Does::Hang);
    let dropped = call(&neon, "POST");
    assert!(dropped.now_or_never().is_none());
    assert_eq!(log.running.load(Ordering::SeqCst), 0);

    let waiting = tokio::spawn({
        let neon = neon.clone();
        async move { call(&neon, "POST").await }
    });
    sleep(ms(1)).await;
    assert_eq!(log.running.load(Ordering::SeqCst), 1);
    assert!(neon.shutdown(ms(1000)).await.is_clean());
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(*reason(&error), BlockReason::ShutDown);
    assert_eq!(log.running.load(Ordering::SeqCst), 0);
    assert_eq!(server.total(), 0);
}

/// A key that changes every second.
#[derive(Debug)]
struct Rotating(Instant);

impl KeyProvider for Rotating {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        let second = self.0.elapsed().as_secs();
        Box::pin(std::future::ready(Ok(Secret::new(format!("key{second}")))))
    }
}

#[tokio::test(start_paused = true)]
async fn the_key_is_that_of_after_it() {
    let server = Server::steps(vec![]);
    let log = Log::new(Does::AcceptAfter(ms(1500)));
    let builder = server.builder().key_provider(Rotating(Instant::now()));
    let neon = builder.audit(log).build().unwrap();
    call(&neon, "POST").await.unwrap();
    assert_eq!(server.seen()[0].headers["authorization"], "Bearer key1");
}

#[tokio::test(start_paused = true)]
async fn uploads_are_recorded_for_each_attempt_before_they_are_opened() {
    let server = Server::steps(vec![status(429), status(503)]);
    let (log, neon) = audited(&server, Does::Accept);
    let opened = Arc::new(Mutex::new(Vec::new()));
    let upload = {
        let (opened, log) = (Arc::clone(&opened), Arc::clone(&log));
        Upload::new(move || {
            opened.lock().unwrap().push(log.shown().len());
            async { Ok(Chunks::new(Some(2), stream::iter([Ok("PK".into())]))) }
        })
    };
    let function = neon.project(project_id()).branch(branch_id());
    let deploy = function
        .function("resize")
        .deploy(FunctionBundle::from(upload));
    // The made-up success is of another operation.
    let _ = deploy.environment([("TOKEN", "zq-of-a-function")]).await;
    let operation = "createProjectBranchFunctionDeployment";
    let recorded = [1, 2, 3].map(|attempt| format!("{operation} {attempt}"));
    assert_eq!(log.shown(), recorded);
    assert_eq!(*opened.lock().unwrap(), [1, 2, 3]);
    assert_eq!(server.count(operation), 3);
    let changes = log.changes.lock().unwrap();
    assert_eq!(changes[0].body(), None);
    let shown = format!("{changes:?}");
    assert!(!shown.contains("zq-of-a-function"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn what_grants_access_is_hidden() {
    let server = Server::steps(vec![]);
    let (log, neon) = audited(&server, Does::Refuse(1));
    let project = neon.project(project_id());
    let request = "7b2e4ffa-4ac5-4b4f-8f0a-1c0b0d0e0f00";
    let raw = neon.raw();
    let accept = raw.accept_project_transfer_request(
        &project_id(),
        &request.parse().unwrap(),
        &support::from(json!({})),
    );
    accept.await.unwrap_err();
    let password = project.branch(branch_id()).role("owner").reset_password();
    password.await.unwrap_err();
    let error = neon.dry_run();
    let accept = error.raw().accept_project_transfer_request(
        &project_id(),
        &request.parse().unwrap(),
        &support::from(json!({})),
    );
    let error = accept.await.unwrap_err();
    assert!(!error.to_string().contains(request), "{error}");
    let changes = log.changes.lock().unwrap();
    let json = serde_json::to_value(&changes[0]).unwrap();
    let path = format!("/projects/{}/transfer_requests/***", project_id());
    assert_eq!(json["path"], path);
    assert_eq!(json["resources"], json!({"project_id": project_id()}));
    assert!(!format!("{changes:?} {json}").contains(request));
    let json = serde_json::to_value(&changes[1]).unwrap();
    assert_eq!(json["operation"], "resetProjectBranchRolePassword");
    assert_eq!(json["resources"]["role_name"], "owner");
    assert_eq!(
        (&json["attempt"], &json["query"]),
        (&json!(1), &json!(null))
    );
}

/// In front of an emulator: the IDs of the changes that reach it.
#[derive(Debug, Clone)]
struct Tap<T>(T, Arc<Mutex<Vec<String>>>);

impl<T: Transport> Transport for Tap<T> {
    fn send(
        &self,
        call: Exchange,
    ) -> BoxFuture<'_, Result<neon_api::raw::transport::Response, TransportError>> {
        if !call.route.is_safe() {
            let id = call.request.headers()["x-request-id"].to_str().unwrap();
            self.1.lock().unwrap().push(id.to_owned());
        }
        self.0.send(call)
    }
}

/// Workflows with retries, locks and concurrency: what was sent is what was recorded.
#[tokio::test(start_paused = true)]
async fn workflows_send_nothing_that_is_not_recorded() {
    let emulator = Emulator::builder().build();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Log::new(Does::AcceptAfter(ms(2)));
    let neon = Neon::builder()
        .api_key("napi_test")
        .transport(Tap(emulator.transport(), Arc::clone(&sent)))
        .audit(Arc::clone(&log))
        .build()
        .unwrap();
    let app = neon.projects().ensure("app").ready().await.unwrap();
    let project = neon.project(&app);
    let ensures = (0..8).map(|n| {
        let branches = project.branches();
        async move {
            branches
                .ensure(format!("b{n}"))
                .with_compute()
                .ready()
                .await
        }
    });
    let outcomes: Vec<_> = stream::iter(ensures).buffer_unordered(8).collect().await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    project.delete().ready().await.unwrap();
    let mut recorded = log.ids();
    let mut sent = sent.lock().unwrap().clone();
    // Concurrent ones may be sent in another order than they were recorded.
    recorded.sort();
    sent.sort();
    assert!(sent.len() >= 10, "{sent:?}");
    assert_eq!(recorded, sent);
}
