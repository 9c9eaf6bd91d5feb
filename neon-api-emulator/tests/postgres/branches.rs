//! Branches are copies, whatever happens to their parents.

use serde_json::{Value, json};
use sqlx::Connection;

use crate::support::{PATIENCE, Server, connect, run, text, value};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_is_copied_while_it_is_written_to_and_nobody_is_disconnected() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(
        &project.uri,
        "CREATE TABLE pairs (id int PRIMARY KEY, a text, b text)",
    )
    .await;
    let uri = project.uri.clone();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    // One connection that writes all the time: both columns are always equal.
    let writer = tokio::spawn(async move {
        let mut connection = connect(&uri).await;
        let mut id = 0;
        while stopped.try_recv().is_err() {
            id += 1;
            let text = format!("row {id} {}", "x".repeat(2000));
            let insert = "INSERT INTO pairs VALUES ($1, $2, '')";
            let update = "UPDATE pairs SET b = a WHERE id = $1";
            let mut change = connection.begin().await.unwrap();
            let insert = sqlx::query(insert).bind(id).bind(text);
            insert.execute(&mut *change).await.unwrap();
            sqlx::query(update)
                .bind(id)
                .execute(&mut *change)
                .await
                .unwrap();
            change.commit().await.unwrap();
        }
        id
    });
    for n in 0..3 {
        let name = format!("dev-{n}");
        let (_, uri) = server.branch(&project, json!({ "name": name })).await;
        let wrong = "SELECT count(*)::text FROM pairs WHERE a <> b";
        assert_eq!(value(&uri, wrong).await, "0");
        let gaps = "SELECT (max(id) - count(*))::text FROM pairs";
        assert_eq!(
            value(&uri, gaps).await,
            "0",
            "a prefix of what was committed"
        );
        // The index agrees with the table.
        let found = "SET enable_seqscan = off; SELECT 1";
        run(&uri, found).await;
    }
    stop.send(()).unwrap();
    let written = writer.await.unwrap();
    let all = "SELECT count(*)::text FROM pairs";
    assert_eq!(value(&project.uri, all).await, written.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_over_the_parent_again_and_a_backup_keeps_what_was_there() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 1 AS v").await;
    let (dev, uri) = server.branch(&project, json!({ "name": "dev" })).await;
    run(&uri, "UPDATE t SET v = 2").await;
    run(&project.uri, "UPDATE t SET v = 3").await;
    let path = format!("/projects/{}/branches/{dev}/restore", project.id);
    let asked = json!({ "source_branch_id": project.branch, "preserve_under_name": "backup" });
    server.done("POST", &path, asked).await;
    assert_eq!(value(&uri, "SELECT v::text FROM t").await, "3");

    let list = format!("/projects/{}/branches", project.id);
    let (_, list) = server.ask("GET", &list, Value::Null).await;
    let branches = list["branches"].as_array().unwrap();
    let backup = branches.iter().find(|b| b["name"] == "backup").unwrap();
    let asked = json!({ "endpoint": { "branch_id": backup["id"], "type": "read_write" } });
    let path = format!("/projects/{}/endpoints", project.id);
    let made = server.done("POST", &path, asked).await;
    let uri = uri.replace(
        uri.split("endpoint%3D").nth(1).unwrap(),
        &text(&made["endpoint"], "id"),
    );
    assert_eq!(value(&uri, "SELECT v::text FROM t").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_only_branch_has_tables_and_roles_but_no_rows() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let made = "CREATE TABLE t (v int PRIMARY KEY); INSERT INTO t VALUES (1);
                CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'";
    run(&project.uri, made).await;
    let asked = json!({ "name": "schema", "init_source": "schema-only" });
    let (_, uri) = server.branch(&project, asked).await;
    assert_eq!(value(&uri, "SELECT count(*)::text FROM t").await, "0");
    assert_eq!(value(&uri, "SELECT twice(21)::text").await, "42");
    run(&uri, "INSERT INTO t VALUES (7)").await;
    assert_eq!(
        value(&project.uri, "SELECT count(*)::text FROM t").await,
        "1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn points_in_time_that_are_not_kept_are_refused() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let now = chrono::Utc::now().to_rfc3339();
    for branch in [
        json!({ "name": "dev", "parent_timestamp": now }),
        json!({ "name": "dev", "parent_lsn": "0/1DE2850" }),
    ] {
        let path = format!("/projects/{}/branches", project.id);
        let (status, value) = server.ask("POST", &path, json!({ "branch": branch })).await;
        assert_eq!(status, 422, "{value}");
        let message = text(&value, "message");
        assert!(
            message.ends_with("is before the project's history begins"),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logical_size_is_that_of_the_databases() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let size = async || {
        let (_, value) = server.ask("GET", &project.of_branch(""), Value::Null).await;
        value["branch"]["logical_size"].as_i64().unwrap()
    };
    let empty = size().await;
    let fill =
        "CREATE TABLE t AS SELECT repeat(md5(n::text), 100) FROM generate_series(1, 10000) n;
                ALTER TABLE t ALTER repeat SET STORAGE EXTERNAL; CREATE TABLE u AS TABLE t;
                CREATE TABLE big AS SELECT n, md5(n::text) FROM generate_series(1, 100000) n";
    run(&project.uri, fill).await;
    let databases = "SELECT sum(pg_database_size(oid))::text FROM pg_database";
    let real: i64 = value(&project.uri, databases).await.parse().unwrap();
    let grown = async {
        while size().await < real - 1_000_000 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, grown)
        .await
        .expect("the size follows");
    let shown = size().await;
    assert!(
        shown > empty + 5_000_000 && shown < real + 4_000_000,
        "{empty} {shown} {real}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_leaves_nothing_on_the_disk() {
    let Some(postgres) = crate::support::postgres() else {
        return;
    };
    let folder = std::env::temp_dir().join(format!("pg-deleted-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let postgres = postgres.data_folder(&folder);
    let builder = neon_api_emulator::Emulator::builder();
    let server = Server::start_with(builder, postgres).await.unwrap();
    let project = server.project().await;
    let (dev, uri) = server.branch(&project, json!({ "name": "dev" })).await;
    run(&uri, "SELECT 1").await;
    let run_folder = std::fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(run_folder.join(&dev).is_dir());
    let path = format!("/projects/{}/branches/{dev}", project.id);
    server.done("DELETE", &path, Value::Null).await;
    assert!(!run_folder.join(&dev).exists());
    drop(server);
    assert!(std::fs::read_dir(&folder).unwrap().next().is_none());
    std::fs::remove_dir(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_branches_of_one_parent_are_made_at_once() {
    let Some(postgres) = crate::support::postgres() else {
        return;
    };
    let builder = neon_api_emulator::Emulator::builder().conflicts(false);
    let server = Server::start_with(builder, postgres).await.unwrap();
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'shared' AS v").await;
    let path = format!("/projects/{}/branches", project.id);
    let mut made = Vec::new();
    for n in 0..8 {
        let name = json!({ "name": format!("dev-{n}") });
        let asked = json!({ "branch": name, "endpoints": [{ "type": "read_write" }] });
        let (status, value) = server.ask("POST", &path, asked).await;
        assert_eq!(status, 201, "{value}");
        made.push(value);
    }
    for made in &made {
        let uri = text(&made["connection_uris"][0], "connection_uri");
        assert_eq!(value(&uri, "SELECT v FROM t").await, "shared");
        for operation in made["operations"].as_array().unwrap() {
            assert_eq!(server.operation(operation).await["status"], "finished");
        }
    }
}
