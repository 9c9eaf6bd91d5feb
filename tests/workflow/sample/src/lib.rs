//! A program that keeps notes in a database.

use sqlx::PgPool;

/// Adds a note, and returns its ID.
pub async fn add(pool: &PgPool, text: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("INSERT INTO notes (text) VALUES ($1) RETURNING id")
        .bind(text)
        .fetch_one(pool)
        .await
}

/// All notes, the oldest first.
pub async fn all(pool: &PgPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT text FROM notes ORDER BY id")
        .fetch_all(pool)
        .await
}
