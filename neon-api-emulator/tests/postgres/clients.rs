//! Clients connect with the API's connection strings as they are.

use serde_json::Value;
use sqlx::Executor;
use tokio::process::Command;
use tokio_postgres::{Config, NoTls};

use crate::support::{PATIENCE, Server, connect, text, value};

#[tokio::test(flavor = "multi_thread")]
async fn connection_strings_name_the_endpoint_and_nothing_that_needs_a_certificate() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let address = server.running.postgres_address().unwrap();
    let rest = format!("@{address}/neondb?options=endpoint%3D{}", project.endpoint);
    assert!(project.uri.ends_with(&rest), "an unexpected form");
    let path = format!(
        "/projects/{}/connection_uri?role_name=neondb_owner&database_name=neondb",
        project.id
    );
    let (_, pooled) = server.ask("GET", &path, Value::Null).await;
    let pooled = text(&pooled, "uri");
    assert_eq!(pooled, format!("{}-pooler", project.uri));
    for uri in [&project.uri, &pooled] {
        assert_eq!(value(uri, "SELECT 'sqlx'").await, "sqlx");
        let config: Config = uri.parse().unwrap();
        let (client, connection) = config.connect(NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let row = client
            .query_one("SELECT 'tokio-postgres'", &[])
            .await
            .unwrap();
        assert_eq!(row.get::<_, &str>(0), "tokio-postgres");
        drop(client);
        connection.await.unwrap().unwrap();
        let encrypted = format!("{uri}&sslmode=require");
        let is_encrypted = value(&encrypted, "SELECT 'encrypted'").await;
        assert_eq!(is_encrypted, "encrypted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_connects_and_its_other_options_are_kept() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let psql = async |uri: &str, sql: &str| {
        let mut command = Command::new("psql");
        command.args(["-XAtq", uri, "-c", sql]);
        let Ok(output) = command.output().await else {
            eprintln!("!!! SKIPPED: there is no psql here");
            return None;
        };
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    for mode in ["disable", "prefer", "require"] {
        let uri = format!("{}&sslmode={mode}", project.uri);
        if let Some(printed) = psql(&uri, "SELECT 6 * 7").await {
            assert_eq!(printed, "42", "{mode}");
        }
    }
    let uri = format!(
        "{}%20-c%20search_path%3Dapp%20-c%20work_mem%3D8MB",
        project.uri
    );
    let settings = "SELECT current_setting('search_path'), current_setting('work_mem')";
    if let Some(printed) = psql(&uri, settings).await {
        assert_eq!(printed, "app|8MB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_name_of_tls_names_the_endpoint_as_well() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let address = server.running.postgres_address().unwrap();
    let (login, _) = project.uri.split_once('@').unwrap();
    let host = format!("{}-pooler.localhost", project.endpoint);
    let mut command = Command::new("psql");
    let uri = format!(
        "{login}@{host}:{}/neondb?sslmode=require&hostaddr=127.0.0.1",
        address.port()
    );
    let Ok(output) = command
        .args(["-XAtq", &uri, "-c", "SELECT 6 * 7"])
        .output()
        .await
    else {
        eprintln!("!!! SKIPPED: there is no psql here");
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "42",
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_cancelled() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let config: Config = project.uri.parse().unwrap();
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let token = client.cancel_token();
    let mut watcher = connect(&project.uri).await;
    let query = tokio::spawn(async move { client.batch_execute("SELECT pg_sleep(600)").await });
    let cancelled = async {
        loop {
            let busy = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' \
                        AND wait_event = 'PgSleep'";
            if watcher.fetch_optional(busy).await.unwrap().is_some() {
                break;
            }
        }
        token.cancel_query(NoTls).await.unwrap();
        query.await.unwrap().unwrap_err()
    };
    let error = tokio::time::timeout(PATIENCE, cancelled)
        .await
        .expect("it ends");
    assert_eq!(
        error.code().map(tokio_postgres::error::SqlState::code),
        Some("57014")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_talks_nonsense_is_hung_up_on() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let Some(server) = Server::start().await else {
        return;
    };
    let address = server.running.postgres_address().unwrap();
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0, 0, 0, 8, 0, 2, 0, 0],
        &[0, 0, 0, 9, 0, 3, 0, 0, 1],
        &[0, 0, 0, 0, 0, 0, 0, 0],
        &[0x16, 3, 1, 0, 1, 0],
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        // An end or a reset, but no waiting.
        let _ = read.expect("it hangs up");
    }
}
