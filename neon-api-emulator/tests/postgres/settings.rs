//! Settings of the API are those of the servers.

use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::{Server, connect, run, value};

/// The message of an operation that fails.
async fn failure(server: &Server, path: &str, body: Value) -> String {
    let (status, made) = server.ask("PATCH", path, body).await;
    assert!(status < 300, "{made}");
    let ended = server.operation(&made["operations"][0]).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    ended["error"].as_str().unwrap().to_owned()
}

fn pg_settings(settings: &Value) -> Value {
    json!({ "endpoint": { "settings": { "pg_settings": settings } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_projects_and_endpoints_are_those_of_the_server() {
    let Some(server) = Server::start().await else {
        return;
    };
    let settings = json!({ "pg_settings": { "work_mem": "7MB", "geqo_threshold": "13" } });
    let asked = json!({ "project": { "default_endpoint_settings": settings } });
    let made = server.done("POST", "/projects", asked).await;
    let project = crate::support::Project::of(&made);
    assert_eq!(value(&project.uri, "SHOW work_mem").await, "7MB");

    let asked =
        pg_settings(&json!({ "work_mem": "9MB", "max_connections": "42", "my.own": "x y" }));
    let mut open = connect(&project.uri).await;
    server.done("PATCH", &project.of_endpoint(""), asked).await;
    assert!(open.execute("SELECT 1").await.is_err(), "it was restarted");
    let shown = [
        ("work_mem", "9MB"),
        ("geqo_threshold", "13"),
        ("max_connections", "42"),
        ("my.own", "x y"),
    ];
    for (name, expected) in shown {
        assert_eq!(value(&project.uri, &format!("SHOW {name}")).await, expected);
    }
    // Nothing is restarted for what changes nothing.
    let mut open = connect(&project.uri).await;
    let asked = json!({ "endpoint": { "suspend_timeout_seconds": 600 } });
    server.done("PATCH", &project.of_endpoint(""), asked).await;
    open.execute("SELECT 1").await.unwrap();
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    assert_eq!(value(&project.uri, "SHOW max_connections").await, "42");
    // Another branch has an endpoint of its own, with what the project says.
    let (_, uri) = server.branch(&project, json!({ "name": "dev" })).await;
    assert_eq!(value(&uri, "SHOW work_mem").await, "7MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_fails_that_applies_what_the_server_refuses() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let path = project.of_endpoint("");
    for (settings, message) in [
        (
            json!({ "listen_addresses": "*" }),
            "\"listen_addresses\" cannot be changed here",
        ),
        (json!({ "no_such_setting": "1" }), "no_such_setting"),
        (json!({ "work_mem": "much" }), "work_mem"),
    ] {
        let found = failure(&server, &path, pg_settings(&settings)).await;
        assert!(found.contains(message), "{found}");
    }
    // It is as good as new with other settings.
    let asked = pg_settings(&json!({ "work_mem": "5MB" }));
    server.done("PATCH", &path, asked).await;
    assert_eq!(value(&project.uri, "SHOW work_mem").await, "5MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn logical_replication_is_a_setting_of_the_project() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    assert_eq!(value(&project.uri, "SHOW wal_level").await, "replica");
    let asked = json!({ "project": { "settings": { "enable_logical_replication": true } } });
    let path = format!("/projects/{}", project.id);
    server.done("PATCH", &path, asked).await;
    assert_eq!(value(&project.uri, "SHOW wal_level").await, "logical");
    run(
        &project.uri,
        "CREATE TABLE t (v text); CREATE PUBLICATION p FOR TABLE t",
    )
    .await;
    let slot = "SELECT slot_name::text FROM pg_create_logical_replication_slot('s', 'pgoutput')";
    assert_eq!(value(&project.uri, slot).await, "s");
    run(&project.uri, "INSERT INTO t VALUES ('seen')").await;
    let changes = "SELECT count(*)::text FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL, \
                   'proto_version', '1', 'publication_names', 'p')";
    assert_ne!(value(&project.uri, changes).await, "0");
    // Branches start with what slots of the parent need, also those with only a schema, which is
    // read while the parent is suspended.
    let (_, uri) = server.branch(&project, json!({ "name": "dev" })).await;
    assert_eq!(value(&uri, "SELECT v FROM t").await, "seen");
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    let body = json!({ "name": "schema", "init_source": "schema-only" });
    let (_, uri) = server.branch(&project, body).await;
    assert_eq!(value(&uri, "SELECT count(*)::text FROM t").await, "0");
    assert_ne!(value(&project.uri, changes).await, "0");
}
