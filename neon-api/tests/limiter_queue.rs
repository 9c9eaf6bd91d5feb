//! Calls that wait for their turns: how often they are woken, and that none depends on another that
//! is not polled or was dropped. In paused time, with wakers that count.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Context;
use std::time::Duration;

use futures::task::{ArcWake, AtomicWaker, waker};
use futures::{FutureExt, StreamExt, stream};
use neon_api::http::{HeaderMap, StatusCode};
use neon_api::raw::routes::LIST_PROJECTS;
use neon_api::raw::transport::BoxFuture;
use neon_api::{AccountLimiter, Limiter, Outcome, Rates};
use tokio::runtime::{self, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// The longest that a token may be left untaken when those who stand first are not polled: twice
/// what the limiter gives each of them.
const TWO_GRACES: Duration = Duration::from_millis(100);
/// What timers add, which go by whole milliseconds.
const ROUNDING: Duration = Duration::from_millis(3);

/// Wakes the task that a future runs in, and counts it.
#[derive(Default)]
struct Counting {
    wakes: AtomicUsize,
    task: AtomicWaker,
}

impl ArcWake for Counting {
    fn wake_by_ref(counting: &Arc<Self>) {
        counting.wakes.fetch_add(1, Ordering::Relaxed);
        counting.task.wake();
    }
}

/// How often a future is woken until it ends.
async fn wakes(future: impl Future<Output = ()>) -> usize {
    let counting = Arc::new(Counting::default());
    let counter = waker(Arc::clone(&counting));
    let mut future = pin!(future);
    poll_fn(|context| {
        counting.task.register(context.waker());
        future.as_mut().poll(&mut Context::from_waker(&counter))
    })
    .await;
    counting.wakes.load(Ordering::Relaxed)
}

/// The mean and the most of how often waiters are woken.
type Wakes = (f64, usize);

/// Lets this many calls wait for their turns at once, until all have been served.
async fn drain(limiter: &Arc<AccountLimiter>, waiters: u32) -> Wakes {
    let mut all = JoinSet::new();
    for _ in 0..waiters {
        let limiter = Arc::clone(limiter);
        all.spawn(async move { wakes(limiter.permit(&LIST_PROJECTS)).await });
    }
    let each = all.join_all().await;
    let sum = u32::try_from(each.iter().sum::<usize>()).unwrap();
    let mean = f64::from(sum) / f64::from(waiters);
    let most = each.into_iter().max().unwrap();
    println!("{waiters} woken {mean:.1} times, at most {most}");
    (mean, most)
}

#[tokio::test(start_paused = true)]
async fn waiters_are_woken_a_few_times_however_long_they_wait() {
    let limiter = Arc::new(AccountLimiter::default());
    let start = Instant::now();
    let (mean, most) = drain(&limiter, 5000).await;
    // They wait for up to seven minutes.
    let expected = (5000.0 - 39.0) / (700.0 / 60.0 * 0.998);
    let ratio = start.elapsed().as_secs_f64() / expected;
    assert!((0.999..1.001).contains(&ratio), "{:?}", start.elapsed());
    // They look once a second at most where a route lets many pass at once in each second.
    assert!(mean < 30.0, "{mean}");
    assert!(most < 40, "{most}");
    // Ten times the wait adds a few wakes.
    let (_, most_of_few) = drain(&Arc::new(AccountLimiter::default()), 500).await;
    assert!(most <= most_of_few + 12, "{most}, {most_of_few}");
}

#[tokio::test(start_paused = true)]
async fn so_are_they_when_the_api_refuses_requests_again_and_again() {
    let limiter = Arc::new(AccountLimiter::default());
    let refusals = async {
        loop {
            sleep(Duration::from_secs(20)).await;
            refuse(&limiter, Instant::now(), None);
        }
    };
    let (mean, most) = tokio::select! {
        wakes = drain(&limiter, 2000) => wakes,
        () = refusals => unreachable!(),
    };
    assert!(mean < 50.0, "{mean}");
    assert!(most < 100, "{most}");
}

/// A limiter of this many requests a minute for the account, with one at once, which is taken. The
/// route does not limit.
fn limiter(per_minute: u32) -> Arc<AccountLimiter> {
    let rates = Rates::default().per_minute(per_minute).burst(1);
    let limiter = Arc::new(AccountLimiter::new(rates.route_per_second(1_000_000)));
    assert!(limiter.permit(&LIST_PROJECTS).now_or_never().is_some());
    limiter
}

/// A call that has begun to wait for its turn, and is polled no more.
fn begun(limiter: &AccountLimiter) -> BoxFuture<'_, ()> {
    let mut turn = limiter.permit(&LIST_PROJECTS);
    assert!((&mut turn).now_or_never().is_none());
    turn
}

