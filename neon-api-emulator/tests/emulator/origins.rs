//! Web pages do not reach the emulator, unless they are allowed to.

use http::StatusCode;
use neon_api_emulator::{Builder, Emulator, RunningEmulator};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn started(builder: Builder) -> RunningEmulator {
    builder.start().await.unwrap()
}

fn request(server: &RunningEmulator, method: Method) -> RequestBuilder {
    let url = format!("{}/projects", server.base_url());
    Client::new().request(method, url).bearer_auth("napi_any")
}

async fn with(server: &RunningEmulator, headers: &[(&str, &str)]) -> Response {
    let mut request = request(server, Method::GET);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn foreign_hosts_are_refused_and_own_ones_served() {
    let server = started(Emulator::builder().allow_host("Emulator.internal")).await;
    let port = server.address().port();
    for host in [
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        "LOCALHOST.".to_owned(),
        "app.localhost:80".to_owned(),
        "[::1]:80".to_owned(),
        "192.168.1.7".to_owned(),
        "emulator.internal:8080".to_owned(),
    ] {
        let response = with(&server, &[("host", &host)]).await;
        assert_eq!(response.status(), StatusCode::OK, "{host}");
    }
    let before = server.emulator().total_requests();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "evil.example:80",
        "internal",
    ] {
        let response = with(&server, &[("host", host)]).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{host}");
        let body: Value = response.json().await.unwrap();
        assert!(
            body["message"].as_str().unwrap().starts_with("the host"),
            "{body}"
        );
    }
    assert_eq!(
        server.emulator().total_requests(),
        before,
        "nothing was done"
    );
}

#[tokio::test]
async fn a_foreign_name_in_the_request_line_is_refused() {
    let server = started(Emulator::builder()).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = "GET http://evil.example/api/v2/projects HTTP/1.1\r\nhost: localhost\r\n\
                   authorization: Bearer k\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let server = started(Emulator::builder().allow_origin("http://localhost:3000")).await;
    let own = format!("http://{}", server.address());
    let response = with(&server, &[("origin", &own)]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:3001",
        "http://localhost",
        "",
    ] {
        let response = with(&server, &[("origin", origin)]).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{origin}");
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
}

#[tokio::test]
async fn an_allowed_origin_may_ask_first_and_read_the_response() {
    let origin = "http://localhost:3000";
    let server = started(Emulator::builder().allow_origin(origin)).await;
    let asked = request(&server, Method::OPTIONS)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(asked.headers()["access-control-allow-origin"], origin);
    let allowed = asked.headers()["access-control-allow-headers"]
        .to_str()
        .unwrap();
    assert!(allowed.contains("authorization"), "{allowed}");
    let response = with(&server, &[("origin", origin)]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["access-control-allow-origin"], origin);
    assert_eq!(response.headers()["vary"], "origin");
}

#[tokio::test]
async fn nothing_is_allowed_unless_asked() {
    let server = started(Emulator::builder()).await;
    let asked = request(&server, Method::OPTIONS)
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    assert!(!asked.headers().contains_key("access-control-allow-origin"));
}
