//! SQL over HTTP: who gets in, what is too much, and what ends with its client.

use std::time::Duration;

use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::sql::Sql;
use crate::support::{PATIENCE, Server, postgres, value};

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_connection_string_opens() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let rest = project.uri.split('@').nth(1).unwrap();
    for user in ["neondb_owner", "nobody", "cloud_admin", "postgres"] {
        let sql = Sql::new(&server, &format!("postgresql://{user}:wrong@{rest}"));
        let error = sql.error(400, "SELECT 1").await;
        let message = format!("password authentication failed for user '{user}'");
        assert_eq!(error["message"], message);
        // As in Neon, where the proxy and not the server refuses it.
        assert_eq!(
            (&error["code"], &error["severity"]),
            (&json!(""), &json!(""))
        );
    }
    let (before, _) = project.uri.split_once('?').unwrap();
    let with = |from: &str, to: &str| {
        assert!(project.uri.contains(from));
        project.uri.replace(from, to)
    };
    let other = server
        .done("POST", "/projects", json!({ "project": {} }))
        .await;
    let other = other["endpoints"][0]["id"].as_str().unwrap();
    for (uri, message) in [
        (
            with("/neondb?", "/other?"),
            "database \"other\" does not exist",
        ),
        (
            with(&project.endpoint, "ep-not-there-a1"),
            "endpoint not found",
        ),
        (
            with(&project.endpoint, other),
            "password authentication failed",
        ),
        (before.to_owned(), "the endpoint is not specified"),
        (with("postgresql:", "mysql:"), "incorrect scheme"),
        (
            format!("postgresql://neondb_owner@{rest}"),
            "missing authentication credentials",
        ),
        (String::new(), "invalid connection string"),
    ] {
        let error = Sql::new(&server, &uri).error(400, "SELECT 1").await;
        let found = error["message"].as_str().unwrap();
        assert!(found.contains(message), "{message}: {error}");
    }
    let error = Sql::new(&server, &with("/neondb?", "/other?"));
    assert_eq!(error.error(400, "SELECT 1").await["code"], "3D000");
    // The endpoint may also be in the name of the host, and the pooled one is the same.
    let host = server.running.postgres_address().unwrap().to_string();
    for name in ["", "-pooler"] {
        let named = format!("{}{name}.localhost", project.endpoint);
        let sql = Sql::new(&server, &before.replace(&host, &named));
        assert_eq!(
            sql.query("SELECT 1 AS n", json!([])).await["rows"][0]["n"],
            1
        );
    }
    let token = Sql::new(&server, &project.uri).with("authorization", "Bearer x");
    token.error(400, "SELECT 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_compute_is_woken() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let sql = Sql::new(&server, &project.uri);
    sql.query("CREATE TABLE t AS SELECT 'there' AS v", json!([]))
        .await;
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    server.until(&project, "idle").await;
    let result = sql.query("SELECT v FROM t", json!([])).await;
    assert_eq!(result["rows"], json!([{ "v": "there" }]));
    server.until(&project, "active").await;
    // A query that runs when it is suspended ends, and says so.
    let running = {
        let request = sql.request(json!({ "query": "SELECT pg_sleep(600)" }).to_string());
        tokio::spawn(request.send())
    };
    wait_for_sleepers(&project.uri, "1").await;
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    let response = running.await.unwrap().unwrap();
    assert_eq!(response.status(), 400);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["code"], "57P01", "{error}");
}