/// Tasks that each wait for a turn; joined, they tell in which order they were served.
struct Tasks {
    limiter: Arc<AccountLimiter>,
    served: Arc<Mutex<Vec<usize>>>,
    all: JoinSet<()>,
}

impl Tasks {
    fn of(limiter: &Arc<AccountLimiter>) -> Self {
        Self {
            limiter: Arc::clone(limiter),
            served: Arc::default(),
            all: JoinSet::new(),
        }
    }

    fn spawn(&mut self, number: usize) {
        let (limiter, served) = (Arc::clone(&self.limiter), Arc::clone(&self.served));
        self.all.spawn(async move {
            limiter.permit(&LIST_PROJECTS).await;
            served.lock().unwrap().push(number);
        });
    }

    async fn served(self) -> Vec<usize> {
        self.all.join_all().await;
        self.served.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_polled_keeps_its_place_behind_one_that_is_not() {
    for waiters in 2..20 {
        let limiter = limiter(60);
        let unpolled = begun(&limiter);
        let mut tasks = Tasks::of(&limiter);
        (0..waiters).for_each(|number| tasks.spawn(number));
        assert_eq!(tasks.served().await, (0..waiters).collect::<Vec<_>>());
        unpolled.await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_to_look_later_than_those_behind_keeps_its_place() {
    let limiter = limiter(60);
    let leaving: Vec<_> = (0..100).map(|_| begun(&limiter)).collect();
    let unpolled = begun(&limiter);
    let mut tasks = Tasks::of(&limiter);
    tasks.spawn(0);
    sleep(Duration::from_millis(500)).await;
    // They wake the one that is not polled, so that the task still looks as late as behind them.
    drop(leaving);
    tasks.spawn(1);
    tasks.spawn(2);
    assert_eq!(tasks.served().await, [0, 1, 2]);
    unpolled.await;
}

#[tokio::test(start_paused = true)]
async fn those_who_leave_let_the_next_one_watch_over_who_is_not_polled() {
    let limiter = limiter(60);
    let unpolled = begun(&limiter);
    let leaving: Vec<_> = (0..1000).map(|_| begun(&limiter)).collect();
    let start = Instant::now();
    let last = limiter.permit(&LIST_PROJECTS);
    let leave = async {
        sleep(Duration::from_millis(500)).await;
        drop(leaving);
    };
    tokio::join!(last, leave);
    let took = start.elapsed();
    let second = Duration::from_secs(1).div_f64(0.998);
    assert!(took >= second, "{took:?}");
    assert!(took < second + TWO_GRACES + ROUNDING, "{took:?}");
    unpolled.await;
}

/// The API refuses a request that was sent at this time.
fn refuse(limiter: &AccountLimiter, sent_at: Instant, retry_after: Option<Duration>) {
    let headers = HeaderMap::new();
    let mut outcome = Outcome::response(sent_at, StatusCode::TOO_MANY_REQUESTS, &headers);
    if let Some(time) = retry_after {
        outcome = outcome.with_retry_after(time);
    }
    limiter.observe(&LIST_PROJECTS, &outcome);
}

/// Polls a call while a pause grows again and again, so that it looks ever later by itself. The
/// pause ends soon after.
async fn growing_pause(limiter: &AccountLimiter, call: &mut BoxFuture<'_, ()>) {
    let began = Instant::now();
    let pause = Duration::from_secs(20);
    for _ in 0..5 {
        refuse(limiter, began, Some(pause + ROUNDING));
        assert!(timeout(pause, &mut *call).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_leave_let_who_stands_behind_one_that_is_not_polled_look() {
    let limiter = limiter(60);
    let leaving: Vec<_> = (0..1000).map(|_| begun(&limiter)).collect();
    let unpolled = begun(&limiter);
    let mut last = limiter.permit(&LIST_PROJECTS);
    growing_pause(&limiter, &mut last).await;
    let start = Instant::now();
    // From the first on: each wakes the next one only, and the last of them who is not polled.
    drop(leaving);
    last.await;
    let took = start.elapsed();
    let token = Duration::from_secs(1).div_f64(0.998);
    assert!(took < token + TWO_GRACES + ROUNDING, "{took:?}");
    drop(unpolled);
}

#[tokio::test(start_paused = true)]
async fn those_who_are_passed_over_let_others_look() {
    let limiter = limiter(60);
    let unpolled: Vec<_> = (0..1000).map(|_| begun(&limiter)).collect();
    let (first, between) = (begun(&limiter), begun(&limiter));
    let mut last = limiter.permit(&LIST_PROJECTS);
    growing_pause(&limiter, &mut last).await;
    let start = Instant::now();
    tokio::join!(first, last);
    let took = start.elapsed();
    let tokens = Duration::from_secs(2).div_f64(0.998);
    assert!(took < tokens + TWO_GRACES * 2 + ROUNDING, "{took:?}");
    drop((unpolled, between));
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_loop_is_served_soon_whatever_its_buffer_holds() {
    for width in [2, 8, 64] {
        let limiter = limiter(600);
        let start = Instant::now();
        let calls = stream::iter(0..100).map(|_| limiter.permit(&LIST_PROJECTS));
        let mut calls = calls.buffer_unordered(width);
        while let Some(()) = calls.next().await {
            limiter.permit(&LIST_PROJECTS).await;
        }
        let took = start.elapsed();
        let tokens = Duration::from_secs(20).div_f64(0.998);
        // What the buffer leaves untaken is lost, since the bucket holds one.
        let due = tokens + (TWO_GRACES + ROUNDING) * 100;
        assert!(took < due, "{width}: {took:?} of {due:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_served_later_than_if_those_before_were_polled() {
    let limiter = limiter(6000);
    let unpolled: Vec<_> = (0..500).map(|_| begun(&limiter)).collect();
    let start = Instant::now();
    limiter.permit(&LIST_PROJECTS).await;
    let took = start.elapsed();
    let own = Duration::from_secs(501).div_f64(6000.0 / 60.0 * 0.998);
    assert!(took < own + TWO_GRACES + ROUNDING, "{took:?} of {own:?}");
    drop(unpolled);
}

fn paused_runtime() -> Runtime {
    let mut builder = runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

#[test]
fn runtimes_that_share_a_limiter_do_not_depend_on_each_other() {
    let (one, other) = (paused_runtime(), paused_runtime());
    let limiter = one.block_on(async { limiter(60) });
    // Its timer is that of a runtime that stands still.
    let unpolled = {
        let _inside = one.enter();
        begun(&limiter)
    };
    other.block_on(async {
        let start = Instant::now();
        for _ in 0..10 {
            limiter.permit(&LIST_PROJECTS).await;
        }
        let (took, expected) = (start.elapsed(), Duration::from_secs(10).div_f64(0.998));
        // The clocks do not agree to the millisecond.
        assert!(took > expected.mul_f64(0.9), "{took:?}");
        assert!(took < expected + TWO_GRACES + ROUNDING * 10, "{took:?}");
    });
    one.block_on(unpolled);
}

/// What a call that waits for its turn does.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Stays,
    /// Is dropped after this time.
    Leaves(Duration),
    /// Is polled for the first time, and then not for the second.
    Rests(Duration, Duration),
}

impl Manner {
    fn random() -> Self {
        let time = || Duration::from_secs_f64(10.0 * fastrand::f64());
        match fastrand::u8(0..3) {
            0 => Self::Stays,
            1 => Self::Leaves(time()),
            _ => Self::Rests(time(), time()),
        }
    }

    async fn wait(self, mut turn: BoxFuture<'_, ()>) -> bool {
        match self {
            Self::Stays => turn.await,
            Self::Leaves(after) => return timeout(after, turn).await.is_ok(),
            Self::Rests(after, time) => {
                if timeout(after, &mut turn).await.is_err() {
                    sleep(time).await;
                    turn.await;
                }
            }
        }
        true
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_others_do_those_who_stay_are_served_in_order() {
    for seed in 0..100 {
        fastrand::seed(seed);
        let limiter = limiter(600);
        let start = Instant::now();
        let stayed = Arc::new(Mutex::new(Vec::new()));
        let mut expected = Vec::new();
        let mut all = JoinSet::new();
        for number in 0..200 {
            let (manner, limiter) = (Manner::random(), Arc::clone(&limiter));
            let stayed = Arc::clone(&stayed);
            if matches!(manner, Manner::Stays) {
                expected.push(number);
            }
            all.spawn(async move {
                let is_served = manner.wait(limiter.permit(&LIST_PROJECTS)).await;
                if matches!(manner, Manner::Stays) {
                    stayed.lock().unwrap().push(number);
                }
                is_served
            });
            if fastrand::u8(0..10) == 0 {
                sleep(Duration::from_millis(fastrand::u64(0..1000))).await;
            }
        }
        let served = all.join_all().await.into_iter().filter(|is| *is).count();
        assert_eq!(*stayed.lock().unwrap(), expected, "{seed}");
        let served = f64::from(u32::try_from(served).unwrap());
        let ratio = start.elapsed().as_secs_f64() / (served / 10.0 / 0.998);
        println!("{served} served, {ratio:.3} of the time that their tokens need");
        // Each moment given to those at rest may cost a token, since the bucket holds one.
        assert!((0.99..2.0).contains(&ratio), "{seed}: {ratio}");
    }
}
