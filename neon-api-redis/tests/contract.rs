//! The suite for limiters of `neon-api`, against a real Redis.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use neon_api::Rates;
use neon_api::limiter_contract::LimiterContract;
use neon_api_redis::RedisLimiter;
use support::Server;

fn contract() -> LimiterContract {
    let rates = Rates::default().scaled_to(12_000).route_per_second(100);
    LimiterContract::new(rates).tolerance(Duration::from_millis(200))
}

/// Each with an account of its own, and with rates that are changed first.
async fn check(redis: &Server, contract: LimiterContract, factor: u32) -> Vec<&'static str> {
    let accounts = AtomicU32::new(0);
    let make = async |rates| {
        let account = format!("account-{}", accounts.fetch_add(1, Ordering::Relaxed));
        let rates: Rates = rates;
        let rates = rates.per_minute(12_000 * factor);
        let builder = RedisLimiter::builder(redis.url(), account).rates(rates);
        builder.build().await.unwrap()
    };
    match contract.check(make).await {
        Ok(()) => Vec::new(),
        Err(error) => {
            println!("{error}");
            error
                .violations()
                .iter()
                .map(|violation| violation.check)
                .collect()
        }
    }
}

#[tokio::test]
async fn it_holds_on_one_thread() {
    let Some(redis) = Server::start() else { return };
    assert_eq!(check(&redis, contract(), 1).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_holds_on_several_threads() {
    let Some(redis) = Server::start() else { return };
    assert_eq!(check(&redis, contract(), 1).await, Vec::<&str>::new());
}

/// The tolerance for real time does not hide a rate that is too high.
#[tokio::test]
async fn a_rate_that_is_too_high_is_noticed() {
    let Some(redis) = Server::start() else { return };
    let skipped = [
        "route_rate",
        "group_in_any_second",
        "order",
        "dropped",
        "unpolled",
        "retry_after",
        "narrow_pause",
        "failures",
        "last_success",
        "load",
        "spare",
    ];
    let contract = skipped.into_iter().fold(contract(), LimiterContract::skip);
    assert_eq!(check(&redis, contract, 2).await, ["account_rate"]);
}
