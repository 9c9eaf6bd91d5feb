//! Budgets of the account, of routes and of groups of routes: whom a refusal holds up, and whom not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt;
use neon_api::http::{HeaderMap, StatusCode};
use neon_api::raw::Route;
use neon_api::raw::routes::{
    CREATE_ORG_API_KEY, GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, GET_CONSUMPTION_HISTORY_PER_PROJECT,
    GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, GET_PROJECT, LIST_PROJECTS,
};
use neon_api::{AccountLimiter, Limiter, Outcome, Rates};
use tokio::time::{Instant, interval, sleep};

const LATENCY: Duration = Duration::from_millis(100);

fn observe(limiter: &AccountLimiter, operation: &'static Route, sent_at: Instant, status: u16) {
    let headers = HeaderMap::new();
    let status = StatusCode::from_u16(status).unwrap();
    limiter.observe(operation, &Outcome::response(sent_at, status, &headers));
}

/// Lets a request pass and be refused at once.
fn refuse(limiter: &AccountLimiter, operation: &'static Route) {
    assert!(passes(limiter, operation));
    observe(limiter, operation, Instant::now(), 429);
}

fn passes(limiter: &AccountLimiter, operation: &'static Route) -> bool {
    limiter.permit(operation).now_or_never().is_some()
}

/// The part of a server that limits consumption history: 30 at once and one in two seconds, in
/// milliseconds that a bucket of them lacks.
#[derive(Debug)]
struct Consumption {
    missing: Mutex<(Instant, Duration)>,
    burst: u32,
    each: Duration,
}

impl Consumption {
    fn new(burst: u32, each: Duration) -> Self {
        Self {
            missing: Mutex::new((Instant::now(), Duration::ZERO)),
            burst,
            each,
        }
    }

    fn admits(&self) -> bool {
        let mut missing = self.missing.lock().unwrap();
        let now = Instant::now();
        missing.1 = missing.1.saturating_sub(now - missing.0);
        missing.0 = now;
        let admits = missing.1 + self.each <= self.each * self.burst;
        if admits {
            missing.1 += self.each;
        }
        admits
    }
}

/// The time that a request takes, its wait for the permit included; and whether it was refused.
async fn request(
    limiter: &AccountLimiter,
    operation: &'static Route,
    server: Option<&Consumption>,
) -> (Duration, bool) {
    let start = Instant::now();
    limiter.permit(operation).await;
    let sent_at = Instant::now();
    sleep(LATENCY).await;
    let is_refused = server.is_some_and(|server| !server.admits());
    let status = if is_refused { 429 } else { 200 };
    observe(limiter, operation, sent_at, status);
    (start.elapsed(), is_refused)
}

/// A walk over 100 pages, by all three routes in turn; how long it takes, and its refusals.
async fn walk(limiter: &AccountLimiter, server: &Consumption) -> (Duration, u32) {
    let routes = [
        &GET_CONSUMPTION_HISTORY_PER_PROJECT_V2,
        &GET_CONSUMPTION_HISTORY_PER_PROJECT,
        &GET_CONSUMPTION_HISTORY_PER_BRANCH_V2,
    ];
    let (start, mut refused) = (Instant::now(), 0);
    for page in 0..100 {
        while request(limiter, routes[page % 3], Some(server)).await.1 {
            refused += 1;
        }
    }
    (start.elapsed(), refused)
}

/// The times of 300 requests, one every 200 ms, from 15 s on.
async fn others(limiter: &AccountLimiter) -> Vec<Duration> {
    sleep(Duration::from_secs(15)).await;
    let mut beat = interval(Duration::from_millis(200));
    let mut times = Vec::new();
    for _ in 0..300 {
        beat.tick().await;
        times.push(request(limiter, &GET_PROJECT, None).await.0);
    }
    times
}

