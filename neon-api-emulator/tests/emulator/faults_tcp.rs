//! Connections that break: over real sockets, and as a client in this process sees it.

use std::io;
use std::time::Duration;

use neon_api_emulator::{Emulator, Fault, RunningEmulator};
use neon_api_raw::Error;
use neon_api_raw::transport::FailureKind;
use neon_api_raw::types::GetActiveRegionsQuery;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Api;

/// One request on a connection of its own, as bytes, read to the end of the connection.
async fn ask(
    server: &RunningEmulator,
    method: &str,
    path: &str,
    body: &str,
) -> (Vec<u8>, io::Result<()>) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} /api/v2{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer k\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let ended = stream.read_to_end(&mut received).await;
    (received, ended.map(drop))
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let server = Emulator::start().await.unwrap();
    let emulator = server.emulator();
    let body = r#"{"project":{"name":"app"}}"#;
    for (after_effect, projects) in [(false, 0), (true, 1)] {
        let fault = Fault::reset().on("createProject");
        let fault = if after_effect {
            fault.after_effect()
        } else {
            fault
        };
        emulator.faults().inject(fault);
        let (received, ended) = ask(&server, "POST", "/projects", body).await;
        assert_eq!(received, b"", "no byte of an answer");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(emulator.state().projects().len(), projects);
        let record = emulator.requests().pop().unwrap();
        assert_eq!((record.status, record.fault), (0, Some("reset")));
    }
    // Only that connection, and only then.
    let (received, ended) = ask(&server, "POST", "/projects", body).await;
    assert!(received.starts_with(b"HTTP/1.1 201 Created\r\n"));
    assert!(ended.is_ok());
}

#[tokio::test]
async fn a_body_is_cut_off() {
    let server = Emulator::start().await.unwrap();
    let (whole, _) = ask(&server, "GET", "/regions", "").await;
    let whole = String::from_utf8(whole).unwrap();
    let (_, body) = whole.split_once("\r\n\r\n").unwrap();
    for (asked, kept) in [(10, 10), (0, 0), (usize::MAX, body.len() - 1)] {
        server.emulator().faults().inject(Fault::truncate(asked));
        let (received, ended) = ask(&server, "GET", "/regions", "").await;
        let received = String::from_utf8(received).unwrap();
        let (head, got) = received.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        let length = format!("content-length: {}", body.len());
        assert!(head.to_lowercase().contains(&length), "{head}");
        assert_eq!(got, &body[..kept], "{asked}");
        assert!(ended.is_ok(), "the end is orderly, and too early");
    }
    // The change was made.
    server.emulator().faults().inject(Fault::truncate(5));
    let (_, ended) = ask(&server, "POST", "/projects", r#"{"project":{}}"#).await;
    assert!(ended.is_ok());
    assert_eq!(server.emulator().state().projects().len(), 1);
}

#[tokio::test]
async fn a_client_over_tcp_sees_what_broke() {
    let server = Emulator::start().await.unwrap();
    let faults = server.emulator().faults();
    let get = async || {
        let url = format!("{}/regions", server.base_url());
        let request = reqwest::Client::new().get(url).bearer_auth("k");
        request.send().await?.text().await
    };
    faults.inject(Fault::reset());
    assert!(get().await.unwrap_err().is_request());
    faults.inject(Fault::truncate(7));
    let cut = get().await.unwrap_err();
    assert!(cut.is_body() || cut.is_decode(), "{cut:?}");
    faults.inject(Fault::proxy_page(200));
    assert!(get().await.unwrap().starts_with("<html>"));
    assert!(get().await.unwrap().starts_with('{'));
}

#[tokio::test]
async fn a_client_in_process_sees_the_same() {
    let emulator = Emulator::default();
    let client = neon_api_raw::Client::builder()
        .api_key("k")
        .transport(emulator.transport())
        .build()
        .unwrap();
    let faults = emulator.faults();
    for fault in [
        Fault::reset(),
        Fault::reset().after_effect(),
        Fault::truncate(3),
    ] {
        faults.inject(fault);
        let error = client
            .get_active_regions(&GetActiveRegionsQuery::default())
            .await
            .unwrap_err();
        let Error::Transport(failed) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(failed.kind(), FailureKind::Interrupted);
        assert!(failed.may_have_happened());
    }
    // A page of HTML with a status of success is no answer of the API.
    faults.inject(Fault::proxy_page(200));
    let error = client
        .get_active_regions(&GetActiveRegionsQuery::default())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert!(
        client
            .get_active_regions(&GetActiveRegionsQuery::default())
            .await
            .is_ok()
    );
}

/// Where there is no connection to break, a gateway's answer stands for it.
#[tokio::test]
async fn without_a_connection_it_is_a_gateways_answer() {
    let api = Api::instant();
    api.emulator.faults().inject(Fault::reset());
    let answer = api.get("/regions").await;
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.body["request_id"],
        json!(answer.headers["x-neon-ret-request-id"].to_str().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_late_after_its_effect() {
    let api = Api::instant();
    let delay = Duration::from_secs(60);
    let faults = api.emulator.faults();
    faults.inject(Fault::delay(delay).on("createProject").after_effect());
    let body = json!({ "project": { "name": "app" } });
    let late = tokio::time::timeout(delay / 2, api.post("/projects", body.clone())).await;
    assert!(late.is_err());
    assert_eq!(api.emulator.state().projects().len(), 1, "it took effect");
    faults.inject(Fault::delay(delay).on("createProject"));
    let late = tokio::time::timeout(delay / 2, api.post("/projects", body)).await;
    assert!(late.is_err());
    assert_eq!(api.emulator.state().projects().len(), 1, "it did not");
    // Both came, and nobody waited for their answers.
    assert_eq!(api.emulator.count("createProject"), 2);
    for record in api.emulator.requests() {
        assert_eq!((record.status, record.fault), (0, Some("delay")));
        assert_eq!(record.operation_id.as_deref(), Some("createProject"));
        assert!(record.body.is_some());
    }
}

/// The same where the client closes its connection.
#[tokio::test]
async fn a_request_that_is_given_up_is_counted() {
    let server = Emulator::start().await.unwrap();
    let emulator = server.emulator();
    emulator.faults().inject(Fault::delay(Duration::MAX));
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request =
        "GET /api/v2/regions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    while emulator.faults().remaining() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(emulator.total_requests(), 0, "it is being answered");
    drop(stream);
    let counted = async {
        while emulator.count("getActiveRegions") == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), counted)
        .await
        .unwrap();
}
