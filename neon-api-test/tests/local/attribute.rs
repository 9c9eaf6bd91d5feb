//! The attribute.

use neon_api_test::TestDb;

#[neon_api_test::branch(backend = "skip")]
async fn a_test_has_a_database_of_its_own(db: TestDb) {
    let client = db.tokio_postgres().await.unwrap();
    client.batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await.unwrap();
    let row = client.query_one("SELECT current_user, current_database(), count(*) FROM t GROUP BY 1, 2", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), row.get::<_, String>(1).as_str());
}

#[neon_api_test::branch(backend = "skip", isolation = "branch")]
async fn a_test_has_a_server_of_its_own(db: TestDb) {
    let client = db.tokio_postgres().await.unwrap();
    client.batch_execute("CREATE DATABASE another").await.unwrap();
}
