//! The background lane: calls that yield to all others, whatever the limiter.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use neon_api::raw::Route;
use neon_api::raw::transport::BoxFuture;
use neon_api::{AccountLimiter, Limiter, Neon, Unlimited};
use support::{Server, call, handle, ms, operation, operation_id, operations, status, success};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// A batch of this many creates in the background lane, each in a task.
fn batch(neon: &Neon, count: usize) -> JoinSet<u32> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let neon = neon.background();
        tasks.spawn(async move { call(&neon, "POST").await.unwrap() });
    }
    tasks
}

fn in_lane(neon: &Neon, is_background: bool) -> Neon {
    if is_background {
        neon.background()
    } else {
        neon.clone()
    }
}

fn paced() -> (Server, Neon) {
    let server = Server::new(|seen, _| success(seen));
    let neon = server.builder().limiter(AccountLimiter::default());
    (server, neon.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_web_request_behind_2000_queued_creates_waits_at_most_a_second() {
    let (server, neon) = paced();
    let mut tasks = batch(&neon, 2000);
    for _ in 0..100 {
        sleep(ms(1300)).await;
        let began = Instant::now();
        call(&neon, "GET").await.unwrap();
        assert!(began.elapsed() <= ms(1000), "{:?}", began.elapsed());
    }
    assert!(server.count("createProjectBranchDatabase") < 2000);
    while let Some(create) = tasks.join_next().await {
        create.unwrap();
    }
    assert_eq!(server.count("createProjectBranchDatabase"), 2000);
    assert_eq!(server.total(), 2100);
}

#[tokio::test(start_paused = true)]
async fn the_lane_alone_reaches_the_full_rate() {
    let mut times = Vec::new();
    for is_background in [false, true] {
        let (server, neon) = paced();
        let neon = in_lane(&neon, is_background);
        let mut tasks = JoinSet::new();
        for _ in 0..2000 {
            let neon = neon.clone();
            tasks.spawn(async move { call(&neon, "POST").await.unwrap() });
        }
        let began = Instant::now();
        tasks.join_all().await;
        times.push(began.elapsed());
        assert_eq!(server.total(), 2000);
    }
    let [normal, background] = times[..] else {
        panic!()
    };
    // It leaves one place of a hundred to others.
    assert!(
        background <= normal.mul_f64(1.001),
        "{background:?}, {normal:?}"
    );
}

/// A limiter of somebody else: a permit every 100 ms in order of arrival, polled or not, and for
/// one route every 2 s beside that. It counts who waits in it.
#[derive(Debug, Default)]
struct Foreign {
    next: Mutex<Option<Instant>>,
    next_of_route: Mutex<Option<Instant>>,
    waiting: AtomicUsize,
    most: AtomicUsize,
}

/// The route that has a budget of its own.
const SLOW: &str = "setSnapshotSchedule";

fn book(next: &Mutex<Option<Instant>>, interval: Duration) -> Instant {
    let now = Instant::now();
    let mut next = next.lock().unwrap();
    let at = next.map_or(now, |next| next.max(now));
    *next = Some(at + interval);
    at
}

struct Waiting<'a>(&'a Foreign);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Limiter for Foreign {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let waiting = self.waiting.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(waiting, Ordering::SeqCst);
            let _waiting = Waiting(self);
            if operation.id == SLOW {
                sleep_until(book(&self.next_of_route, ms(2000))).await;
            }
            sleep_until(book(&self.next, ms(100))).await;
        })
    }
}

fn foreign() -> (Server, Neon, Arc<Foreign>) {
    let server = Server::new(|seen, _| success(seen));
    let limiter = Arc::new(Foreign::default());
    let builder = server.builder().limiter(Arc::clone(&limiter));
    (server, builder.build().unwrap(), limiter)
}

