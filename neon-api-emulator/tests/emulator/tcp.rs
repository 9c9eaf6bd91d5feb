//! Over real sockets. Nothing here waits for time to pass.

use std::sync::Arc;
use std::time::Duration;

use neon_api_emulator::{Emulator, Fault};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// Looks until it is so; what other tasks do is all that it waits for.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..100_000 {
        if so().await {
            return;
        }
        yield_now().await;
    }
    panic!("{what} did not happen");
}

#[tokio::test]
async fn a_whole_life() {
    let server = Emulator::builder()
        .operation_latency(Duration::ZERO..=Duration::ZERO)
        .start()
        .await
        .unwrap();
    let (http, base) = (Client::new(), server.base_url().to_owned());
    assert!(base.starts_with("http://127.0.0.1:") && base.ends_with("/api/v2"));
    let made = http
        .post(format!("{base}/projects"))
        .bearer_auth("k")
        .json(&json!({ "project": { "name": "app" } }))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(
        made.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    let made: Value = made.json().await.unwrap();
    let project = format!(
        "{base}/projects/{}",
        made["project"]["id"].as_str().unwrap()
    );
    let get = async |url: String| -> Value {
        let answer = http.get(url).bearer_auth("k").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    };
    for operation in made["operations"].as_array().unwrap() {
        let id = operation["id"].as_str().unwrap();
        let shown = get(format!("{project}/operations/{id}")).await;
        assert_eq!(shown["operation"]["status"], "finished");
    }
    let branch = http
        .post(format!("{project}/branches"))
        .bearer_auth("k")
        .send()
        .await
        .unwrap();
    assert_eq!(branch.status(), StatusCode::CREATED);
    let branch: Value = branch.json().await.unwrap();
    let id = branch["branch"]["id"].as_str().unwrap();
    for expected in [StatusCode::OK, StatusCode::NO_CONTENT] {
        let gone = http
            .delete(format!("{project}/branches/{id}"))
            .bearer_auth("k");
        let gone = gone.send().await.unwrap();
        assert_eq!(gone.status(), expected);
    }
    let uri = format!("{project}/connection_uri?database_name=neondb&role_name=neondb_owner");
    let uri = get(uri).await;
    let uri = uri["uri"].as_str().unwrap();
    assert!(uri.starts_with("postgresql://neondb_owner:npg_"));
    assert_eq!(server.emulator().count("deleteProjectBranch"), 2);
}

#[tokio::test]
async fn an_upload_and_a_download() {
    let server = Emulator::start().await.unwrap();
    let (http, base) = (Client::new(), server.base_url());
    let body = json!({ "project": {} });
    let made = http.post(format!("{base}/projects")).bearer_auth("k");
    let made: Value = made.json(&body).send().await.unwrap().json().await.unwrap();
    let id = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap();
    let (project, branch) = (id("/project/id"), id("/branch/id"));
    let branch = format!("{base}/projects/{project}/branches/{branch}");
    let part = "Content-Disposition: form-data; name=\"zip\"; filename=\"f.zip\"";
    let content = "x".repeat(5_000_000);
    let form = format!("--x\r\n{part}\r\n\r\n{content}\r\n--x--\r\n");
    let upload = http
        .post(format!("{branch}/functions/f/deployments"))
        .bearer_auth("k")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(form);
    assert_eq!(upload.send().await.unwrap().status(), StatusCode::CREATED);
    let download = http
        .get(format!("{branch}/buckets/x/objects/a%2Fb/download"))
        .bearer_auth("k");
    let download = download.send().await.unwrap();
    assert_eq!(
        download.headers()["content-type"],
        "application/octet-stream"
    );
}

/// The port, the connections, the tasks and the state.
#[tokio::test]
async fn dropping_it_frees_everything() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let (held, before) = (Arc::new(()), tasks());
    let of_emulator = Arc::clone(&held);
    let builder = Emulator::builder().on_request(move |_| {
        let _ = &of_emulator;
    });
    let server = builder.start().await.unwrap();
    let address = server.address();
    // One idle connection, one in the middle of a request.
    let mut idle = TcpStream::connect(address).await.unwrap();
    let request =
        b"GET /api/v2/regions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\n\r\n";
    idle.write_all(request).await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut halfway = TcpStream::connect(address).await.unwrap();
    halfway.write_all(&request[..20]).await.unwrap();
    until("both are served", async || tasks() == before + 3).await;
    assert_eq!(Arc::strong_count(&held), 2);

    drop(server);
    until("the tasks end", async || tasks() == before).await;
    assert_eq!(Arc::strong_count(&held), 1, "the state is gone");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is closed"
    );
    for mut connection in [idle, halfway] {
        // An end or a reset, but no waiting for more.
        connection.read_to_end(&mut Vec::new()).await.ok();
    }
    let again = Emulator::builder().bind(address).await;
    assert!(again.is_ok(), "the port is free");
}

#[tokio::test]
async fn the_state_outlives_the_server_where_it_is_held() {
    let server = Emulator::start().await.unwrap();
    let emulator = server.emulator().clone();
    emulator.seed(|seed| seed.project("app")).unwrap();
    drop(server);
    assert_eq!(emulator.state().projects().len(), 1);
    let again = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let url = format!("{}/projects", again.base_url());
    let answer = Client::new()
        .get(url)
        .bearer_auth("k")
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["projects"][0]["name"], "app");
}

#[tokio::test(start_paused = true)]
async fn shutdown_lets_requests_finish() {
    let server = Emulator::start().await.unwrap();
    let slow = Fault::delay(Duration::from_secs(4));
    server.emulator().faults().inject(slow);
    let url = format!("{}/regions", server.base_url());
    let asking = tokio::spawn(Client::new().get(url).bearer_auth("k").send());
    let faults = server.emulator().faults();
    until("the request comes", async || faults.remaining() == 0).await;
    server.shutdown().await;
    assert_eq!(asking.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let server = Emulator::start().await.unwrap();
    let second = Emulator::builder().bind(server.address()).await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

/// A request on a connection of its own.
async fn status_of(address: std::net::SocketAddr, sent: &[u8]) -> (String, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.get(9..12).unwrap().to_owned();
    assert!(head.contains("x-neon-ret-request-id: abc"), "{head}");
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let server = Emulator::start().await.unwrap();
    let head = "POST /api/v2/projects HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\n\
                x-request-id: abc\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let broken = format!("{head}transfer-encoding: chunked\r\n\r\nnot a length\r\n");
    let (status, body) = status_of(server.address(), broken.as_bytes()).await;
    assert_eq!(status, "400");
    let expected = json!({
        "code": "", "message": "the body could not be read", "request_id": "abc",
    });
    assert_eq!(body, expected);

    let size = 64 * 1024 * 1024 + 1;
    let mut large = format!("{head}content-length: {size}\r\n\r\n").into_bytes();
    large.resize(large.len() + size, b' ');
    let (status, body) = status_of(server.address(), &large).await;
    assert_eq!(
        (status.as_str(), &body["request_id"]),
        ("413", &json!("abc"))
    );

    let records = server.emulator().requests();
    let statuses: Vec<u16> = records.iter().map(|record| record.status).collect();
    assert_eq!(statuses, [400, 413]);
    assert_eq!(records[0].operation_id.as_deref(), Some("createProject"));
    assert!(server.emulator().state().projects().is_empty());
}