#[tokio::test(start_paused = true)]
async fn a_walk_over_consumption_history_slows_nothing_else() {
    // As the API is known to limit it, and half of that, so that it refuses again and again: 5 % and
    // 64 more at most.
    for (burst, seconds, refusals) in [(30, 2, 0..=0), (15, 4, 1..=69)] {
        let limiter = AccountLimiter::default();
        let server = Consumption::new(burst, Duration::from_secs(seconds));
        let (walk, others) = tokio::join!(walk(&limiter, &server), others(&limiter));
        assert_eq!(others, vec![LATENCY; 300]);
        let (took, refused) = walk;
        let bound = Duration::from_secs(seconds) * (100 - burst);
        println!("{took:?} of {bound:?}, {refused} refused");
        assert!(refusals.contains(&refused), "{refused}");
        assert!(took < bound.mul_f64(1.15), "{took:?} of {bound:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_routes_of_consumption_history_share_their_budget() {
    let limiter = AccountLimiter::default();
    let start = Instant::now();
    for _ in 0..10 {
        limiter.permit(&GET_CONSUMPTION_HISTORY_PER_PROJECT).await;
        limiter
            .permit(&GET_CONSUMPTION_HISTORY_PER_PROJECT_V2)
            .await;
        limiter.permit(&GET_CONSUMPTION_HISTORY_PER_BRANCH_V2).await;
    }
    // 29 at once, since one is kept back, and one more.
    assert!(
        start.elapsed() > Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    assert!(
        start.elapsed() < Duration::from_millis(2100),
        "{:?}",
        start.elapsed()
    );
    assert!(passes(&limiter, &LIST_PROJECTS));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_charged_to_the_narrowest_budget_that_explains_it() {
    // A group's own.
    for operation in [&GET_CONSUMPTION_HISTORY_PER_PROJECT, &CREATE_ORG_API_KEY] {
        let limiter = AccountLimiter::default();
        refuse(&limiter, operation);
        assert!(!passes(&limiter, operation));
        assert!(passes(&limiter, &LIST_PROJECTS));
    }
    // A route's, if it has sent much within a second.
    let limiter = AccountLimiter::default();
    for _ in 0..25 {
        assert!(passes(&limiter, &LIST_PROJECTS));
    }
    refuse(&limiter, &LIST_PROJECTS);
    assert!(!passes(&limiter, &LIST_PROJECTS));
    assert!(passes(&limiter, &GET_PROJECT));
    // The account's otherwise.
    let limiter = AccountLimiter::default();
    refuse(&limiter, &LIST_PROJECTS);
    assert!(!passes(&limiter, &GET_PROJECT));
    sleep(Duration::from_millis(250)).await;
    assert!(passes(&limiter, &GET_PROJECT));
}

#[tokio::test(start_paused = true)]
async fn one_request_is_sent_after_a_pause_and_others_when_it_is_taken() {
    let limiter = AccountLimiter::default();
    for _ in 0..3 {
        assert!(passes(&limiter, &LIST_PROJECTS));
    }
    refuse(&limiter, &LIST_PROJECTS);
    let mut pause = Duration::from_millis(250);
    for _ in 0..2 {
        sleep(pause.saturating_sub(Duration::from_millis(1))).await;
        assert!(!passes(&limiter, &LIST_PROJECTS));
        sleep(Duration::from_millis(1)).await;
        // It is refused as well, and the next pause is longer.
        refuse(&limiter, &LIST_PROJECTS);
        pause *= 3;
    }
    sleep(pause).await;
    assert!(passes(&limiter, &LIST_PROJECTS));
    let sent_at = Instant::now();
    assert!(!passes(&limiter, &GET_PROJECT));
    observe(&limiter, &LIST_PROJECTS, sent_at, 200);
    assert!(passes(&limiter, &GET_PROJECT));
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_outcome_is_never_known_holds_others_up_for_a_second() {
    let limiter = AccountLimiter::default();
    refuse(&limiter, &LIST_PROJECTS);
    limiter.permit(&LIST_PROJECTS).await;
    let start = Instant::now();
    limiter.permit(&GET_PROJECT).await;
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_paused_route_holds_up_those_that_wait_for_the_account_already() {
    let rates = Rates::default().per_minute(60).burst(30);
    let limiter = AccountLimiter::new(rates);
    let start = Instant::now();
    while passes(&limiter, &LIST_PROJECTS) {}
    // It has passed the route, and waits for the account.
    let waiting = limiter.permit(&LIST_PROJECTS);
    let pause = async {
        let headers = HeaderMap::new();
        let refusal = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, &headers);
        let refusal = refusal.with_retry_after(Duration::from_secs(7));
        limiter.observe(&LIST_PROJECTS, &refusal);
    };
    tokio::join!(waiting, pause);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn the_last_success_is_that_of_the_budgets_that_are_waited_for() {
    let limiter = AccountLimiter::default();
    let begin = Instant::now();
    // Nothing is waited for.
    assert_eq!(limiter.last_success(&GET_PROJECT), None);
    sleep(Duration::from_secs(1)).await;
    let success = Instant::now();
    observe(&limiter, &LIST_PROJECTS, success, 200);
    sleep(Duration::from_secs(1)).await;
    // A group that is paused has had no success since there is one.
    refuse(&limiter, &CREATE_ORG_API_KEY);
    assert_eq!(limiter.last_success(&CREATE_ORG_API_KEY), Some(begin));
    assert_eq!(limiter.last_success(&LIST_PROJECTS), None);
    // The account's is that of any of its routes, and its failures are none.
    refuse(&limiter, &LIST_PROJECTS);
    observe(&limiter, &LIST_PROJECTS, success, 503);
    assert_eq!(limiter.last_success(&GET_PROJECT), Some(success));
    // Of several, the longest ago.
    assert_eq!(limiter.last_success(&CREATE_ORG_API_KEY), Some(begin));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(limiter.last_success(&GET_PROJECT), None);
}

#[tokio::test(start_paused = true)]
async fn a_queue_counts_as_waited_for() {
    let limiter = AccountLimiter::new(Rates::default().burst(10));
    let success = Instant::now();
    observe(&limiter, &GET_PROJECT, success, 200);
    sleep(Duration::from_secs(60)).await;
    while passes(&limiter, &GET_PROJECT) {}
    assert_eq!(limiter.last_success(&LIST_PROJECTS), None);
    let mut waiting = limiter.permit(&GET_PROJECT);
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(limiter.last_success(&LIST_PROJECTS), Some(success));
    drop(waiting);
    assert_eq!(limiter.last_success(&LIST_PROJECTS), None);
}

#[tokio::test(start_paused = true)]
async fn the_load_tells_the_queue_and_the_rate() {
    let limiter = AccountLimiter::default();
    let load = limiter.load().unwrap();
    assert_eq!(load.queued, 0);
    assert!(
        (load.per_second - 700.0 / 60.0 * 0.998).abs() < 1e-9,
        "{load:?}"
    );
    let mut all: Vec<_> = (0..100).map(|_| limiter.permit(&LIST_PROJECTS)).collect();
    for permit in &mut all {
        let _ = permit.now_or_never();
    }
    assert_eq!(limiter.load().unwrap().queued, 61);
    drop(all);
    assert_eq!(limiter.load().unwrap().queued, 0);
}

/// Futures that began to wait and are polled no more hold up nobody, whichever budget they wait for.
#[tokio::test(start_paused = true)]
async fn those_that_wait_for_the_account_and_are_not_polled_keep_no_place_of_their_route() {
    let limiter = AccountLimiter::default();
    while passes(&limiter, &LIST_PROJECTS) {}
    sleep(Duration::from_secs(1)).await;
    while passes(&limiter, &GET_PROJECT) {}
    let mut kept: Vec<_> = (0..200).map(|_| limiter.permit(&LIST_PROJECTS)).collect();
    for permit in &mut kept {
        assert!(permit.now_or_never().is_none());
    }
    let start = Instant::now();
    for _ in 0..20 {
        limiter.permit(&LIST_PROJECTS).await;
    }
    let took = start.elapsed();
    println!("{took:?}");
    assert!(took < Duration::from_secs(25), "{took:?}");
    drop(kept);
}
