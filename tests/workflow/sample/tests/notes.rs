//! Each test has a database of its own, which sqlx makes beside that of `DATABASE_URL`.

use sqlx::PgPool;

#[sqlx::test]
async fn notes_are_kept_in_their_order(pool: PgPool) {
    assert_eq!(sample::add(&pool, "first").await.unwrap(), 1);
    assert_eq!(sample::add(&pool, "second").await.unwrap(), 2);
    assert_eq!(sample::all(&pool).await.unwrap(), ["first", "second"]);
}

#[sqlx::test]
async fn a_note_is_kept_once(pool: PgPool) {
    sample::add(&pool, "only").await.unwrap();
    let error = sample::add(&pool, "only").await.unwrap_err();
    let error = error.into_database_error().unwrap();
    assert!(error.is_unique_violation());
    assert_eq!(sample::all(&pool).await.unwrap(), ["only"]);
}

#[sqlx::test]
async fn a_note_that_is_rolled_back_is_not_kept(pool: PgPool) {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO notes (text) VALUES ('lost')")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    assert!(sample::all(&pool).await.unwrap().is_empty());
}

/// The connection string itself, as the API returns it.
#[tokio::test]
async fn the_database_is_the_one_of_the_api() {
    let url = std::env::var("DATABASE_URL").unwrap();
    let pool = PgPool::connect(&url).await.unwrap();
    let (user, database): (String, String) =
        sqlx::query_as("SELECT current_user::text, current_database()::text")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!((user.as_str(), database.as_str()), ("neondb_owner", "neondb"));
}
