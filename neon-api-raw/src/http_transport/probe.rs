//! Probes that explain a failure with another connection.
//!
//! Above all: whether a port that does not respond to HTTP speaks TLS.
//!
//! A TLS server that receives HTTP closes the connection, or sends an alert, which an HTTP client
//! sees as "interrupted". The outcome of a change would be unknown, and a read would be retried for
//! minutes, while only the scheme of the URL is wrong.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::proxy;

/// How long a port is probed: local ones respond immediately, and others are `https` anyway.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A `ClientHello` of TLS 1.2 with two cipher suites and no extensions: any TLS server responds to
/// it, if only with an alert.
const CLIENT_HELLO: [u8; 52] = [
    // A handshake record of 47 bytes.
    0x16, 0x03, 0x01, 0x00, 0x2f, //
    // A `ClientHello` of 43 bytes, for TLS 1.2.
    0x01, 0x00, 0x00, 0x2b, 0x03, 0x03, //
    // 32 bytes that need not be random, since no session results.
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, //
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, //
    // No session, two suites, no compression.
    0x00, 0x00, 0x04, 0xc0, 0x2f, 0x00, 0x9c, 0x01, 0x00,
];

/// Probes at most once: a server that has responded to HTTP, or does not speak TLS, is never probed
/// again.
#[derive(Debug)]
pub(super) struct Probe {
    is_settled: AtomicBool,
    /// Whether proxies are those of the environment.
    knows_proxy: bool,
}

impl Probe {
    pub(super) fn new(knows_proxy: bool) -> Self {
        Self {
            is_settled: AtomicBool::new(false),
            knows_proxy,
        }
    }

    /// The status with which a proxy refuses, if known.
    pub(super) async fn proxy_refusal(&self, url: &Url, deadline: Option<Instant>) -> Option<u16> {
        if !self.knows_proxy {
            return None;
        }
        proxy::refusal(url.as_str(), deadline).await
    }

    /// Records that the server speaks HTTP.
    pub(super) fn settle(&self) {
        if !self.is_settled.load(Ordering::Relaxed) {
            self.is_settled.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the port of an `http` URL speaks TLS, as far as can be determined until the
    /// deadline.
    pub(super) async fn finds_tls(&self, url: &Url, deadline: Option<Instant>) -> bool {
        if url.scheme() != "http" || self.is_settled.load(Ordering::Relaxed) {
            return false;
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return false;
        };
        // Brackets belong to URLs, not to addresses.
        let host = host.trim_matches(['[', ']']);
        let end = Instant::now() + TIMEOUT;
        let end = deadline.map_or(end, |deadline| deadline.min(end));
        let speaks = tokio::time::timeout_at(end, speaks_tls(host, port)).await;
        let is_tls = matches!(speaks, Ok(Ok(true)));
        if !is_tls {
            self.settle();
        }
        is_tls
    }
}

async fn speaks_tls(host: &str, port: u16) -> io::Result<bool> {
    const ALERT: u8 = 0x15;
    const HANDSHAKE: u8 = 0x16;
    let mut stream = TcpStream::connect((host, port)).await?;
    stream.write_all(&CLIENT_HELLO).await?;
    // A server of another protocol would otherwise wait for the rest of the line.
    stream.shutdown().await?;
    let mut record = [0; 2];
    stream.read_exact(&mut record).await?;
    Ok(matches!(record, [ALERT | HANDSHAKE, 0x03]))
}
