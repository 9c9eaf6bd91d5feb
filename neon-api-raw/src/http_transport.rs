//! The transport that sends over the network.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use crate::client::ConfigError;
use crate::request::Request;
use crate::response::ByteStream;
use crate::transport::{
    Answer, AnswerBody, BoxFuture, Call, FailureKind, Transport, TransportError,
};
use crate::urls::Urls;

/// Sends each call once with [`reqwest`], without limits, retries or time-outs of its own beyond
/// the one for connecting, 10 seconds. Redirects are not followed: the API has none, and following
/// one could carry the key to another host.
///
/// ```
/// use neon_api_raw::{Client, HttpTransport, reqwest};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = reqwest::Client::builder()
///     .user_agent("my-app/1.0")
///     .redirect(reqwest::redirect::Policy::none())
///     .retry(reqwest::retry::never())
///     .build()?;
/// let transport = HttpTransport::with_client(network);
/// let client = Client::builder().api_key("napi_abc").transport(transport).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    urls: Arc<Urls>,
}

impl HttpTransport {
    /// A transport with a connection pool of its own.
    ///
    /// # Errors
    ///
    /// [`FailureKind::NotSent`] when TLS or the resolver cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        settings()
            .build()
            .map(Self::with_client)
            .map_err(|e| TransportError::new(FailureKind::NotSent).with_source(e))
    }

    /// A transport with a connection pool of its own, which can reach this URL.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoTls`] for a URL of https where the crate was built without TLS, and
    /// [`ConfigError::Transport`] when TLS or the resolver cannot be set up.
    pub fn for_base_url(url: &str) -> Result<Self, ConfigError> {
        let has_tls = cfg!(any(feature = "rustls", feature = "native-tls"));
        check_tls(url, has_tls)?;
        Self::new().map_err(ConfigError::Transport)
    }

    /// A transport over a client that the caller has set up: proxies, certificates, pools.
    ///
    /// Such a client repeats by itself what an HTTP/2 server refused unseen; set it up with
    /// `retry(reqwest::retry::never())` if nothing may be sent uncounted.
    pub fn with_client(client: reqwest::Client) -> Self {
        Self {
            client,
            urls: Arc::default(),
        }
    }
}

/// Sends each request once.
fn settings() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
}

fn check_tls(url: &str, has_tls: bool) -> Result<(), ConfigError> {
    let scheme = url.split("://").next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case("https") && !has_tls {
        return Err(ConfigError::NoTls);
    }
    Ok(())
}

impl Transport for HttpTransport {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let streams = call.streams;
        // Prepared outside of the future, which would else hold the request twice.
        let sending =
            network_request(&self.urls, call.request).map(|request| self.client.execute(request));
        Box::pin(async move {
            let mut response = sending?.await.map_err(failure)?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            let body = if streams && status.is_success() {
                AnswerBody::Stream(ByteStream::new(Pieces(Box::pin(response.bytes_stream()))))
            } else {
                AnswerBody::Whole(response.bytes().await.map_err(failure)?)
            };
            let mut answer = Answer::new(status, headers, Bytes::new());
            answer.body = body;
            Ok(answer)
        })
    }
}

fn network_request(urls: &Urls, request: Request) -> Result<reqwest::Request, TransportError> {
    let (parts, body) = request.into_parts();
    let url = urls
        .url(&parts.uri)
        .map_err(|e| TransportError::new(FailureKind::NotSent).with_source(e))?;
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}

/// URLs stay out of messages: they are long, and the operation is named anyway.
fn failure(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() || was_refused_unseen(&error) {
        FailureKind::Connect
    } else if error.is_builder() {
        FailureKind::NotSent
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else {
        FailureKind::Interrupted
    };
    TransportError::new(kind).with_source(error.without_url())
}

/// Whether an HTTP/2 server told that it did nothing with the request: it closes the connection, or
/// has too many requests at hand. Another attempt is then as safe as after a failure to connect.
fn was_refused_unseen(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<h2::Error>() {
            let closes = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
            let refuses = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            return error.is_remote() && (closes || refuses);
        }
        source = cause.source();
    }
    false
}

struct Pieces(Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>);

impl Stream for Pieces {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0
            .as_mut()
            .poll_next(cx)
            .map(|piece| piece.map(|result| result.map_err(failure)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;
    use crate::operations::CREATE_PROJECT;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[test]
    fn https_needs_tls() {
        for (url, needs) in [
            ("https://console.neon.tech/api/v2", true),
            ("HTTPS://host", true),
            ("http://127.0.0.1:9/https://", false),
        ] {
            assert_eq!(check_tls(url, false).is_err(), needs, "{url}");
            assert!(check_tls(url, true).is_ok());
        }
        let has_tls = cfg!(any(feature = "rustls", feature = "native-tls"));
        let built = Client::builder().build();
        assert_eq!(built.is_ok(), has_tls, "{built:?}");
    }

    /// What an HTTP/2 server does with each request.
    #[derive(Clone, Copy)]
    enum Refusal {
        Stream(u8),
        Connection,
    }

    /// Refuses every request, and counts them.
    async fn refuse(listener: TcpListener, refusal: Refusal, requests: &AtomicUsize) {
        const SETTINGS: u8 = 4;
        const HEADERS: u8 = 1;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; 24]).await.unwrap();
            stream
                .write_all(&[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0])
                .await
                .unwrap();
            let mut head = [0; 9];
            while stream.read_exact(&mut head).await.is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; length as usize];
                stream.read_exact(&mut payload).await.unwrap();
                let id = &head[5..];
                let answer = match (head[3], head[4], refusal) {
                    (SETTINGS, 0, _) => vec![0, 0, 0, SETTINGS, 1, 0, 0, 0, 0],
                    (HEADERS, _, Refusal::Stream(code)) => {
                        [&[0, 0, 4, 3, 0], id, &[0, 0, 0, code]].concat()
                    }
                    (HEADERS, _, Refusal::Connection) => [&[0, 0, 8, 7, 0], &[0; 12][..]].concat(),
                    _ => continue,
                };
                requests.fetch_add(usize::from(head[3] == HEADERS), Ordering::Relaxed);
                stream.write_all(&answer).await.unwrap();
            }
        }
    }

    /// The outcome of one call, and the requests that it took.
    async fn refused(refusal: Refusal) -> (FailureKind, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/projects", listener.local_addr().unwrap());
        let client = settings().http2_prior_knowledge().build().unwrap();
        let requests = AtomicUsize::new(0);
        let request = http::Request::post(url).body(Bytes::new()).unwrap();
        let transport = HttpTransport::with_client(client);
        let outcome = tokio::select! {
            outcome = transport.send(Call::new(&CREATE_PROJECT, request)) => outcome,
            () = refuse(listener, refusal, &requests) => unreachable!(),
        };
        (outcome.unwrap_err().kind(), requests.into_inner())
    }

    #[tokio::test]
    async fn what_a_server_refused_unseen_is_sent_once_and_left_no_doubt() {
        const REFUSED_STREAM: u8 = 7;
        const INTERNAL_ERROR: u8 = 2;
        let unseen = Refusal::Stream(REFUSED_STREAM);
        assert_eq!(refused(unseen).await, (FailureKind::Connect, 1));
        assert_eq!(
            refused(Refusal::Connection).await,
            (FailureKind::Connect, 1)
        );
        let broken = Refusal::Stream(INTERNAL_ERROR);
        assert_eq!(refused(broken).await, (FailureKind::Interrupted, 1));
    }
}
