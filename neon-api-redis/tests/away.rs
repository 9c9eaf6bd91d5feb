//! Redis that goes, comes back, is not there yet, or is not what the settings say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use neon_api::http::{HeaderMap, StatusCode};
use neon_api::raw::routes::LIST_PROJECTS;
use neon_api::{Limiter, Outcome, Rates};
use neon_api_redis::{Error, OnFailure, RedisLimiter};
use support::{PATIENCE, Server, one_of_ten};
use tokio::runtime::Handle;
use tokio::time::{Instant, pause, resume, timeout};

/// 640 a second.
fn rates() -> Rates {
    Rates::default()
        .per_minute(38_400)
        .burst(100)
        .route_per_second(10_000)
}

/// Permits within a time of a paused clock.
async fn count(limiter: &RedisLimiter, time: Duration) -> u32 {
    let mut count = 0;
    let _ = timeout(time, async {
        loop {
            limiter.permit(&LIST_PROJECTS).await;
            count += 1;
        }
    })
    .await;
    count
}

/// Permits with a bound for what hangs.
async fn permits(limiter: &RedisLimiter, count: u32) {
    let all = async {
        for _ in 0..count {
            limiter.permit(&LIST_PROJECTS).await;
        }
    };
    timeout(PATIENCE, all).await.unwrap();
}

/// Where nothing responds, the clock need not be that of Redis.
#[tokio::test]
async fn without_redis_each_process_has_its_share_and_no_burst() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let limiter = redis.limiter(rates()).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(redis.limiter(rates()).await);
    }
    permits(&limiter, 1).await;
    redis.kill();
    pause();
    // It notices.
    permits(&limiter, 1).await;
    assert!(limiter.is_away());
    let shared = count(&limiter, Duration::from_secs(10)).await;
    // A quarter of 640 a second, less 0.2 %.
    assert!((1596..=1598).contains(&shared), "{shared}");
    assert!((limiter.load().unwrap().per_second - 160.0).abs() < 2.0);
    resume();
    redis.run();
    let start = Instant::now();
    // Nothing is granted before all others had the time to notice as well.
    let mut longest = Duration::ZERO;
    while limiter.is_away() {
        let asked_at = Instant::now();
        permits(&limiter, 1).await;
        longest = asked_at.elapsed();
        assert!(start.elapsed() < PATIENCE);
    }
    assert!(longest >= Duration::from_millis(1400), "{longest:?}");
    permits(&limiter, 100).await;
}

#[tokio::test]
async fn a_process_that_joins_without_redis_takes_a_64th() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    redis.kill();
    let limiter = redis.limiter(rates()).await;
    assert!(limiter.is_away());
    pause();
    permits(&limiter, 1).await;
    let count = count(&limiter, Duration::from_secs(64)).await;
    assert!((638..=640).contains(&count), "{count}");
}

#[tokio::test]
async fn closed_means_that_nothing_is_sent_without_redis() {
    let Some(mut redis) = Server::start() else {
        return;
    };
    let builder = redis.builder(rates()).on_failure(OnFailure::Closed);
    let limiter = builder.build().await.unwrap();
    permits(&limiter, 1).await;
    redis.kill();
    pause();
    assert_eq!(count(&limiter, Duration::from_secs(60)).await, 0);
    assert!(
        limiter.last_success(&LIST_PROJECTS).is_none(),
        "nobody waits"
    );
    resume();
    redis.run();
    permits(&limiter, 1).await;
}

