//! What fails, fails as an operation.

use std::sync::{Arc, Mutex};

use neon_api_emulator::{Emulator, OperationFault, Postgres, PostgresError};
use serde_json::{Value, json};

use crate::support::{Server, postgres, run, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_postgres_fails_the_operation_and_is_logged() {
    let Some(postgres) = postgres() else {
        return;
    };
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let postgres = postgres.on_failure(move |line| log.lock().unwrap().push(line.to_owned()));
    let server = Server::start_with(Emulator::builder(), postgres)
        .await
        .unwrap();
    let project = server.project().await;
    run(&project.uri, "CREATE DATABASE taken").await;
    // A database cannot take the name of one that the API does not know.
    let asked = json!({ "database": { "name": "taken" } });
    let path = project.of_branch("/databases/neondb");
    let (status, changed) = server.ask("PATCH", &path, asked).await;
    assert_eq!(status, 200, "{changed}");
    let ended = server.operation(&changed["operations"][0]).await;
    assert_eq!(ended["status"], "failed");
    let message = ended["error"].as_str().unwrap();
    assert!(message.contains("already exists"), "{message}");
    let lines = lines.lock().unwrap().join("\n");
    assert!(lines.contains(message), "{lines}");
    assert!(!lines.contains("npg_"), "no password: {lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injected_failure_keeps_a_compute_from_starting_and_the_next_connection_starts_it() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    let faults = server.running.emulator().faults();
    faults.inject_operation(
        OperationFault::fail("out of luck")
            .on("start_compute")
            .times(1),
    );
    let (_, started) = server
        .ask("POST", &project.of_endpoint("/start"), Value::Null)
        .await;
    let ended = server.operation(&started["operations"][0]).await;
    assert_eq!(ended["status"], "failed");
    server.until(&project, "idle").await;
    assert_eq!(value(&project.uri, "SELECT 'up'").await, "up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_project_is_recovered_with_its_data_while_they_are_kept() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t AS SELECT 'back' AS v").await;
    let path = format!("/projects/{}", project.id);
    server.done("DELETE", &path, Value::Null).await;
    server
        .done("POST", &format!("{path}/recover"), Value::Null)
        .await;
    assert_eq!(value(&project.uri, "SELECT v FROM t").await, "back");

    server.done("DELETE", &path, Value::Null).await;
    let emulator = server.running.emulator();
    for n in 0..16 {
        let other = emulator
            .seed(|seed| seed.project(&format!("p{n}")))
            .unwrap();
        let path = format!("/projects/{}", other.project.id);
        server.done("DELETE", &path, Value::Null).await;
    }
    let (status, refused) = server
        .ask("POST", &format!("{path}/recover"), Value::Null)
        .await;
    assert_eq!(status, 422, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seeded_project_can_be_connected_to_at_once() {
    let Some(server) = Server::start().await else {
        return;
    };
    let seeded = server
        .running
        .emulator()
        .seed(|seed| seed.project("seeded"));
    let seeded = seeded.unwrap();
    assert!(
        seeded
            .operations
            .iter()
            .all(|o| o.status.to_string() == "finished")
    );
    let uri = seeded.connection_uris[0].connection_uri.expose();
    assert_eq!(value(uri, "SELECT 'at once'").await, "at once");
}

#[tokio::test]
async fn a_folder_without_postgres_is_refused() {
    let error = Postgres::in_folder("/nowhere").unwrap_err();
    assert!(matches!(error, PostgresError::Unusable(..)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_is_refused() {
    let Some(postgres) = postgres() else {
        return;
    };
    let error = Emulator::builder()
        .postgres(postgres)
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, PostgresError::PausedClock), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_is_refused_to_root() {
    let Some(postgres) = postgres() else {
        return;
    };
    match Emulator::builder()
        .postgres(postgres.user("nobody-here"))
        .start()
        .await
    {
        Err(error) => assert!(matches!(error, PostgresError::NoUser(_)), "{error}"),
        // Not root: the user does not matter.
        Ok(server) => drop(server),
    }
}
