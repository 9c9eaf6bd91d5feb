//! Connections and pools on a real Postgres that is suspended again and again.
#![cfg(all(unix, feature = "deadpool"))]
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

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use front::Front;
use futures::future::try_join_all;
use neon_api::connection::ConnectionString;
use neon_api::input::SuspendTimeout;
use neon_api_tokio_postgres::{
    RetryError, config, is_pool_suspended, is_suspended, pool_builder, retry_connect, retry_get,
};
use postgres::{Cluster, PASSWORD, ROLE};
use tokio_postgres::{Config, NoTls};

const PATIENCE: Duration = Duration::from_secs(120);

async fn start() -> Option<(Front, Config)> {
    let cluster = Cluster::start_for("localhost")?;
    let front = Front::start(cluster).await;
    let string = ConnectionString::new("127.0.0.1", ROLE, "postgres").unwrap();
    let string = string
        .with_port(front.address.port())
        .unwrap()
        .with_password(PASSWORD)
        .unwrap();
    Some((front, config(&string).unwrap()))
}

fn pool(config: Config) -> Pool {
    let builder = pool_builder(config, NoTls, SuspendTimeout::Default).max_size(5);
    builder.runtime(Runtime::Tokio1).build().unwrap()
}

/// The first column of the first row.
async fn number(pool: &Pool, sql: &str) -> i64 {
    pool.get()
        .await
        .unwrap()
        .query_one(sql, &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_queries_through_twenty_suspends() {
    let Some((front, config)) = start().await else {
        return;
    };
    let pool = pool(config);
    let client = pool.get().await.unwrap();
    client
        .batch_execute("CREATE TABLE ran (number int)")
        .await
        .unwrap();
    drop(client);
    for round in 0..20 {
        // Five at a time, so that all five connections are used, and then idle.
        for step in 0..10 {
            let first = (round * 10 + step) * 5;
            try_join_all((first..first + 5).map(|number| {
                let pool = &pool;
                async move {
                    let client = pool.get().await.expect("there is a connection");
                    client
                        .execute("INSERT INTO ran VALUES ($1)", &[&number])
                        .await
                }
            }))
            .await
            .expect("no query fails");
        }
        assert!(pool.status().available > 0);
        front.suspend().await;
    }
    assert_eq!(number(&pool, "SELECT count(*) FROM ran").await, 1000);
    assert_eq!(
        number(&pool, "SELECT count(DISTINCT number) FROM ran").await,
        1000
    );
    assert_eq!(front.wakes(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_the_default_kind_gives_out_what_it_has_not_noticed() {
    let Some((front, config)) = start().await else {
        return;
    };
    // The task of the connection is not polled, as in a busy program.
    let (client, connection) = config.connect(NoTls).await.unwrap();
    front.suspend().await;
    assert!(!client.is_closed());
    let query = client.batch_execute("SELECT 1");
    let (error, _) = tokio::join!(query, connection);
    let error = error.unwrap_err();
    assert!(is_suspended(&error), "{error}");
    assert!(client.is_closed());
    let error = client.batch_execute("SELECT 1").await.unwrap_err();
    assert!(is_suspended(&error), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_in_flight_fails_and_is_not_repeated() {
    let Some((front, config)) = start().await else {
        return;
    };
    let pool = pool(config);
    pool.get()
        .await
        .unwrap()
        .batch_execute("CREATE SEQUENCE ran")
        .await
        .unwrap();
    for round in 1..=3 {
        let query = tokio::spawn({
            let pool = pool.clone();
            async move {
                let client = pool.get().await.unwrap();
                client
                    .batch_execute("SELECT nextval('ran'), pg_sleep(600)")
                    .await
            }
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
async fn connections_that_were_idle_for_too_long_are_replaced() {
    let Some((front, config)) = start().await else {
        return;
    };
    let short = SuspendTimeout::After(Duration::from_nanos(5));
    let pool = pool_builder(config.clone(), NoTls, short).build().unwrap();
    drop(pool.get().await.unwrap());
    drop(pool.get().await.unwrap());
    assert_eq!(front.connections(), 2);
    let pool = pool_builder(config, NoTls, SuspendTimeout::Never)
        .build()
        .unwrap();
    drop(pool.get().await.unwrap());
    drop(pool.get().await.unwrap());
    assert_eq!(front.connections(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_is_retried_and_nothing_else() {
    let Some((front, config)) = start().await else {
        return;
    };
    front.close_next(3);
    let (client, connection) = retry_connect(&config, NoTls, PATIENCE).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SELECT 1").await.unwrap();
    assert_eq!(front.connections(), 4);
    front.close_next(2);
    let pool = pool(config.clone());
    retry_get(&pool, PATIENCE)
        .await
        .unwrap()
        .batch_execute("SELECT 1")
        .await
        .unwrap();
    assert_eq!(front.connections(), 7);

    front.close_next(usize::MAX);
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let other = Pool::builder(Manager::from_config(config.clone(), NoTls, manager));
    let error = retry_get(&other.build().unwrap(), Duration::from_millis(500)).await;
    let Err(RetryError::Failed(error)) = error else {
        panic!("it did not fail");
    };
    assert!(is_pool_suspended(&error), "{error}");
    front.close_next(0);

    // A wrong password is no suspend.
    let before = front.connections();
    let mut wrong = config;
    wrong.password("wrong");
    let Err(RetryError::Failed(error)) = retry_connect(&wrong, NoTls, PATIENCE).await else {
        panic!("it did not fail");
    };
    assert!(!is_suspended(&error), "{error}");
    assert_eq!(front.connections(), before + 1);
}