#[tokio::test(start_paused = true)]
async fn one_call_of_an_operation_waits_in_the_limiter_whichever_that_is() {
    let (server, neon, limiter) = foreign();
    let tasks = batch(&neon, 500);
    sleep(ms(1050)).await;
    assert_eq!(limiter.most.load(Ordering::SeqCst), 1);
    // One is booked before it.
    let began = Instant::now();
    call(&neon, "GET").await.unwrap();
    assert!(began.elapsed() <= ms(200), "{:?}", began.elapsed());
    let began = Instant::now();
    let sent = server.count("createProjectBranchDatabase");
    tasks.join_all().await;
    // The full rate, but for the moment in which the first stood back.
    let due = ms(100) * u32::try_from(500 - sent).unwrap();
    assert!(began.elapsed() <= due + ms(100), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_lane_are_sent_in_the_order_in_which_they_began() {
    let (server, neon, _) = foreign();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let (neon, order) = (neon.background(), Arc::clone(&order));
        tasks.spawn(async move {
            call(&neon, "POST").await.unwrap();
            order.lock().unwrap().push(number);
        });
    }
    tasks.join_all().await;
    assert_eq!(*order.lock().unwrap(), (0..200).collect::<Vec<_>>());
    assert_eq!(server.total(), 200);
}

#[tokio::test(start_paused = true)]
async fn background_calls_yield_for_as_long_as_others_use_all_of_the_rate() {
    let (server, neon, _) = foreign();
    // Twice as many calls as there are permits, for half a minute.
    let mut web = JoinSet::new();
    let arrivals = neon.clone();
    web.spawn(async move {
        let mut calls = JoinSet::new();
        for _ in 0..600 {
            let neon = arrivals.clone();
            calls.spawn(async move { call(&neon, "GET").await.unwrap() });
            sleep(ms(50)).await;
        }
        calls.join_all().await;
    });
    sleep(ms(500)).await;
    let tasks = batch(&neon, 50);
    web.join_all().await;
    let created = server.count("createProjectBranchDatabase");
    assert_eq!(created, 0, "the others had all permits");
    tasks.join_all().await;
    assert_eq!(server.count("createProjectBranchDatabase"), 50);
}

#[tokio::test(start_paused = true)]
async fn an_operation_with_a_budget_of_its_own_holds_up_no_other() {
    for slow_is_background in [true, false] {
        let (server, neon, _) = foreign();
        let slow = in_lane(&neon, slow_is_background);
        let mut walk = JoinSet::new();
        for _ in 0..100 {
            let slow = slow.clone();
            walk.spawn(async move { call(&slow, "PUT").await.unwrap() });
        }
        sleep(ms(500)).await;
        let began = Instant::now();
        batch(&neon, 100).join_all().await;
        // 10 s of permits; beside normal calls it stands back after each of them, for 250 ms.
        let limit = if slow_is_background { 11 } else { 13 };
        assert!(
            began.elapsed() <= Duration::from_secs(limit),
            "{:?}",
            began.elapsed()
        );
        assert!(server.count(SLOW) < 10);
    }
}

#[tokio::test(start_paused = true)]
async fn futures_that_are_not_polled_hold_up_nobody() {
    for unpolled_is_background in [true, false] {
        let (server, neon) = paced();
        // Uses up the burst.
        batch(&neon, 60).join_all().await;
        let buffered = in_lane(&neon, unpolled_is_background);
        let lane = neon.background();
        let calls = stream::iter(0..100).map(|_| call(&buffered, "POST"));
        let mut calls = calls.buffer_unordered(32);
        let began = Instant::now();
        while let Some(created) = calls.next().await {
            created.unwrap();
            let body = Instant::now();
            call(&lane, "POST").await.unwrap();
            // At most a pass over those before it, and a wait for a permit.
            assert!(body.elapsed() <= ms(1500), "{:?}", body.elapsed());
        }
        assert_eq!(server.total(), 260);
        assert!(
            began.elapsed() <= Duration::from_secs(60),
            "{:?}",
            began.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_free_their_places() {
    let (server, neon, limiter) = foreign();
    let mut kept = Vec::new();
    for _ in 0..1000 {
        let neon = neon.background();
        let mut create = async move { call(&neon, "POST").await }.boxed();
        let _ = (&mut create).now_or_never();
        kept.push(create);
    }
    let last = kept.pop().unwrap();
    drop(kept);
    let began = Instant::now();
    last.await.unwrap();
    assert!(began.elapsed() <= ms(300), "{:?}", began.elapsed());
    // The first was sent without a wait.
    assert_eq!(server.total(), 2);
    assert_eq!(limiter.waiting.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_normal_call_that_is_dropped_while_it_waits_lets_the_lane_go_on() {
    let (server, neon, _) = foreign();
    for _ in 0..20 {
        call(&neon, "GET").await.unwrap();
        let wait = timeout(ms(10), call(&neon, "GET")).await;
        assert!(wait.is_err());
        let began = Instant::now();
        call(&neon.background(), "POST").await.unwrap();
        assert!(began.elapsed() <= ms(200), "{:?}", began.elapsed());
    }
    assert_eq!(server.total(), 40);
}

/// Somebody uses all of a limiter's rate, until there have been this many requests.
fn saturate(neon: &Neon, requests: u64) -> JoinSet<()> {
    let mut web = JoinSet::new();
    for _ in 0..4 {
        let neon = neon.clone();
        web.spawn(async move {
            while neon.stats().requests < requests {
                call(&neon, "GET").await.unwrap();
            }
        });
    }
    web
}

/// A server on which operations run for 20 s and lock changes out, and a client that is paced.
fn locked() -> (Server, Neon) {
    let server = Server::new(|seen, _| {
        let is_running = seen.at < ms(20_000);
        match seen.operation {
            "listProjectOperations" => {
                let status = if is_running { "running" } else { "finished" };
                let list = (1..3).map(|number| operation(&operation_id(number), status));
                operations(&list.collect::<Vec<_>>())
            }
            "createProjectBranchDatabase" if is_running => status(423),
            _ => success(seen),
        }
    });
    let neon = server.builder().limiter(Foreign::default());
    (server, neon.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn polls_of_background_waits_yield_and_hold_up_no_other_wait() {
    let (server, neon) = locked();
    let web = saturate(&neon, 300);
    sleep(ms(500)).await;
    let wait = neon.background().wait(handle([1]));
    let wait = tokio::spawn(async move { wait.await.map(|()| Instant::now()) });
    sleep(ms(5000)).await;
    assert_eq!(server.count("listProjectOperations"), 0, "they yield");
    let began = Instant::now();
    neon.wait(handle([2])).await.unwrap();
    assert!(began.elapsed() < ms(20_000), "{:?}", began.elapsed());
    assert!(!wait.is_finished());
    web.join_all().await;
    let web_ended = Instant::now();
    assert!(wait.await.unwrap().unwrap() >= web_ended);
}

#[tokio::test(start_paused = true)]
async fn so_do_those_of_a_change_that_is_locked_out() {
    let (server, neon) = locked();
    let background = neon.background();
    let change = tokio::spawn(async move { call(&background, "POST").await });
    sleep(ms(50)).await;
    assert_eq!(server.count("createProjectBranchDatabase"), 1);
    let web = saturate(&neon, 300);
    sleep(ms(3000)).await;
    let polls = server.count("listProjectOperations");
    let wait = tokio::spawn(neon.wait(handle([2])).into_future());
    sleep(ms(1000)).await;
    // The poll that yields keeps no other from being made.
    assert!(server.count("listProjectOperations") > polls);
    wait.await.unwrap().unwrap();
    assert!(!change.is_finished());
    web.join_all().await;
    assert_eq!(change.await.unwrap().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_limiter_nothing_waits() {
    let server = Server::new(|seen, _| success(seen)).slow(ms(100));
    let neon = server.builder().limiter(Unlimited).build().unwrap();
    let began = Instant::now();
    batch(&neon, 500).join_all().await;
    assert_eq!(began.elapsed(), ms(100));
    assert_eq!(server.total(), 500);
}
