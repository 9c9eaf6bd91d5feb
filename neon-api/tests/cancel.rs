//! Futures that are dropped, wherever they stand, leave nothing behind; and can be spawned.

#![allow(
    clippy::async_yields_async,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured; futures are made to be dropped"
)]

mod support;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::TryStreamExt;
use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Neon, Rates, RetryPolicy};
use neon_api_emulator::{Emulator, Fault};
use support::lists::{Hurdle, PagePlan, Plan, Style};
use support::{Server, branch_id, call, client_of, handle, ms, project_id};
use tokio::time::Instant;

/// Completes with `None` when its future has been polled this often and is not ready.
struct DroppedAfter<F> {
    future: Option<Pin<Box<F>>>,
    polls_left: usize,
}

impl<F: Future> Future for DroppedAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            self.future = None;
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        let outcome = self.future.as_mut().unwrap().as_mut().poll(cx).map(Some);
        if outcome.is_pending() && self.polls_left == 0 {
            self.future = None;
            return Poll::Ready(None);
        }
        outcome
    }
}

/// Runs the future with every number of polls until it completes; whether it was ever dropped
/// between. `check` runs after each drop.
async fn drop_at_every_poll<F: Future>(
    mut future: impl AsyncFnMut() -> F,
    mut check: impl AsyncFnMut(usize),
) -> usize {
    for polls in 0..10_000 {
        let future = Some(Box::pin(future().await));
        let dropped = DroppedAfter {
            future,
            polls_left: polls,
        };
        if dropped.await.is_some() {
            return polls;
        }
        check(polls).await;
    }
    panic!("it never completed");
}

