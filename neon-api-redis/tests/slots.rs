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
use neon_api::raw::Route;
use neon_api::raw::routes::{GET_CONSUMPTION_HISTORY_PER_PROJECT, GET_PROJECT, LIST_PROJECTS};
use neon_api::{Limiter, Outcome, Rates};
use neon_api_redis::RedisLimiter;
use support::{PATIENCE, Server, one_of_ten};
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

/// Permits with a bound for what hangs.
async fn permits(limiter: &RedisLimiter, operation: &'static Route, count: usize) {
    let all = async {
        for _ in 0..count {
            limiter.permit(operation).await;
        }
    };
    timeout(PATIENCE, all).await.unwrap();
}

/// Waits until Redis knows of the refusal after the one before, which it noted at this time.
async fn until_reported(redis: &Server, budget: &str, before: i64) -> i64 {
    let start = Instant::now();
    loop {
        let reacted = redis.state(&format!("{budget}:reacted"));
        if reacted > before {
            return reacted;
        }
        assert!(start.elapsed() < PATIENCE, "it was not reported");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_rate_is_that_of_the_account_and_a_new_state_has_no_burst() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    let start = Instant::now();
    permits(&limiter, &LIST_PROJECTS, 500).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(498), "{took:?}");
    assert_eq!(redis.slots("listProjects"), 500, "no slot was wasted");
}

#[tokio::test]
async fn a_burst_is_there_once_the_bucket_is_full() {
    let Some(redis) = Server::start() else { return };
    // Four a second, of which a burst of 90 is used: 22 seconds' worth.
    let limiter = redis.limiter(rates().per_minute(240)).await;
    redis.fill_bucket();
    let start = Instant::now();
    permits(&limiter, &LIST_PROJECTS, 90).await;
    let took = start.elapsed();
    assert!(took < Duration::from_secs(11), "{took:?}");
    permits(&limiter, &LIST_PROJECTS, 4).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_refusal_pauses_all_processes() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    permits(&one, &GET_PROJECT, 1).await;
    permits(&other, &GET_PROJECT, 1).await;
    let headers = HeaderMap::new();
    let start = Instant::now();
    one.observe(&GET_PROJECT, &refusal(&headers, Some(700)));
    // Nobody of this process asks for a permit.
    until_reported(&redis, "", 0).await;
    permits(&other, &LIST_PROJECTS, 1).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(700), "{took:?}");
}

/// One that was reserved more than a quarter of a second ago is checked before it is used.
#[tokio::test]
async fn a_slot_that_was_reserved_before_a_refusal_is_not_used() {
    let Some(redis) = Server::start() else { return };
    one_of_ten(async || {
        redis.send(&["FLUSHALL"]);
        // One a second.
        let rates = rates().per_minute(60).burst(1);
        let (one, other) = (redis.limiter(rates).await, redis.limiter(rates).await);
        permits(&one, &LIST_PROJECTS, 1).await;
        let wait = one.permit(&LIST_PROJECTS);
        tokio::pin!(wait);
        while redis.slots("listProjects") < 2 {
            let moment = timeout(Duration::from_millis(1), &mut wait).await;
            assert!(moment.is_err(), "it was granted at once");
        }
        let headers = HeaderMap::new();
        let refused_at = Instant::now();
        other.observe(&LIST_PROJECTS, &refusal(&headers, Some(1500)));
        until_reported(&redis, "", 0).await;
        // A machine that stops for so long has missed what is to be seen.
        let is_in_time = refused_at.elapsed() < Duration::from_millis(300);
        timeout(PATIENCE, wait).await.unwrap();
        let took = refused_at.elapsed();
        assert!(
            !is_in_time || took >= Duration::from_millis(1500),
            "{took:?}"
        );
        is_in_time
    })
    .await;
}