#[tokio::test]
async fn a_closed_connection_is_opened_again_and_nobody_notices() {
    let Some(redis) = Server::start() else { return };
    let (one, other) = (redis.limiter(rates()).await, redis.limiter(rates()).await);
    one_of_ten(async || {
        permits(&one, 1).await;
        permits(&other, 1).await;
        redis.send(&["CLIENT", "KILL", "TYPE", "normal"]);
        // They open others at once, and nothing is lost.
        let mut is_away = false;
        for _ in 0..50 {
            permits(&one, 1).await;
            permits(&other, 1).await;
            is_away |= one.is_away() || other.is_away();
        }
        !is_away
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_hangs_costs_a_permit_a_tenth_of_a_second() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    permits(&limiter, 1).await;
    redis.send(&["CLIENT", "PAUSE", "600000", "ALL"]);
    pause();
    let start = Instant::now();
    permits(&limiter, 1).await;
    let took = start.elapsed();
    assert!(limiter.is_away());
    // And then the slots that were reserved before, and at most one and a half intervals of its share.
    let range = Duration::from_millis(100)..=Duration::from_millis(107);
    assert!(range.contains(&took), "{took:?}");
}

#[tokio::test]
async fn wrong_settings_fail_when_the_limiter_is_built() {
    let Some(redis) = Server::start_with(&["--requirepass", "right"]) else {
        return;
    };
    let build = |url: String| RedisLimiter::builder(url, "acme").build();
    let socket = redis.socket();
    let right = build(format!("redis+unix://{socket}?pass=right"))
        .await
        .unwrap();
    right.permit(&LIST_PROJECTS).await;
    assert!(!format!("{right:?}").contains("right"));
    for url in [
        format!("redis+unix://{socket}"),
        format!("redis+unix://{socket}?pass=wrong"),
    ] {
        let error = build(url).await.unwrap_err();
        assert!(matches!(error, Error::Denied(_)), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("pass=wrong"));
    }
    for url in ["http://127.0.0.1:6379", "127.0.0.1:6379", "redis://", ""] {
        let error = build(url.to_owned()).await.unwrap_err();
        assert!(matches!(error, Error::Settings(_)), "{url}: {error:?}");
    }
    let unknown = build("redis://name.invalid:6379".to_owned())
        .await
        .unwrap_err();
    assert!(matches!(unknown, Error::UnknownHost(_)), "{unknown:?}");
    let account = RedisLimiter::builder(redis.url(), "a{b}")
        .build()
        .await
        .unwrap_err();
    assert!(matches!(account, Error::Settings(_)), "{account:?}");
}

#[tokio::test]
async fn a_server_that_is_not_redis_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let response = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, response).await;
        }
    };
    let build = RedisLimiter::builder(format!("redis://127.0.0.1:{port}"), "acme").build();
    tokio::select! {
        () = serve => {}
        result = build => {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Unusable(_)), "{error:?}");
        }
    }
}

#[test]
fn runtimes_that_end_or_rest_hold_up_nobody() {
    let Some(redis) = Server::start() else { return };
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    // Unless the machine stops for as long as Redis is waited for.
    let goes_well = |rests: bool| {
        let first = runtime();
        let limiter = first.block_on(redis.limiter(rates()));
        first.block_on(permits(&limiter, 1));
        let second = runtime();
        // A call of the first runtime that is never finished there.
        first.block_on(async {
            let wait = limiter.permit(&LIST_PROJECTS);
            let _ = timeout(Duration::ZERO, wait).await;
        });
        let resting = rests.then_some(first);
        second.block_on(permits(&limiter, 10));
        let was_away = limiter.is_away();
        drop(resting);
        second.block_on(permits(&limiter, 10));
        !was_away && !limiter.is_away()
    };
    for rests in [true, false] {
        assert!((0..10).any(|_| goes_well(rests)), "{rests}");
    }
}

#[tokio::test]
async fn dropped_waits_leave_nothing_and_cost_at_most_their_slots() {
    let Some(redis) = Server::start() else { return };
    let rates = rates().per_minute(6000);
    let limiter = redis.limiter(rates).await;
    for _ in 0..50 {
        let _ = timeout(Duration::from_millis(1), limiter.permit(&LIST_PROJECTS)).await;
    }
    assert_eq!(limiter.load().unwrap().queued, 0);
    permits(&limiter, 50).await;
    let slots = redis.slots("listProjects");
    assert!((50..=100).contains(&slots), "{slots}");
    let connections = || match redis.send(&["CLIENT", "LIST"]) {
        redis::Value::BulkString(list) => String::from_utf8(list).unwrap().lines().count(),
        redis::Value::VerbatimString { text, .. } => text.lines().count(),
        other => panic!("{other:?}"),
    };
    // Redis needs a moment to see that one was closed.
    let until = async |count| {
        let all = async {
            while connections() != count {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, all).await.unwrap();
    };
    until(2).await;
    drop(limiter);
    // Only the one that asks.
    until(1).await;
}

/// Also a report that is on its way.
#[tokio::test]
async fn no_task_outlives_the_limiter() {
    let Some(redis) = Server::start() else { return };
    let limiter = redis.limiter(rates()).await;
    permits(&limiter, 1).await;
    redis.send(&["CLIENT", "PAUSE", "600000", "ALL"]);
    // Nothing ends by a timeout.
    pause();
    let headers = HeaderMap::new();
    let refused = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, &headers);
    limiter.observe(&LIST_PROJECTS, &refused);
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    assert!(before >= 2, "a report and a connection: {before}");
    tokio::task::yield_now().await;
    drop(limiter);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks(), 0);
}
