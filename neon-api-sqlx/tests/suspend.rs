//! A pool on a real Postgres that is suspended again and again.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../tests/postgres/front.rs"]
mod front;
#[path = "../../tests/postgres/mod.rs"]
mod postgres;

use std::time::Duration;

use front::Front;
use neon_api::connection::ConnectionString;
use neon_api::input::SuspendTimeout;
use neon_api_sqlx::{connect_options, is_suspended, pool_options, retry_acquire, retry_connect};
use postgres::{Cluster, PASSWORD, ROLE};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgPool, Row};

const PATIENCE: Duration = Duration::from_secs(120);

async fn start() -> Option<(Front, PgConnectOptions)> {
    let cluster = Cluster::start_for("localhost")?;
    let front = Front::start(cluster).await;
    let string = ConnectionString::new("127.0.0.1", ROLE, "postgres").unwrap();
    let string = string
        .with_port(front.address.port())
        .unwrap()
        .with_password(PASSWORD)
        .unwrap();
    let string = string.with_parameter("sslmode", "prefer").unwrap();
    Some((front, connect_options(&string).unwrap()))
}

fn pool(options: PgConnectOptions) -> PgPool {
    pool_options(SuspendTimeout::Default)
        .max_connections(5)
        .connect_lazy_with(options)
}

/// The first column of the first row.
async fn number(pool: &PgPool, sql: &str) -> i64 {
    pool.fetch_one(sql).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_queries_through_twenty_suspends() {
    let Some((front, options)) = start().await else {
        return;
    };
    let pool = pool(options);
    pool.execute("CREATE TABLE ran (number int)").await.unwrap();
    let mut number_of_next = 0;
    for _ in 0..20 {
        // Five at a time, so that all five connections are used, and then idle.
        for _ in 0..10 {
            let insert = |number: i32| {
                sqlx::query("INSERT INTO ran VALUES ($1)")
                    .bind(number)
                    .execute(&pool)
            };
            let next = number_of_next;
            tokio::try_join!(
                insert(next),
                insert(next + 1),
                insert(next + 2),
                insert(next + 3),
                insert(next + 4),
            )
            .expect("no query fails");
            number_of_next += 5;
        }
        while pool.num_idle() < usize::try_from(pool.size()).unwrap() {
            tokio::task::yield_now().await;
        }
        assert!(pool.num_idle() > 0);
        front.suspend().await;
    }
    assert_eq!(number_of_next, 1000);
    assert_eq!(number(&pool, "SELECT count(*) FROM ran").await, 1000);
    assert_eq!(
        number(&pool, "SELECT count(DISTINCT number) FROM ran").await,
        1000
    );
    assert_eq!(front.wakes(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_without_the_test_does_fail() {
    let Some((front, options)) = start().await else {
        return;
    };
    let pool = pool_options(SuspendTimeout::Default)
        .test_before_acquire(false)
        .connect_lazy_with(options);
    pool.execute("SELECT 1").await.unwrap();
    while pool.num_idle() == 0 {
        tokio::task::yield_now().await;
    }
    front.suspend().await;
    let error = pool.execute("SELECT 1").await.unwrap_err();
    assert!(is_suspended(&error), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_in_flight_fails_and_is_not_repeated() {
    let Some((front, options)) = start().await else {
        return;
    };
    let pool = pool(options);
    pool.execute("CREATE SEQUENCE ran").await.unwrap();
    for round in 1..=3 {
        let query = tokio::spawn({
            let pool = pool.clone();
            async move { pool.execute("SELECT nextval('ran'), pg_sleep(600)").await }
        });
        let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        let begun = async { while number(&pool, sleeping).await == 0 {} };
        tokio::time::timeout(PATIENCE, begun)
            .await
            .expect("it begins");
        front.suspend().await;
        let error = query.await.unwrap().unwrap_err();
        assert!(is_suspended(&error), "{error}");
        // It ran once, and nothing has run it again.
        assert_eq!(number(&pool, "SELECT last_value FROM ran").await, round);
        assert_eq!(number(&pool, sleeping).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_is_retried_and_nothing_else() {
    let Some((front, options)) = start().await else {
        return;
    };
    front.close_next(3);
    let mut connection = retry_connect(&options, PATIENCE).await.unwrap();
    assert_eq!(front.connections(), 4);
    connection.ping().await.unwrap();
    front.close_next(2);
    let pool = pool(options.clone());
    let mut pooled = retry_acquire(&pool, PATIENCE).await.unwrap();
    pooled.ping().await.unwrap();
    assert_eq!(front.connections(), 7);

    front.close_next(usize::MAX);
    let error = retry_connect(&options, Duration::from_millis(500))
        .await
        .unwrap_err();
    assert!(is_suspended(&error), "{error}");
    assert!(front.connections() > 8);
    front.close_next(0);

    // A wrong password is no suspend.
    let before = front.connections();
    let wrong = options.password("wrong");
    let error = retry_connect(&wrong, PATIENCE).await.unwrap_err();
    assert!(!is_suspended(&error), "{error}");
    assert_eq!(front.connections(), before + 1);
}
