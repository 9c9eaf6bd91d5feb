//! Pacing against servers that enforce rates exactly, in paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use neon_api::types::{ListProjectBranchesQuery, ListProjectsQuery};
use neon_api::{AccountLimiter, Limiter, Neon, Rates};
use neon_api_emulator::{Emulator, RateLimit};
use support::bucket::{Allowed, DOCUMENTED, Limited, TENFOLD};
use support::ms;
use tokio::time::Instant;

fn client(server: &Limited, rates: Rates) -> Neon {
    Neon::builder()
        .api_key("napi_test")
        .limiter(AccountLimiter::new(rates))
        .transport(server.clone())
        .build()
        .unwrap()
}

/// Lists projects this often, 64 at once, each call with its number as the search text. Every call
/// must succeed.
async fn calls(neon: &Neon, numbers: std::ops::Range<usize>) {
    stream::iter(numbers)
        .map(|number| async move {
            let query = ListProjectsQuery::default().with_search(number.to_string());
            neon.raw().list_projects(&query).await.unwrap();
        })
        .buffer_unordered(64)
        .for_each(|()| async {})
        .await;
}

/// The time that a bucket needs to let this many requests pass.
fn bound(allowed: Allowed, requests: u32) -> Duration {
    Duration::from_secs(60) * (requests - allowed.burst) / allowed.per_minute
}

fn assert_within_one_percent(took: Duration, bound: Duration) {
    let ratio = took.as_secs_f64() / bound.as_secs_f64();
    println!("{took:?} of {bound:?}: {ratio:.4}");
    assert!((0.9999..=1.01).contains(&ratio), "{took:?} of {bound:?}");
}

#[tokio::test(start_paused = true)]
async fn two_thousand_calls_take_as_long_as_the_bucket_needs() {
    let server = Limited::new(DOCUMENTED);
    let neon = client(&server, Rates::default());
    let start = Instant::now();
    calls(&neon, 0..2000).await;
    assert_within_one_percent(start.elapsed(), bound(DOCUMENTED, 2000));
    assert_eq!(server.refused(), 0);
    assert_eq!(neon.stats().requests, 2000);
}

#[tokio::test(start_paused = true)]
async fn so_do_two_thousand_calls_of_the_emulator() {
    let emulator = Emulator::builder().rate_limit(RateLimit::Real).build();
    let neon = Neon::builder()
        .api_key("napi_test")
        .transport(emulator.transport())
        .build()
        .unwrap();
    let start = Instant::now();
    calls(&neon, 0..2000).await;
    assert_within_one_percent(start.elapsed(), bound(DOCUMENTED, 2000));
    assert_eq!(neon.stats().rate_limited, 0);
    assert_eq!(emulator.total_requests(), 2000);
}

#[tokio::test(start_paused = true)]
async fn requests_that_overtake_each_other_are_few_and_cost_little() {
    fastrand::seed(1);
    let server = Limited::with_way(DOCUMENTED, ms(100));
    let neon = client(&server, Rates::default());
    let start = Instant::now();
    calls(&neon, 0..2000).await;
    println!("{} refused", server.refused());
    assert!(server.refused() <= 10, "{}", server.refused());
    assert_within_one_percent(start.elapsed(), bound(DOCUMENTED, 2000));
}

