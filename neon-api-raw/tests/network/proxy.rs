//! Proxies that refuse.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use neon_api_raw::reqwest::{Client, Proxy};
use neon_api_raw::transport::FailureKind;
use neon_api_raw::{HttpTransport, Transport, TransportError};

use super::http1::{Server, whole as reply};
use super::post;

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
