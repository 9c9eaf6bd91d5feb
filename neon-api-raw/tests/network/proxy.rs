//! Proxies that refuse.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::env;
use std::process::Command;

use neon_api_raw::reqwest::{Client, Proxy};
use neon_api_raw::transport::FailureKind;
use neon_api_raw::{HttpTransport, Transport, TransportError};

use super::http1::{Server, whole as reply};
use super::{post, send};

/// What comes of a call through a proxy that responds so to `CONNECT`.
async fn refused(status: u16) -> (TransportError, Server) {
    let proxy = Server::start(move |_| reply(status, "no"));
    let url = format!("http://{}", proxy.address);
    let client = Client::builder().proxy(Proxy::all(url).unwrap());
    let transport = HttpTransport::with_client(client.build().unwrap());
    let error = transport
        .send(post("https://console.neon.tech/api/v2"))
        .await;
    (error.unwrap_err(), proxy)
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    for (status, said) in [
        (407, "status 407"),
        (403, "a status other than 200 and 407"),
    ] {
        let (error, proxy) = refused(status).await;
        assert_eq!(error.kind(), FailureKind::Proxy, "{error:?}");
        assert!(!error.may_have_happened());
        let text = error.to_string();
        assert!(text.contains("CONNECT") && text.contains(said), "{text}");
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1);
        assert!(
            heads[0].starts_with("CONNECT console.neon.tech:443 "),
            "{heads:?}"
        );
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_may_be_so_later() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::builder().proxy(Proxy::all(url).unwrap());
    let transport = HttpTransport::with_client(client.build().unwrap());
    let error = transport
        .send(post("https://console.neon.tech/api/v2"))
        .await;
    assert_eq!(error.unwrap_err().kind(), FailureKind::Connect);
}

/// The network client does not report the status, and a proxy of the environment is asked again.
#[test]
fn the_environments_proxy_is_named_with_its_status() {
    let proxy = Server::start(|_| reply(403, "no"));
    let place = format!("http://user:secret@{}", proxy.address);
    let output = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "proxy::through_the_environments"])
        .envs([("HTTPS_PROXY", &place), ("https_proxy", &place)])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{output:?}");
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        assert!(head.starts_with("CONNECT console.neon.tech:443 "), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains("\r\nproxy-authorization: basic dxnlcjpzzwnyzxq=\r\n"),
            "{head}"
        );
    }
}

#[tokio::test]
#[ignore = "needs the environment that its test above gives it"]
async fn through_the_environments() {
    let error = send(post("https://console.neon.tech/api/v2")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Proxy);
    assert!(!error.may_have_happened());
    assert_eq!(
        error.to_string(),
        "the proxy refused to connect: it responded to CONNECT with status 403",
    );
    assert!(!format!("{error:?}").contains("secret"));
}
