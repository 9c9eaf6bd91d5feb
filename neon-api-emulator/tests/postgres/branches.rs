//! Branches are copies, whatever happens to their parents.

use serde_json::json;

use crate::support::{Server, run, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_has_what_its_parent_had_and_nothing_of_what_comes_after() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'before' AS v").await;
    let (_, uri) = server.branch(&project, json!({ "name": "dev" })).await;
    run(&project.uri, "UPDATE t SET v = 'parent'").await;
    assert_eq!(value(&uri, "SELECT v FROM t").await, "before");
    run(&uri, "UPDATE t SET v = 'branch'").await;
    assert_eq!(value(&project.uri, "SELECT v FROM t").await, "parent");
}
