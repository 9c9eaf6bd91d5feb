//! Computes are processes: they start with a connection, and are suspended without.

use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::{Server, connect, run, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_compute_ends_its_sessions_and_is_woken_by_a_connection() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'there' AS v").await;
    let mut open = connect(&project.uri).await;
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    server.until(&project, "idle").await;
    let error = open.execute("SELECT 1").await.unwrap_err();
    let code = error
        .as_database_error()
        .and_then(|e| e.code().map(std::borrow::Cow::into_owned));
    assert_eq!(code.as_deref(), Some("57P01"), "{error}");

    let before = starts(&server, &project.id).await;
    assert_eq!(value(&project.uri, "SELECT v FROM t").await, "there");
    server.until(&project, "active").await;
    assert_eq!(starts(&server, &project.id).await, before + 1);
}

/// How many operations started a compute, and finished.
async fn starts(server: &Server, project: &str) -> usize {
    let path = format!("/projects/{project}/operations");
    let (_, value) = server.ask("GET", &path, Value::Null).await;
    let all = value["operations"].as_array().unwrap().iter();
    all.filter(|o| o["action"] == "start_compute" && o["status"] == "finished")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_wake_a_compute_once() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    let before = starts(&server, &project.id).await;
    let clients = (0..20).map(|_| {
        let uri = project.uri.clone();
        tokio::spawn(async move { value(&uri, "SELECT 'woken'").await })
    });
    for client in clients.collect::<Vec<_>>() {
        assert_eq!(client.await.unwrap(), "woken");
    }
    assert_eq!(starts(&server, &project.id).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeout_counts_from_the_last_connection() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let mut open = connect(&project.uri).await;
    let asked = json!({ "endpoint": { "suspend_timeout_seconds": 1 } });
    server.done("PATCH", &project.of_endpoint(""), asked).await;
    // Longer than the timeout, by the server's own clock: a connection keeps the compute awake.
    open.execute("SELECT pg_sleep(2.5)").await.unwrap();
    let (_, shown) = server
        .ask("GET", &project.of_endpoint(""), Value::Null)
        .await;
    assert_eq!(shown["endpoint"]["current_state"], "active");
    drop(open);
    server.until(&project, "idle").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_a_new_process() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let began = "SELECT pg_postmaster_start_time()::text";
    let first = value(&project.uri, began).await;
    server
        .done("POST", &project.of_endpoint("/restart"), Value::Null)
        .await;
    assert_ne!(value(&project.uri, began).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_endpoint_reads_and_does_not_write() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'seen' AS v").await;
    let asked = json!({ "endpoint": { "branch_id": project.branch, "type": "read_only" } });
    let path = format!("/projects/{}/endpoints", project.id);
    let made = server.done("POST", &path, asked).await;
    let id = made["endpoint"]["id"].as_str().unwrap().to_owned();
    let uri = project.uri.replace(&project.endpoint, &id);
    assert_eq!(value(&uri, "SELECT v FROM t").await, "seen");
    let mut reader = connect(&uri).await;
    let error = reader.execute("DELETE FROM t").await.unwrap_err();
    assert!(
        error.to_string().contains("read-only transaction"),
        "{error}"
    );
    // It is suspended alone: its sessions end, those of the other endpoint do not.
    let mut writer = connect(&project.uri).await;
    let path = format!("/projects/{}/endpoints/{id}/suspend", project.id);
    server.done("POST", &path, Value::Null).await;
    assert!(reader.execute("SELECT 1").await.is_err());
    writer.execute("SELECT 1").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashed_is_started_again() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'survives' AS v").await;
    let pid = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)";
    // No role may read the server's files: the process is found by its arguments.
    assert!(connect(&project.uri).await.fetch_one(pid).await.is_err());
    let pid = process_of(&project.branch);
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid])
        .status();
    assert!(killed.unwrap().success());
    while std::path::Path::new(&format!("/proc/{pid}/exe")).exists() {
        tokio::task::yield_now().await;
    }
    assert_eq!(value(&project.uri, "SELECT v FROM t").await, "survives");
}

/// The process ID of the server in this branch's data directory.
pub(crate) fn process_of(branch: &str) -> String {
    let all = processes_of(branch);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

/// Those whose arguments contain this; not what they have just forked, which has the same arguments
/// for a moment.
pub(crate) fn processes_of(part: &str) -> Vec<String> {
    let all = with_argument(part);
    // `None` for one that has ended since.
    let parent = |id: &String| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        Some(line.trim().to_owned())
    };
    let is_first = |id: &&String| parent(id).is_some_and(|parent| !all.contains(&parent));
    all.iter().filter(is_first).cloned().collect()
}

fn with_argument(part: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let is_its = |path: std::path::PathBuf| {
        let arguments = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).into_owned();
        let mut arguments = arguments.split('\0');
        arguments
            .next()
            .is_some_and(|name| name.ends_with("/postgres"))
            && arguments.any(|argument| argument.contains(part))
    };
    let found = entries.filter(|entry| is_its(entry.path()));
    found
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
