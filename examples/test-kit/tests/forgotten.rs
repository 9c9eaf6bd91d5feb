//! A test that asks for no database of its own, and takes the one of the environment instead: it has
//! to fail, whatever a developer's shell has set. `.ci/test-kit` runs it.

use sqlx::PgPool;

#[tokio::test]
#[ignore = "fails, as it should"]
async fn it_takes_what_is_there() {
    let url = std::env::var("DATABASE_URL").expect("a developer has set it");
    let pool = PgPool::connect(&url).await.expect("a developer's database");
    sqlx::query("DROP TABLE IF EXISTS account").execute(&pool).await.expect("it can be changed");
}
