//! The attribute, and what a test is passed.

use std::error::Error;

use neon_api_test::{Backend, Isolation, SqlxMigrations, TestDb};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("tests/local/migrations");

#[neon_api_test::branch(
    backend = "skip",
    migrations = "tests/local/migrations",
    seed = "tests/local/seed.sql"
)]
async fn a_transfer_moves_money(db: TestDb) {
    let pool = db.sqlx().await.unwrap();
    sqlx::query("SELECT transfer(1, 2, 30)")
        .execute(&pool)
        .await
        .unwrap();
    let balances = sqlx::query_scalar("SELECT balance FROM account ORDER BY id");
    let balances: Vec<i64> = balances.fetch_all(&pool).await.unwrap();
    assert_eq!(balances, [70, 30]);
}

#[neon_api_test::branch(backend = "skip", migrate = SqlxMigrations::new(&MIGRATOR))]
async fn errors_are_returned(db: TestDb) -> Result<(), Box<dyn Error>> {
    let pool = db.sqlx().await?;
    // The application may migrate again: nothing is pending.
    MIGRATOR.run(&pool).await?;
    Ok(())
}

#[neon_api_test::branch(backend = "skip", flavor = "multi_thread", worker_threads = 3)]
async fn a_runtime_has_the_threads_that_were_asked_for(db: TestDb) {
    let metrics = tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_workers(), 3);
    assert!(db.url().starts_with("postgresql://"));
}

#[neon_api_test::branch(backend = "skip")]
async fn the_role_owns_its_database_and_nothing_else(db: TestDb) {
    let client = db.tokio_postgres().await.unwrap();
    let set = "CREATE TABLE t (a int); CREATE SCHEMA s; CREATE EXTENSION pgcrypto; ANALYZE t";
    client.batch_execute(set).await.unwrap();
    let who = "SELECT current_user = current_database(), rolsuper OR rolcreaterole OR rolcreatedb \
               FROM pg_roles WHERE rolname = current_user";
    let who = client.query_one(who, &[]).await.unwrap();
    assert!(who.get::<_, bool>(0));
    assert!(!who.get::<_, bool>(1));
    let other = TestDb::builder()
        .backend(Backend::Skip)
        .lease()
        .await
        .unwrap();
    let name = |url: &str| url.rsplit(['/', '?']).nth(1).unwrap().to_owned();
    let stolen = db.url().replace(
        &format!("/{}?", name(db.url())),
        &format!("/{}?", name(other.url())),
    );
    assert_ne!(stolen, db.url());
    let refused = tokio_postgres::connect(&stolen, tokio_postgres::NoTls)
        .await
        .err()
        .unwrap();
    let code = refused.code().cloned();
    assert_eq!(
        code,
        Some(tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE)
    );
    let shown = format!("{db:?}");
    assert_eq!(shown, "TestDb { .. }");
}

#[neon_api_test::branch(
    backend = "skip",
    isolation = "branch",
    migrations = "tests/local/migrations"
)]
async fn a_branch_has_a_server_of_its_own(db: TestDb) {
    let client = db.tokio_postgres().await.unwrap();
    client
        .simple_query("INSERT INTO account VALUES (1, 'Ada', 1)")
        .await
        .unwrap();
    for command in ["CREATE DATABASE another", "CREATE ROLE someone LOGIN"] {
        client.simple_query(command).await.unwrap();
    }
    let second = TestDb::builder()
        .backend(Backend::Skip)
        .isolation(Isolation::Branch)
        .migrations("tests/local/migrations");
    let second = second.lease().await.unwrap();
    let client = second.tokio_postgres().await.unwrap();
    let found = "SELECT (SELECT count(*) FROM account), \
                 (SELECT count(*) FROM pg_database WHERE datname = 'another') \
                 + (SELECT count(*) FROM pg_roles WHERE rolname = 'someone')";
    let found = client.query_one(found, &[]).await.unwrap();
    assert_eq!((found.get::<_, i64>(0), found.get::<_, i64>(1)), (0, 0));
}

/// Of a name that the attribute could use as well.
async fn test(db: &TestDb) -> i32 {
    let client = db.tokio_postgres().await.unwrap();
    client.query_one("SELECT 1", &[]).await.unwrap().get(0)
}

#[neon_api_test::branch(backend = "skip")]
async fn a_test_calls_functions_of_any_name(db: TestDb) {
    assert_eq!(test(&db).await, 1);
}

#[neon_api_test::branch(backend = "skip")]
async fn r#match(mut db: TestDb) {
    let db = &mut db;
    assert_eq!(test(db).await, 1);
}

#[tokio::test]
async fn a_closure_is_passed_a_database() {
    let Some(builder) = crate::support::builder() else {
        return;
    };
    let sum = builder.run(async |db| {
        let client = db.tokio_postgres().await.unwrap();
        client
            .query_one("SELECT 1 + 1", &[])
            .await
            .unwrap()
            .get::<_, i32>(0)
    });
    assert_eq!(sum.await.unwrap(), 2);
}