/// Waits until so many queries sleep.
async fn wait_for_sleepers(uri: &str, count: &str) {
    let sleepers = "SELECT count(*)::text FROM pg_stat_activity \
                    WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
    let reached = async {
        while value(uri, sleepers).await != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    reached.unwrap_or_else(|_| panic!("there are never {count} sleepers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_with_its_client() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let sql = Sql::new(&server, &project.uri);
    for body in [
        json!({ "query": "SELECT pg_sleep(600)" }),
        json!({ "queries": [{ "query": "CREATE TABLE t ()" }, { "query": "SELECT pg_sleep(600)" }] }),
    ] {
        let request = tokio::spawn(sql.request(body.to_string()).send());
        wait_for_sleepers(&project.uri, "1").await;
        request.abort();
        wait_for_sleepers(&project.uri, "0").await;
    }
    let left = sql
        .query("SELECT to_regclass('t')::text AS t", json!([]))
        .await;
    assert_eq!(left["rows"], json!([{ "t": null }]));
    // So does the one whose response is too large, which would sleep at its end.
    let large = "SELECT repeat('x', 1000000), CASE WHEN n > 20 THEN pg_sleep(600) END \
                 FROM generate_series(1, 21) n";
    sql.error(507, large).await;
    wait_for_sleepers(&project.uri, "0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    const LIMIT: usize = 10 * 1024 * 1024;
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let sql = Sql::new(&server, &project.uri);
    // As large as allowed, and one byte more.
    let frame = json!({ "query": "SELECT length($1)", "params": [""] }).to_string();
    for (more, status) in [(0, 200), (1, 413)] {
        let text = "x".repeat(LIMIT - frame.len() + more);
        let body = json!({ "query": "SELECT length($1)", "params": [text] }).to_string();
        assert_eq!(body.len(), LIMIT + more);
        let response = sql.request(body).send().await.unwrap();
        assert_eq!(response.status(), status);
        if status == 413 {
            let error: Value = response.json().await.unwrap();
            let message = "request is too large (max is 10485760 bytes)";
            assert_eq!(error["message"], message);
        }
    }
    let half = "SELECT repeat('x', 4 * 1024 * 1024) AS v FROM generate_series(1, 2)";
    assert_eq!(sql.query(half, json!([])).await["rowCount"], 2);
    let message = "response is too large (max is 10485760 bytes)";
    let endless = "SELECT * FROM generate_series(1, 5000) a, generate_series(1, 5000) b";
    assert_eq!(sql.error(507, endless).await["message"], message);
    // The bound is that of the whole response, and what was done is undone.
    let queries = ["CREATE TABLE t ()", half, half].map(|query| json!({ "query": query }));
    let (status, error, _) = sql.send(&json!({ "queries": queries })).await;
    assert_eq!((status, &error["message"]), (507, &json!(message)));
    let left = sql
        .query("SELECT to_regclass('t')::text AS t", json!([]))
        .await;
    assert_eq!(left["rows"], json!([{ "t": null }]));
}

/// The status of a request with these lines, and the response.
async fn raw(server: &Server, request: &str) -> (u16, String) {
    let address = server.running.postgres_address().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut response)).await;
    read.expect("it responds and closes").unwrap();
    let response = String::from_utf8(response).unwrap();
    let status = response.split(' ').nth(1).unwrap_or_default();
    (status.parse().unwrap_or_default(), response.to_lowercase())
}

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_are_kept_out_unless_they_are_let_in() {
    let Some(postgres) = postgres() else {
        return;
    };
    let builder = Emulator::builder()
        .allow_origin("http://app.test")
        .allow_host("db.test");
    let server = Server::start_with(builder, postgres).await.unwrap();
    let project = server.project().await;
    let body = json!({ "query": "SELECT 1" }).to_string();
    let post = |headers: &str| {
        format!(
            "POST /sql HTTP/1.1\r\nneon-connection-string: {}\r\nconnection: close\r\n\
             content-length: {}\r\n{headers}\r\n{body}",
            project.uri,
            body.len()
        )
    };
    for (headers, status) in [
        ("host: localhost\r\n", 200),
        ("host: db.test\r\n", 200),
        ("host: evil.test\r\n", 403),
        ("host: localhost\r\norigin: http://evil.test\r\n", 403),
        ("host: localhost\r\norigin: null\r\n", 403),
        ("host: localhost\r\norigin: http://app.test\r\n", 200),
    ] {
        let (found, response) = raw(&server, &post(headers)).await;
        assert_eq!(found, status, "{headers}: {response}");
        let is_shared = response.contains("access-control-allow-origin: http://app.test\r\n");
        assert_eq!(is_shared, headers.contains("app.test"), "{response}");
        assert!(!response.contains("allow-origin: *"));
    }
    let asks = |origin: &str| {
        format!(
            "OPTIONS /sql HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\nconnection: close\r\n\
             access-control-request-method: POST\r\n\r\n"
        )
    };
    let (status, response) = raw(&server, &asks("http://app.test")).await;
    assert_eq!(status, 200);
    for part in [
        "methods: post",
        "neon-connection-string",
        "neon-batch-deferrable",
    ] {
        assert!(response.contains(part), "{response}");
    }
    let (status, response) = raw(&server, &asks("http://evil.test")).await;
    assert_eq!(status, 403);
    assert!(!response.contains("access-control"), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_are_refused() {
    let Some(server) = Server::start().await else {
        return;
    };
    for (method, path) in [
        ("GET", "/sql"),
        ("POST", "/"),
        ("POST", "/sql/x"),
        ("PRI", "*"),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let (status, response) = raw(&server, &request).await;
        assert_eq!(status, 400, "{method} {path}");
        assert!(
            response.ends_with("\"query is not supported\""),
            "{response}"
        );
    }
    let request = "OPTIONS /sql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let (status, response) = raw(&server, request).await;
    assert_eq!(status, 200);
    assert!(response.contains("allow: options, post"), "{response}");
    let without = "POST /sql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   content-length: 2\r\n\r\n{}";
    let (status, response) = raw(&server, without).await;
    assert_eq!(status, 400);
    assert!(
        response.contains("invalid header: neon-connection-string"),
        "{response}"
    );
    let project = server.project().await;
    let sql = Sql::new(&server, &project.uri);
    for body in ["", "[]", "{}", "SELECT 1", "{\"query\": 1}"] {
        let response = sql.request(body).send().await.unwrap();
        assert_eq!(response.status(), 400, "{body}");
        let error: Value = response.json().await.unwrap();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with("could not parse the HTTP request body: "),
            "{message}"
        );
    }
    // What is not HTTP ends.
    let (status, _) = raw(&server, "HELLO\r\n\r\n").await;
    assert_eq!(status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_is_opened_for_programs_and_not_for_other_origins() {
    let Some(server) = Server::start().await else {
        return;
    };
    let upgrade = |more: &str| {
        format!(
            "GET /v2 HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\n{more}\r\n"
        )
    };
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let (status, _) = raw(
        &server,
        &upgrade(&format!("{key}origin: http://evil.test\r\n")),
    )
    .await;
    assert_eq!(status, 403);
    let (status, response) = raw(&server, &upgrade("connection: close\r\n")).await;
    assert_eq!(status, 400, "{response}");
    let address = server.running.postgres_address().unwrap();
    // A masked frame with text, and one that ends nowhere: the connection ends, and nothing else.
    for frame in [&[0x81, 0x81, 0, 0, 0, 0, b'x'][..], &[0x82, 0xff, 0xff]] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(upgrade(key).as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 101");
        stream.write_all(frame).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        // An end or a reset, but no waiting.
        let _ = read.expect("it hangs up");
        let rest = String::from_utf8_lossy(&rest).to_lowercase();
        assert!(
            rest.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
            "{rest}"
        );
    }
    let project = server.project().await;
    let sql = Sql::new(&server, &project.uri);
    sql.query("SELECT 1", json!([])).await;
}