/// A server that is full, locked, broken and slow, so that every kind of wait occurs.
fn hostile() -> Server {
    Server::new(|seen, at| match (seen.operation, at) {
        ("listProjectOperations", _) => support::success(seen).after(ms(5)),
        (_, 0) => support::status(429).after(ms(5)),
        (_, 1) => support::status(423),
        (_, 2) => support::status(503).after(ms(5)),
        (_, 3) => support::fail(FailureKind::Connect),
        _ => support::success(seen).after(ms(5)),
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_leaves_nothing_running() {
    for method in ["GET", "POST", "DELETE"] {
        let current = RefCell::new(None);
        let polls = drop_at_every_poll(
            async || {
                let server = hostile();
                let limiter = AccountLimiter::new(Rates::default().burst(2));
                let neon = server.builder().limiter(limiter).build().unwrap();
                current.replace(Some((server, neon.clone())));
                async move { call(&neon, method).await.unwrap() }
            },
            async |_| {
                let (server, neon) = current.take().unwrap();
                let sent = server.total();
                assert_eq!(server.in_flight(), 0);
                tokio::time::sleep(Duration::from_secs(100)).await;
                assert_eq!(server.total(), sent);
                // Nobody was left in a queue.
                let start = Instant::now();
                let (one, other) = tokio::join!(call(&neon, "POST"), call(&neon, method));
                assert!(one.is_ok() && other.is_ok());
                assert!(start.elapsed() < Duration::from_secs(10));
                assert_eq!(server.in_flight(), 0);
            },
        )
        .await;
        println!("{method}: {polls} polls");
        assert!(polls > 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_dropped_at_any_poll_leaves_nothing_running() {
    let emulator = Emulator::builder()
        .operation_latency(ms(2000)..=ms(2000))
        .conflicts(false)
        .build();
    let neon = client_of(&emulator);
    let app = neon.projects().create("app").await.unwrap();
    let app = app.ready().await.unwrap();
    emulator
        .faults()
        .inject(Fault::delay(ms(3)).on("listProjectOperations").always());
    let project = neon.project(app.project.id.clone());
    let mut number = 0;
    let polls = drop_at_every_poll(
        async || {
            number += 1;
            let created = project.branches().create(format!("b{number}")).await;
            created.unwrap().ready().into_future()
        },
        async |_| {
            let sent = emulator.total_requests();
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!(emulator.total_requests(), sent);
        },
    )
    .await;
    println!("{polls} polls");
    assert!(polls > 10);
}

/// The others go on with the polls of the one that was dropped, and with nothing more.
#[tokio::test(start_paused = true)]
async fn a_wait_dropped_at_any_poll_leaves_its_polls_to_the_others() {
    let current = RefCell::new(None);
    let server = || {
        Server::new(|seen, at| {
            if at % 3 == 1 {
                return support::status(503).after(ms(3));
            }
            let text = if seen.at < ms(2000) {
                "running"
            } else {
                "finished"
            };
            let list = (1..4).map(|n| support::operation(&support::operation_id(n), text));
            support::operations(&list.collect::<Vec<_>>()).after(ms(30))
        })
    };
    let polls = drop_at_every_poll(
        async || {
            let server = server();
            let neon = server.client();
            let other = Box::pin(neon.wait(handle([2])).into_future());
            current.replace(Some((server, other)));
            neon.wait(handle([1])).into_future()
        },
        async |_| {
            let (server, other) = current.take().unwrap();
            other.await.unwrap();
            assert_eq!(server.in_flight(), 0);
            let sent = server.total();
            assert!(sent < 40, "{sent}");
            tokio::time::sleep(Duration::from_secs(100)).await;
            assert_eq!(server.total(), sent);
        },
    )
    .await;
    println!("{polls} polls");
    assert!(polls > 10);
}

#[tokio::test(start_paused = true)]
async fn a_check_dropped_at_any_poll_leaves_nothing_running() {
    let current = RefCell::new(None);
    let polls = drop_at_every_poll(
        async || {
            let server = Server::new(|seen, at| match (seen.operation, at) {
                ("listProjectOperations", 0) => support::status(503),
                ("listProjectOperations", _) => support::operations(&[]).after(ms(5)),
                (_, 0..3) => support::status(404).after(ms(5)),
                _ => {
                    let found = support::operation(&support::operation_id(1), "finished");
                    support::ok(&serde_json::json!({ "operation": found }))
                }
            });
            let check = server.client().check(&handle([1]));
            current.replace(Some(server));
            check
        },
        async |_| {
            let server = current.take().unwrap();
            let sent = server.total();
            assert_eq!(server.in_flight(), 0);
            tokio::time::sleep(Duration::from_secs(100)).await;
            assert_eq!(server.total(), sent);
        },
    )
    .await;
    println!("{polls} polls");
    assert!(polls > 5);
}

#[tokio::test(start_paused = true)]
async fn changes_dropped_in_the_queue_at_any_poll_let_the_others_pass() {
    for queues_changes in [false, true] {
        let emulator = Emulator::builder()
            .operation_latency(ms(500)..=ms(500))
            .build();
        let policy = RetryPolicy::default().queue_changes(queues_changes);
        let builder = Neon::builder().api_key("napi_test").retry(policy);
        let neon = builder.transport(emulator.transport()).build().unwrap();
        let app = neon.projects().create("app").await.unwrap();
        let app = app.ready().await.unwrap();
        let branches = neon.project(app.project.id.clone()).branches();
        let mut number = 0;
        let polls = drop_at_every_poll(
            async || {
                // One that locks, so that the next one is locked out.
                number += 1;
                let _running = branches.create(format!("a{number}")).await.unwrap();
                branches.create(format!("b{number}")).into_future()
            },
            async |polls| {
                let start = Instant::now();
                let _running = branches.create(format!("c{polls}")).await.unwrap();
                assert!(start.elapsed() < ms(1500), "{:?}", start.elapsed());
            },
        )
        .await;
        println!("{polls} polls");
        assert!(polls > 5);
    }
}

/// Three pages; each request is answered after a while, and the second page only at the third try.
fn pages() -> Server {
    let mut pages = vec![PagePlan::of(3); 3];
    pages[1].hurdles = vec![Hurdle::RateLimited, Hurdle::Broken];
    pages.push(PagePlan::default());
    let plan = Plan {
        style: Style::AfterLastItem,
        pages,
        back_to: None,
    };
    plan.server().slow(ms(5))
}

#[tokio::test(start_paused = true)]
async fn a_walk_dropped_at_any_poll_leaves_nothing_running() {
    for prefetches in [false, true] {
        let current = RefCell::new(None);
        let polls = drop_at_every_poll(
            async || {
                let server = pages();
                let neon = server.client();
                current.replace(Some(server));
                async move {
                    let projects = neon.projects().list().prefetch(prefetches);
                    // Slower than a page, so that some are fetched ahead in between.
                    let slow = projects.and_then(async |project| {
                        tokio::time::sleep(ms(2)).await;
                        Ok(project)
                    });
                    assert_eq!(slow.try_collect::<Vec<_>>().await.unwrap().len(), 9);
                }
            },
            async |_| {
                let server = current.take().unwrap();
                let sent = server.total();
                assert_eq!(server.in_flight(), 0);
                tokio::time::sleep(Duration::from_secs(100)).await;
                assert_eq!(server.total(), sent);
            },
        )
        .await;
        println!("{polls} polls");
        assert!(polls > 10);
    }
}

/// A page whose fetch is dropped with a future that awaits an item goes on where it was.
#[tokio::test(start_paused = true)]
async fn items_awaited_in_vain_are_not_lost() {
    for prefetches in [false, true] {
        let server = pages();
        let mut projects = server.client().projects().list().prefetch(prefetches);
        let mut found = Vec::new();
        loop {
            let Ok(item) = tokio::time::timeout(ms(1), projects.try_next()).await else {
                continue;
            };
            let Some(project) = item.unwrap() else { break };
            found.push(project.id.to_string());
        }
        let expected: Vec<String> = (0..9).map(|number| format!("item-{number}")).collect();
        assert_eq!(found, expected);
        assert_eq!(server.total(), 6);
    }
}

/// Whatever a user would spawn.
fn spawnable<F: Future + Send + 'static>(future: F) {
    // Dropped before its first poll.
    drop(future);
}

#[tokio::test(start_paused = true)]
async fn futures_can_be_spawned_and_send_nothing_before_their_first_poll() {
    let server = hostile();
    let neon = server.client();
    let (id, branch) = (project_id(), branch_id());
    let project = neon.project(&id);
    spawnable(neon.projects().create("app").into_future());
    spawnable(project.branches().create("preview").into_future());
    spawnable(project.branch(branch.clone()).delete().into_future());
    let uri = project.branch(branch).connection_uri("neondb", "owner");
    spawnable(uri.into_future());
    spawnable(neon.wait(handle([1])).into_future());
    spawnable(neon.check(&handle([1])));
    spawnable(project.get());
    spawnable(project.branch(branch_id()).get());
    spawnable(project.delete().into_future());
    spawnable(neon.projects().list().try_collect::<Vec<_>>());
    spawnable(neon.projects().list().pages().try_collect::<Vec<_>>());
    spawnable(project.branches().list().try_collect::<Vec<_>>());
    spawnable(project.operations().list().try_collect::<Vec<_>>());
    // Raw calls borrow, and are spawned within a block that owns.
    let raw = neon.clone();
    spawnable(async move { drop(raw.raw().get_project(&id).await) });
    assert_eq!(server.total(), 0);
    let mut created = neon.projects().create("app").into_future();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut created).poll(&mut cx).is_pending());
    assert_eq!(server.total(), 1);
}

const _: () = assert!(size_of::<neon_api::Error>() <= 128);

#[test]
fn types_are_what_threads_need() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Neon>();
    shared::<neon_api::Error>();
    shared::<neon_api::Progress>();
    shared::<neon_api::WaitError<neon_api::projects::CreatedProject>>();
    shared::<neon_api::Started<neon_api::branches::CreatedBranch>>();
    println!("{} bytes", size_of::<neon_api::Error>());
}