#[tokio::test(start_paused = true)]
async fn ten_times_the_rates_with_a_bucket_of_four_hundred() {
    let rates = Rates::default()
        .per_minute(7000)
        .burst(400)
        .route_per_second(400);
    let server = Limited::new(TENFOLD);
    let neon = client(&server, rates);
    let start = Instant::now();
    calls(&neon, 0..2000).await;
    assert_within_one_percent(start.elapsed(), bound(TENFOLD, 2000));
    assert_eq!(server.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_route_has_a_rate_of_its_own() {
    let allowed = Allowed {
        per_minute: 7000,
        burst: 400,
        route_per_second: 40,
    };
    let server = Limited::new(allowed);
    let neon = client(&server, Rates::default().per_minute(7000).burst(400));
    let start = Instant::now();
    calls(&neon, 0..400).await;
    let bound = Duration::from_secs((400 - 40) / 40);
    assert_within_one_percent(start.elapsed(), bound);
    assert_eq!(server.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn keys_of_an_organization_have_a_rate_of_their_own() {
    let rates = Rates::default().per_minute(7000).burst(400);
    for (rates, per_second) in [(rates, 10.0), (rates.share(0.5), 5.0)] {
        let limiter = AccountLimiter::new(rates);
        let start = Instant::now();
        for _ in 0..30 {
            limiter
                .permit(&neon_api::raw::routes::CREATE_ORG_API_KEY)
                .await;
        }
        // Less the bucket, of which one is spared.
        let expected = (30.0 - (per_second - 1.0)) / per_second;
        let ratio = start.elapsed().as_secs_f64() / expected;
        assert!((0.999..1.01).contains(&ratio), "{:?}", start.elapsed());
    }
}

#[test]
fn a_share_is_one_of_whatever_the_rates_are() {
    let share_first = Rates::default()
        .share(0.25)
        .per_minute(7000)
        .burst(400)
        .route_per_second(80);
    let share_last = Rates::default()
        .per_minute(7000)
        .burst(400)
        .route_per_second(80)
        .share(0.25);
    assert_eq!(share_first, share_last);
    assert_ne!(share_first, share_first.share(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_share_that_is_set_first_counts_as_well() {
    let server = Limited::new(DOCUMENTED);
    let neon = client(
        &server,
        Rates::default().share(0.25).per_minute(700).burst(40),
    );
    let start = Instant::now();
    calls(&neon, 0..185).await;
    // 9 of the bucket of 10 at once, then 175 a minute.
    let ratio = start.elapsed().as_secs_f64() / (176.0 / 175.0 * 60.0);
    assert!((0.99..1.02).contains(&ratio), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn four_clients_with_a_quarter_each() {
    let server = Limited::new(DOCUMENTED);
    let start = Instant::now();
    let clients = (0..4).map(|number| {
        let neon = client(&server, Rates::default().share(0.25));
        async move { calls(&neon, number * 500..(number + 1) * 500).await }
    });
    futures::future::join_all(clients).await;
    println!("{} refused", server.refused());
    assert!(server.refused() <= 10, "{}", server.refused());
    assert_within_one_percent(start.elapsed(), bound(DOCUMENTED, 2000));
}

#[tokio::test(start_paused = true)]
async fn half_of_what_is_documented_is_found_out() {
    for way in [0, 100] {
        fastrand::seed(2);
        let allowed = Allowed {
            per_minute: 350,
            burst: 20,
            route_per_second: 20,
        };
        let server = Limited::with_way(allowed, ms(way));
        let neon = client(&server, Rates::default());
        let start = Instant::now();
        calls(&neon, 0..2000).await;
        let ratio = start.elapsed().as_secs_f64() / bound(allowed, 2000).as_secs_f64();
        let requests = neon.stats().requests;
        println!(
            "{} of {requests} refused, {ratio:.3} of the bound",
            server.refused()
        );
        assert!(server.refused() * 20 < requests);
        assert!(ratio < 1.35, "{ratio}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_consumer_takes_half_without_asking() {
    fastrand::seed(3);
    let server = Limited::new(DOCUMENTED);
    let neon = client(&server, Rates::default());
    // It sends 350 a minute, whatever it is answered, and so takes what it can get of them.
    let other = async {
        let mut beat = tokio::time::interval(Duration::from_secs(60) / 350);
        loop {
            beat.tick().await;
            server.admit("listProjects");
        }
    };
    let start = Instant::now();
    tokio::select! {
        () = calls(&neon, 0..2000) => {}
        () = other => {}
    }
    let half = Allowed {
        per_minute: 350,
        ..DOCUMENTED
    };
    let ratio = start.elapsed().as_secs_f64() / bound(half, 2000).as_secs_f64();
    let requests = neon.stats().requests;
    println!(
        "{} of {requests} refused, {ratio:.3} of the bound",
        server.refused()
    );
    assert_eq!(server.taken().len(), 2000);
    assert!(server.refused() * 20 < requests);
    assert!(ratio < 1.35, "{ratio}");
}

#[tokio::test(start_paused = true)]
async fn turns_come_in_order_of_arrival() {
    let server = Limited::new(DOCUMENTED);
    let neon = client(&server, Rates::default());
    let mut all = Vec::new();
    for number in 0..200 {
        let query = ListProjectsQuery::default().with_search(number.to_string());
        let neon = neon.clone();
        all.push(tokio::spawn(async move {
            neon.raw().list_projects(&query).await.map(|_| ()).unwrap();
        }));
    }
    for call in all {
        call.await.unwrap();
    }
    let expected: Vec<String> = (0..200).map(|number| format!("search={number}")).collect();
    assert_eq!(server.taken(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_busy_route_starves_no_other() {
    let server = Limited::new(DOCUMENTED);
    let neon = client(&server, Rates::default());
    let busy = calls(&neon, 0..2000);
    let project = support::project_id();
    let other = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        for _ in 0..10 {
            let since = Instant::now();
            let query = ListProjectBranchesQuery::default();
            let answer = neon.raw().list_project_branches(&project, &query).await;
            answer.unwrap();
            // The 64 calls that were there before go first, and nobody else.
            assert!(since.elapsed() < ms(6000), "{:?}", since.elapsed());
        }
    };
    tokio::select! {
        () = busy => panic!("the busy route ended first"),
        () = other => {}
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_waiters_free_their_places() {
    let route = &neon_api::raw::routes::LIST_PROJECTS;
    let limiter = Arc::new(AccountLimiter::new(
        Rates::default().per_minute(60).burst(2),
    ));
    let served = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    fastrand::seed(4);
    // 1 at once, then 1 a second: 40 that are dropped after up to 10 seconds, and would be served
    // after 10 at the earliest, before each of 10 that stay.
    let mut all = Vec::new();
    for number in 0..410_u32 {
        let (limiter, served) = (Arc::clone(&limiter), Arc::clone(&served));
        let stays = number < 10 || number % 41 == 0;
        all.push(tokio::spawn(async move {
            let turn = limiter.permit(route);
            if stays {
                turn.await;
                served.fetch_add(1, Ordering::Relaxed);
            } else {
                let patience = Duration::from_secs_f64(8.0 * fastrand::f64());
                let came = tokio::time::timeout(patience, turn).await;
                assert!(came.is_err());
            }
        }));
    }
    for waiter in all {
        waiter.await.unwrap();
    }
    let count = u32::try_from(served.load(Ordering::Relaxed)).unwrap();
    let expected = f64::from(count - 1) / 0.998;
    let took = start.elapsed().as_secs_f64();
    println!("{count} served in {took:.4} s, {expected:.4} expected");
    assert!(
        (took - expected).abs() < 0.05,
        "{took} instead of {expected}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_api_asks_for_holds_all_calls() {
    let server = support::Server::new(|seen, at| match (seen.operation, at) {
        ("listProjects", 0) => support::status(429).header("retry-after", "7"),
        _ => support::success(seen),
    });
    let neon = server
        .builder()
        .limiter(AccountLimiter::default())
        .build()
        .unwrap();
    let query = ListProjectsQuery::default();
    let first = neon.raw().list_projects(&query);
    let second = async {
        tokio::time::sleep(ms(50)).await;
        support::call(&neon, "POST").await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.unwrap().attempts(), 2);
    assert_eq!(second.unwrap(), 1);
    for seen in &server.seen()[1..] {
        assert!(seen.at >= ms(7000), "{seen:?}");
    }
    assert_eq!(neon.stats().rate_limited, 1);
}
