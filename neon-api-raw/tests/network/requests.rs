//! What is sent.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use neon_api_raw::routes::CREATE_PROJECT;
use neon_api_raw::transport::Exchange;
use neon_api_raw::{HttpTransport, Transport, reqwest};

use super::http1::{Server, whole as reply};
use super::{call, send};

const OWN_AGENT: &str = concat!("neon-api-raw/", env!("CARGO_PKG_VERSION"));

fn lines<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines: Vec<&str> = head.lines().collect();
    lines.retain(|line| line.to_ascii_lowercase().starts_with(name));
    lines
}

#[tokio::test]
async fn what_may_have_a_body_says_so_when_it_has_none() {
    let server = Server::start(|_| reply(200, "{}"));
    for (method, expected) in [
        ("POST", &["content-length: 0"][..]),
        ("PUT", &["content-length: 0"]),
        ("PATCH", &["content-length: 0"]),
        ("GET", &[]),
        ("HEAD", &[]),
        ("DELETE", &[]),
    ] {
        send(call(method, &server.url())).await.unwrap();
        let head = server.heads().pop().unwrap();
        assert!(head.starts_with(method));
        assert_eq!(lines(&head, "content-length"), expected, "{head}");
        assert_eq!(lines(&head, "transfer-encoding"), [""; 0], "{head}");
    }
}

#[tokio::test]
async fn so_it_does_over_http2() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/projects", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let mut seen = Vec::new();
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            seen.push(request.into_parts().0);
            respond
                .send_response(http::Response::new(()), true)
                .unwrap();
        }
        seen
    });
    let client = reqwest::Client::builder().http2_prior_knowledge();
    let transport = HttpTransport::with_client(client.build().unwrap());
    for method in ["POST", "PUT", "PATCH", "GET", "DELETE"] {
        transport.send(call(method, &url)).await.unwrap();
    }
    let body = http::Request::post(&url).body(Bytes::from_static(b"[]"));
    let with_body = Exchange::new(&CREATE_PROJECT, body.unwrap());
    transport.send(with_body).await.unwrap();
    drop(transport);
    let lengths: Vec<_> = served
        .await
        .unwrap()
        .iter()
        .map(|request| {
            assert_eq!(request.headers[USER_AGENT], OWN_AGENT);
            let all: Vec<_> = request.headers.get_all(CONTENT_LENGTH).iter().collect();
            assert!(all.len() < 2, "{all:?}");
            all.first()
                .map(|length| length.to_str().unwrap().to_owned())
        })
        .collect();
    let lengths: Vec<_> = lengths.iter().map(Option::as_deref).collect();
    let none = Some("0");
    assert_eq!(lengths, [none, none, none, None, None, Some("2")]);
}

#[tokio::test]
async fn every_request_names_its_program() {
    let server = Server::start(|_| reply(200, "{}"));
    let given = HttpTransport::with_client(reqwest::Client::new());
    let own = || HttpTransport::new().unwrap();
    let agents = [
        (own(), OWN_AGENT.to_owned()),
        (given, OWN_AGENT.to_owned()),
        (
            own()
                .user_agent("lib/2")
                .unwrap()
                .user_agent("my-app/1.0")
                .unwrap(),
            format!("my-app/1.0 lib/2 {OWN_AGENT}"),
        ),
    ];
    for (transport, expected) in agents {
        transport.send(call("GET", &server.url())).await.unwrap();
        let head = server.heads().pop().unwrap();
        let expected = format!("user-agent: {expected}");
        assert_eq!(lines(&head, "user-agent"), [expected.as_str()], "{head}");
    }
    assert!(own().user_agent("my\napp").is_err());
}
