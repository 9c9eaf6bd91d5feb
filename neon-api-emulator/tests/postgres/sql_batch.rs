//! SQL over HTTP: transactions.

use serde_json::json;

use crate::sql::{Sql, started};
use crate::support::run;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_a_transaction() {
    let Some((server, project)) = started().await else {
        return;
    };
    let sql = Sql::new(&server, &project.uri);
    let (status, result, headers) = sql
        .batch(&[
            "CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO t VALUES (1)",
            "SELECT id, current_setting('transaction_isolation') AS level FROM t",
        ])
        .await;
    assert_eq!(status, 200, "{result}");
    let results = result["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[1]["rowCount"], 1);
    assert_eq!(
        results[2]["rows"],
        json!([{ "id": 1, "level": "read committed" }])
    );
    assert!(
        !headers
            .keys()
            .any(|name| name.as_str().starts_with("neon-batch"))
    );
    let (status, result, _) = sql.batch(&[]).await;
    assert_eq!((status, result), (200, json!({ "results": [] })));

    // Of one that fails nothing remains, wherever it fails.
    for failing in ["SELECT 1/0", "SELEC", "INSERT INTO t VALUES (1)"] {
        let queries = ["INSERT INTO t VALUES (2)", "CREATE TABLE u ()", failing];
        let (status, result, _) = sql.batch(&queries).await;
        assert_eq!(status, 400, "{result}");
        assert!(result.get("results").is_none());
        let left = "SELECT count(*)::int AS n, to_regclass('u')::text AS u FROM t";
        assert_eq!(
            sql.rows(left, json!([])).await,
            json!([{ "n": 1, "u": null }])
        );
    }
    // The last one fails at the end of the transaction.
    let (_, result, _) = sql.batch(&["INSERT INTO t VALUES (1)"]).await;
    assert_eq!(result["code"], "23505");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_the_isolation_that_its_headers_name() {
    let Some((server, project)) = started().await else {
        return;
    };
    run(&project.uri, "CREATE TABLE t ()").await;
    let show = "SELECT current_setting('transaction_isolation') AS level, \
                current_setting('transaction_read_only') AS read_only, \
                current_setting('transaction_deferrable') AS deferrable";
    for (header, level) in [
        ("ReadUncommitted", "read uncommitted"),
        ("ReadCommitted", "read committed"),
        ("RepeatableRead", "repeatable read"),
        ("Serializable", "serializable"),
    ] {
        let sql = Sql::new(&server, &project.uri).with("neon-batch-isolation-level", header);
        let (_, result, headers) = sql.batch(&[show]).await;
        let expected = json!([{ "level": level, "read_only": "off", "deferrable": "off" }]);
        assert_eq!(result["results"][0]["rows"], expected);
        assert_eq!(headers["neon-batch-isolation-level"], header);
    }
    let all = Sql::new(&server, &project.uri)
        .with("neon-batch-isolation-level", "Serializable")
        .with("neon-batch-read-only", "true")
        .with("neon-batch-deferrable", "true");
    let (_, result, headers) = all.batch(&[show]).await;
    let expected = json!([{ "level": "serializable", "read_only": "on", "deferrable": "on" }]);
    assert_eq!(result["results"][0]["rows"], expected);
    assert_eq!(headers["neon-batch-read-only"], "true");
    assert_eq!(headers["neon-batch-deferrable"], "true");
    let (status, result, _) = all.batch(&["DELETE FROM t"]).await;
    assert_eq!((status, &result["code"]), (400, &json!("25006")));
    // A single query is no batch.
    let (_, result, headers) = all.send(&json!({ "query": show })).await;
    assert_eq!(result["rows"][0]["read_only"], "off");
    assert!(headers.get("neon-batch-read-only").is_none());
    let wrong = Sql::new(&server, &project.uri).with("neon-batch-isolation-level", "serializable");
    assert_eq!(
        wrong.error(400, "SELECT 1").await["message"],
        "invalid isolation level"
    );
    // A later transaction is not affected, and one ends by its own timeout.
    let sql = Sql::new(&server, &project.uri);
    let queries = ["SET LOCAL statement_timeout = 50", "SELECT pg_sleep(600)"];
    let (status, result, _) = sql.batch(&queries).await;
    assert_eq!((status, &result["code"]), (400, &json!("57014")));
}
