//! Tests that ask for no database of their own, and take the one of the environment instead: they have
//! to fail, whatever a developer's shell has set. `.ci/test-kit` runs them.

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

#[tokio::test]
#[ignore = "fails, as it should"]
async fn it_takes_what_is_there() {
    let url = std::env::var("DATABASE_URL").expect("a developer has set it");
    let pool = PgPool::connect(&url).await.expect("a developer's database");
    sqlx::query("DROP TABLE IF EXISTS account").execute(&pool).await.expect("it can be changed");
}

/// Where there is no URL, sqlx takes what libpq does, and `PGHOSTADDR` before `PGHOST`.
#[tokio::test]
#[ignore = "fails, as it should"]
async fn it_takes_what_is_there_without_a_url() {
    let pool = PgPool::connect_with(PgConnectOptions::new()).await;
    let pool = pool.expect("a developer's server");
    sqlx::query("DROP TABLE IF EXISTS account").execute(&pool).await.expect("it can be changed");
}
