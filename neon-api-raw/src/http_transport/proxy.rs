//! The status with which a proxy refuses a tunnel. The HTTP client does not report it, so the proxy
//! is asked again.

use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The timeout for asking a proxy that has just refused.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The status with which the environment's proxy for a URL refuses, as far as can be determined
/// until the deadline.
pub(super) async fn refusal(url: &str, deadline: Option<Instant>) -> Option<u16> {
    let target: Uri = url.parse().ok()?;
    let proxy = Matcher::from_system().intercept(&target)?;
    let end = Instant::now() + TIMEOUT;
    let end = deadline.map_or(end, |deadline| deadline.min(end));
    let asking = tokio::time::timeout_at(end, ask(&proxy, &target));
    asking.await.ok()?.filter(|status| *status != 200)
}

async fn ask(proxy: &Intercept, target: &Uri) -> Option<u16> {
    // Others need more than a request line.
    if proxy.uri().scheme_str() != Some("http") {
        return None;
    }
    let host = proxy.uri().host()?.trim_matches(['[', ']']);
    let port = proxy.uri().port_u16().unwrap_or(80);
    let mut stream = TcpStream::connect((host, port)).await.ok()?;

    let place = format!("{}:{}", target.host()?, target.port_u16().unwrap_or(443));
    let mut head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
    if let Some(value) = proxy.basic_auth() {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.ok()?;

    let mut line = [0; "HTTP/1.1 403".len()];
    stream.read_exact(&mut line).await.ok()?;
    let line = std::str::from_utf8(&line).ok()?;
    line.strip_prefix("HTTP/1.")?.get(2..)?.parse().ok()
}