#[tokio::test]
async fn a_refusal_of_a_group_pauses_only_the_group() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    let headers = HeaderMap::new();
    one.observe(
        &GET_CONSUMPTION_HISTORY_PER_PROJECT,
        &refusal(&headers, Some(60_000)),
    );
    until_reported(&redis, "consumption", 0).await;
    let start = Instant::now();
    for limiter in [&one, &other] {
        permits(limiter, &LIST_PROJECTS, 1).await;
        let wait = limiter.permit(&GET_CONSUMPTION_HISTORY_PER_PROJECT);
        assert!(timeout(Duration::from_millis(300), wait).await.is_err());
        permits(limiter, &LIST_PROJECTS, 1).await;
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(50), "{took:?}");
}

#[tokio::test]
async fn repeated_refusals_lower_the_rate_of_all() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    let headers = HeaderMap::new();
    let full = other.load().unwrap().per_second;
    let mut reacted = 0;
    for _ in 0..4 {
        one.observe(&LIST_PROJECTS, &refusal(&headers, Some(1)));
        reacted = until_reported(&redis, "", reacted).await;
    }
    permits(&other, &LIST_PROJECTS, 1).await;
    let lowered = other.load().unwrap().per_second / full;
    assert!((lowered - 0.95 * 0.9 * 0.8).abs() < 0.001, "{lowered}");
}

#[tokio::test]
async fn a_route_has_its_limit_in_any_second() {
    let Some(redis) = Server::start() else { return };
    let rates = rates().route_per_second(20);
    let limiter = Arc::new(redis.limiter(rates).await);
    let mut slots = Vec::new();
    for _ in 0..50 {
        permits(&limiter, &GET_PROJECT, 1).await;
        let now = redis.time();
        let slot = match redis.send(&["LINDEX", "neon-api:{acme}:r:getProject", "0"]) {
            redis::Value::BulkString(at) => String::from_utf8(at).unwrap().parse::<i64>().unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(now >= slot, "{now} is before {slot}");
        slots.push(slot);
    }
    for (earlier, later) in slots.iter().zip(&slots[20..]) {
        assert!(later - earlier >= 1_000_000, "{earlier} {later}");
    }
    // Others do not wait behind it, where a hundred take five seconds.
    let mut waits = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let limiter = Arc::clone(&limiter);
        waits.spawn(async move { limiter.permit(&GET_PROJECT).await });
    }
    tokio::task::yield_now().await;
    permits(&limiter, &LIST_PROJECTS, 1).await;
    while waits.try_join_next().is_some() {}
    assert!(!waits.is_empty());
    waits.shutdown().await;
}

#[tokio::test]
async fn a_lost_state_begins_with_an_empty_bucket() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    redis.fill_bucket();
    permits(&limiter, &LIST_PROJECTS, 1).await;
    redis.send(&["FLUSHALL"]);
    let start = Instant::now();
    permits(&limiter, &LIST_PROJECTS, 90).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(250 + 89), "{took:?}");
}

#[tokio::test]
async fn a_clock_that_jumps_back_is_healed() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    permits(&limiter, &LIST_PROJECTS, 1).await;
    let hour = 3_600_000_000_i64;
    // As if the clock had been an hour ahead until now.
    for field in [":tat", ":reacted", "touched", "start"] {
        redis.set_state(field, redis.state(field) + hour);
    }
    let newest = redis.state("touched").to_string();
    redis.send(&["LPUSH", "neon-api:{acme}:r:listProjects", &newest]);
    let start = Instant::now();
    permits(&limiter, &LIST_PROJECTS, 100).await;
    // Nothing is ever more than five seconds ahead; that would be the least, if it were not healed.
    let took = start.elapsed();
    assert!(took < Duration::from_millis(4500), "{took:?}");
    assert!(redis.state("touched") < redis.state("start") + hour / 2);
}

#[tokio::test]
async fn a_group_has_its_rate() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    let start = Instant::now();
    for _ in 0..3 {
        permits(&limiter, &GET_CONSUMPTION_HISTORY_PER_PROJECT, 1).await;
        permits(&limiter, &LIST_PROJECTS, 20).await;
    }
    // 30 a minute, and a new state has no burst.
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(4), "{took:?}");
    // What waits for the group takes nothing of the account.
    let of_group = redis.slots("getConsumptionHistoryPerProject");
    assert_eq!((of_group, redis.slots("listProjects")), (3, 60));
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
