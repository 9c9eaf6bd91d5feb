//! Snapshots are kept copies.

use serde_json::{Value, json};

use crate::support::{Server, run, text, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_keeps_what_the_branch_had_and_takes_its_place_again() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'kept' AS v").await;
    let made = server
        .done("POST", &project.of_branch("/snapshot?name=s"), Value::Null)
        .await;
    let snapshot = text(&made["snapshot"], "id");
    run(&project.uri, "DROP TABLE t").await;

    let path = format!("/projects/{}/snapshots/{snapshot}/restore", project.id);
    server
        .done("POST", &path, json!({ "finalize_restore": true }))
        .await;
    // The endpoint is the same, and its branch another.
    assert_eq!(value(&project.uri, "SELECT v FROM t").await, "kept");

    let path = format!("/projects/{}/snapshots/{snapshot}", project.id);
    server.done("DELETE", &path, Value::Null).await;
    assert_eq!(value(&project.uri, "SELECT v FROM t").await, "kept");
}
