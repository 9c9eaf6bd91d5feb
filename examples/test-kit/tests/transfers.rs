//! Tests that each have a database of their own.

use neon_api_test::{SqlxMigrations, TestDb};
use shop::{MIGRATIONS, transfer};

async fn balances(db: &TestDb) -> sqlx::Result<Vec<i64>> {
    let pool = db.sqlx().await.expect("the database is there");
    let all = sqlx::query_scalar("SELECT balance FROM account ORDER BY id");
    all.fetch_all(&pool).await
}

#[neon_api_test::branch(migrations = "migrations", seed = "tests/seed.sql")]
async fn a_transfer_moves_money(db: TestDb) -> sqlx::Result<()> {
    let pool = db.sqlx().await.expect("the database is there");
    transfer(&pool, 1, 2, 30).await?;
    assert_eq!(balances(&db).await?, [70, 30]);
    Ok(())
}

#[neon_api_test::branch(migrations = "migrations", seed = "tests/seed.sql")]
async fn nobody_pays_more_than_they_have(db: TestDb) -> sqlx::Result<()> {
    let pool = db.sqlx().await.expect("the database is there");
    assert!(transfer(&pool, 1, 2, 130).await.is_err());
    assert_eq!(balances(&db).await?, [100, 0]);
    Ok(())
}

#[neon_api_test::branch(migrate = SqlxMigrations::new(&MIGRATIONS))]
async fn the_shop_can_migrate_again_when_it_starts(db: TestDb) {
    let pool = db.sqlx().await.expect("the database is there");
    MIGRATIONS.run(&pool).await.expect("nothing is pending");
}
