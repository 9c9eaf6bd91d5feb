//! The client for programs without `async`, in every place that it may be called from.
#![cfg(feature = "blocking")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, mpsc};
use std::thread;

use neon_api::{Blocking, Error, ReadyError};
use neon_api_emulator::Emulator;
use serde_json::json;
use support::lists::sample;
use support::{PROJECT, Server, client_of, ms, ok, status, success};
use tokio::sync::{Barrier, oneshot};

fn blocking(server: &Server) -> Blocking {
    server.client().blocking().unwrap()
}

#[test]
fn a_thread_without_a_runtime_makes_calls_and_walks_lists() {
    let server = Server::new(|seen, at| {
        if seen.operation != "listProjectBranches" {
            return success(seen);
        }
        let mut page = sample("listProjectBranches");
        page["branches"][0]["name"] = json!(format!("b{at}"));
        if at == 0 {
            page["pagination"] = json!({"next": "second", "sort_by": "x", "sort_order": "asc"});
        } else {
            page["pagination"] = json!({});
        }
        ok(&page)
    });
    let neon = blocking(&server);
    let project = neon.project(PROJECT);
    let mut branches = neon.iter(project.branches().list().prefetch(false));
    let first = branches.next().unwrap().unwrap();
    assert_eq!(first.branch.name, "b0");
    assert_eq!(server.count("listProjectBranches"), 1);
    let names: Vec<String> = branches.map(|branch| branch.unwrap().branch.name).collect();
    assert!(names.contains(&"b1".to_owned()), "{names:?}");
    let seen = server.seen();
    assert!(seen.last().unwrap().uri.contains("cursor=second"));
}

#[test]
fn what_a_call_starts_is_waited_for() {
    let latency = ms(1);
    let emulator = Emulator::builder()
        .operation_latency(latency..=latency)
        .build();
    let neon = client_of(&emulator).blocking().unwrap();
    let app = neon.run(neon.projects().create("app").ready()).unwrap();
    let project = neon.project(&app);
    let branch = neon.run(project.branches().create("preview").ready());
    let deleted = neon.run(async move {
        let branch = branch.map_err(Error::from)?;
        project.branch(&branch).delete().ready().await?;
        project.branches().list().await
    });
    assert_eq!(deleted.unwrap().len(), 1);
    let missing = neon.run(
        neon.project("no-such-12345678")
            .branches()
            .create("b")
            .ready(),
    );
    assert!(
        matches!(&missing, Err(ReadyError::NotStarted(e)) if e.is_not_found()),
        "{missing:?}"
    );
}

#[test]
fn many_threads_call_at_the_same_time() {
    const THREADS: usize = 64;
    let server = Server::steps(Vec::new());
    let neon = blocking(&server);
    let all = Arc::new(Barrier::new(THREADS));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (neon, all) = (neon.clone(), Arc::clone(&all));
            scope.spawn(move || {
                // Passes only when all threads are in their calls.
                let call = neon.project(PROJECT).operations().list().take(1);
                let both = async move {
                    all.wait().await;
                    call.await
                };
                assert!(neon.run(both).unwrap().is_empty());
            });
        }
    });
    assert_eq!(server.total(), THREADS);
}

#[test]
fn clients_do_not_wait_for_each_other() {
    let server = Server::steps(Vec::new());
    let (first, second) = (blocking(&server), blocking(&server));
    let (proceed, waits) = oneshot::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let held = thread::spawn(move || {
        first.run(async move {
            begun.send(()).unwrap();
            waits.await.unwrap();
            Ok::<_, Error>(())
        })
    });
    has_begun.recv().unwrap();
    let list = second.project(PROJECT).operations().list();
    assert!(second.run(list.take(1)).unwrap().is_empty());
    proceed.send(()).unwrap();
    held.join().unwrap().unwrap();
}

#[tokio::test]
async fn it_works_where_a_runtime_is_running() {
    let server = Server::new(|_, _| status(404));
    let neon = blocking(&server);
    let not_found = |outcome: Result<_, Error>| outcome.unwrap_err().is_not_found();
    assert!(not_found(neon.run(neon.project(PROJECT).get())));
    let spawned = {
        let neon = neon.clone();
        tokio::task::spawn_blocking(move || neon.run(neon.project(PROJECT).get()))
    };
    assert!(not_found(spawned.await.unwrap()));
    assert_eq!(server.count("getProject"), 2);
    drop(neon);
}

#[test]
fn a_call_within_a_call_is_refused_and_not_waited_for() {
    let server = Server::steps(Vec::new());
    let neon = blocking(&server);
    let inner = neon.clone();
    let outer = neon.run(async move { inner.run(inner.project(PROJECT).get()) });
    let error = outer.unwrap_err();
    assert!(error.to_string().contains("await it"), "{error}");
    assert_eq!(server.total(), 0);
}

#[test]
fn a_panic_ends_its_call_only() {
    let server = Server::steps(Vec::new());
    let neon = blocking(&server);
    let broken = futures::future::lazy(|_| -> Result<(), Error> { panic_any("made up") });
    let panic = catch_unwind(AssertUnwindSafe(|| neon.run(broken))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>().copied(), Some("made up"));
    let list = neon.project(PROJECT).operations().list();
    assert!(neon.run(list.take(1)).unwrap().is_empty());
}

/// The thread ends with the last clone, and what it would still run is dropped.
#[test]
fn nothing_is_left_running() {
    struct Dropped(mpsc::Sender<&'static str>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let name = thread::current().name().map(str::to_owned);
            assert_eq!(name.as_deref(), Some("neon-api-blocking"));
            self.0.send("dropped").unwrap();
        }
    }
    let (sender, dropped) = mpsc::channel();
    let neon = blocking(&Server::steps(Vec::new()));
    let detached = neon.run(async move {
        let kept = Dropped(sender);
        Ok::<_, Error>(tokio::spawn(async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        }))
    });
    assert!(!detached.unwrap().is_finished());
    drop(neon.clone());
    assert!(dropped.try_recv().is_err());
    drop(neon);
    assert_eq!(dropped.recv(), Ok("dropped"));
}
