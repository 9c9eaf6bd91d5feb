//! Slots of a real Redis: rates, order, what refusals and lost states do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use neon_api::http::{HeaderMap, StatusCode};
use neon_api::raw::routes::{GET_CONSUMPTION_HISTORY_PER_PROJECT, GET_PROJECT, LIST_PROJECTS};
use neon_api::{Limiter, Outcome, Rates};
use support::Server;
use tokio::time::{Instant, timeout};

/// 1,000 a second.
fn rates() -> Rates {
    Rates::default()
        .per_minute(60_000)
        .burst(100)
        .route_per_second(10_000)
}

fn refusal(headers: &HeaderMap, wait: Option<u64>) -> Outcome<'_> {
    let outcome = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, headers);
    match wait {
        Some(millis) => outcome.with_retry_after(Duration::from_millis(millis)),
        None => outcome,
    }
}

#[tokio::test]
async fn the_rate_is_that_of_the_account_and_a_new_state_has_no_burst() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    let start = Instant::now();
    for _ in 0..500 {
        limiter.permit(&LIST_PROJECTS).await;
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(498), "{took:?}");
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[tokio::test]
async fn a_burst_is_there_once_the_bucket_is_full() {
    let Some(redis) = Server::start() else { return };
    // 200 a second, of which a burst of 90 is used.
    let limiter = redis.limiter(rates().per_minute(12_000)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    for _ in 0..90 {
        limiter.permit(&LIST_PROJECTS).await;
    }
    assert!(
        start.elapsed() < Duration::from_millis(300),
        "{:?}",
        start.elapsed()
    );
    for _ in 0..100 {
        limiter.permit(&LIST_PROJECTS).await;
    }
    assert!(
        start.elapsed() >= Duration::from_millis(495),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_refusal_pauses_all_processes() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    one.permit(&GET_PROJECT).await;
    other.permit(&GET_PROJECT).await;
    let headers = HeaderMap::new();
    let start = Instant::now();
    one.observe(&GET_PROJECT, &refusal(&headers, Some(700)));
    // The report is on its way; nobody of this process asks for a permit.
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.permit(&LIST_PROJECTS).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(700), "{took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_refusal_of_a_group_pauses_only_the_group() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    let headers = HeaderMap::new();
    let start = Instant::now();
    one.observe(
        &GET_CONSUMPTION_HISTORY_PER_PROJECT,
        &refusal(&headers, Some(60_000)),
    );
    tokio::time::sleep(Duration::from_millis(50)).await;
    for limiter in [&one, &other] {
        limiter.permit(&LIST_PROJECTS).await;
        let wait = limiter.permit(&GET_CONSUMPTION_HISTORY_PER_PROJECT);
        assert!(timeout(Duration::from_millis(300), wait).await.is_err());
        limiter.permit(&LIST_PROJECTS).await;
    }
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn repeated_refusals_lower_the_rate_of_all() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    let headers = HeaderMap::new();
    let full = other.load().unwrap().per_second;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        one.observe(&LIST_PROJECTS, &refusal(&headers, Some(1)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    other.permit(&LIST_PROJECTS).await;
    let lowered = other.load().unwrap().per_second / full;
    assert!((0.6..0.75).contains(&lowered), "{lowered}");
}

#[tokio::test]
async fn a_route_has_its_limit_in_any_second() {
    let Some(redis) = Server::start() else { return };
    let rates = rates().route_per_second(20);
    let limiter = Arc::new(redis.limiter(rates).await);
    let start = Instant::now();
    let mut sent = Vec::new();
    for _ in 0..50 {
        limiter.permit(&GET_PROJECT).await;
        sent.push(start.elapsed());
    }
    for (earlier, later) in sent.iter().zip(&sent[20..]) {
        assert!(
            later.saturating_sub(*earlier) >= Duration::from_secs(1),
            "{earlier:?} {later:?}"
        );
    }
    // Others do not wait behind it.
    let mut waits = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let limiter = Arc::clone(&limiter);
        waits.spawn(async move { limiter.permit(&GET_PROJECT).await });
    }
    let before = Instant::now();
    limiter.permit(&LIST_PROJECTS).await;
    assert!(
        before.elapsed() < Duration::from_millis(200),
        "{:?}",
        before.elapsed()
    );
    waits.join_all().await;
}

#[tokio::test]
async fn a_lost_state_begins_with_an_empty_bucket() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    limiter.permit(&LIST_PROJECTS).await;
    redis.send(&["FLUSHALL"]);
    let start = Instant::now();
    for _ in 0..90 {
        limiter.permit(&LIST_PROJECTS).await;
    }
    assert!(
        start.elapsed() >= Duration::from_millis(250 + 89),
        "{:?}",
        start.elapsed()
    );
    assert!(!limiter.is_away());
}

#[tokio::test]
async fn a_clock_that_jumps_back_is_healed() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    limiter.permit(&LIST_PROJECTS).await;
    let hour = 3_600_000_000_i64;
    let read = |field: &str| match redis.send(&["HGET", "neon-api:{acme}:s", field]) {
        redis::Value::BulkString(bytes) => {
            String::from_utf8(bytes).unwrap().parse::<i64>().unwrap()
        }
        other => panic!("{other:?}"),
    };
    // As if the clock had been an hour ahead until now.
    for field in [":tat", ":reacted", "touched", "start"] {
        let ahead = (read(field) + hour).to_string();
        redis.send(&["HSET", "neon-api:{acme}:s", field, &ahead]);
    }
    let newest = (read("touched")).to_string();
    redis.send(&["LPUSH", "neon-api:{acme}:r:listProjects", &newest]);
    let start = Instant::now();
    for _ in 0..100 {
        limiter.permit(&LIST_PROJECTS).await;
    }
    assert!(
        start.elapsed() < Duration::from_millis(600),
        "{:?}",
        start.elapsed()
    );
    assert!(read("touched") < read("start") + hour / 2);
}

#[tokio::test]
async fn a_group_has_its_rate() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    let start = Instant::now();
    for _ in 0..3 {
        limiter.permit(&GET_CONSUMPTION_HISTORY_PER_PROJECT).await;
        // What waits for the group takes nothing of the account.
        for _ in 0..20 {
            limiter.permit(&LIST_PROJECTS).await;
        }
    }
    // 30 a minute, and a new state has no burst.
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(4), "{took:?}");
    assert!(took < Duration::from_secs(6), "{took:?}");
}

/// ```sh
/// cargo test -p neon-api-redis --test slots -- --ignored --nocapture figures
/// ```
#[tokio::test]
#[ignore = "measures times, which a busy machine spoils"]
async fn figures_of_permits_at_rest() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut connection = redis
        .client()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let (mut permits, mut pings) = (Vec::new(), Vec::new());
    for _ in 0..1000 {
        tokio::time::sleep(Duration::from_millis(4)).await;
        let start = Instant::now();
        limiter.permit(&LIST_PROJECTS).await;
        permits.push(start.elapsed());
        let start = Instant::now();
        redis::cmd("PING")
            .exec_async(&mut connection)
            .await
            .unwrap();
        pings.push(start.elapsed());
    }
    permits.sort();
    pings.sort();
    println!(
        "a permit at rest: p50 {:?}, p99 {:?}",
        permits[500], permits[990]
    );
    println!("a PING: p50 {:?}, p99 {:?}", pings[500], pings[990]);
    let most = permits[990];
    assert!(most < Duration::from_millis(2), "{most:?}");
}
