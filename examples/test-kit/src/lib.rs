//! A shop that moves money.

use sqlx::PgPool;

/// The migrations of the shop, which it runs when it starts.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// Moves an amount from one account to another.
///
/// # Errors
///
/// If there is too little in the first, or the database cannot be reached.
pub async fn transfer(pool: &PgPool, from: i64, to: i64, amount: i64) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    for (account, amount) in [(from, -amount), (to, amount)] {
        sqlx::query("UPDATE account SET balance = balance + $2 WHERE id = $1")
            .bind(account)
            .bind(amount)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}
