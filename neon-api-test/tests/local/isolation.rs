//! No test sees what another one does.

use futures_util::future::join_all;

use crate::support;

/// As many tests at the same time as there may be, each of which writes the same keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_tests_in_parallel_do_not_meet() {
    let Some(builder) = support::builder() else {
        return;
    };
    let builder = builder
        .migrations("tests/local/migrations")
        .seed("tests/local/seed.sql");
    let tests = (0..200).map(|number: i64| {
        let builder = builder.clone();
        tokio::spawn(builder.run(async move |db| {
            let client = db.tokio_postgres().await.unwrap();
            let write = "INSERT INTO account (id, owner, balance) VALUES (3, 'x', $1)";
            assert_eq!(client.execute(write, &[&number]).await.unwrap(), 1);
            let raise = "UPDATE account SET balance = balance + 1000 WHERE id = 3";
            assert_eq!(client.execute(raise, &[]).await.unwrap(), 1);
            let read = "SELECT id, balance FROM account ORDER BY id";
            let rows = client.query(read, &[]).await.unwrap();
            let rows: Vec<(i64, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            assert_eq!(rows, [(1, 100), (2, 0), (3, 1000 + number)]);
        }))
    });
    for ended in join_all(tests).await {
        ended.unwrap().unwrap();
    }
}
