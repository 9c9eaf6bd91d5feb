//! The transport that sends over the network.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use crate::response::ByteStream;
use crate::transport::{
    Answer, AnswerBody, BoxFuture, Call, FailureKind, Transport, TransportError,
};

/// Sends each call once with [`reqwest`], without limits, retries or time-outs of its own beyond
/// the one for connecting, 10 seconds. Redirects are not followed: the API has none, and following
/// one could carry the key to another host.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// A transport with a connection pool of its own.
    ///
    /// # Errors
    ///
    /// [`FailureKind::NotSent`] when TLS or the resolver cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map(Self::with_client)
            .map_err(|e| TransportError::new(FailureKind::NotSent).with_source(e))
    }

    /// A transport over a client that the caller has set up: proxies, certificates, pools.
    pub fn with_client(client: reqwest::Client) -> Self {
        Self { client }
    }

    async fn send_once(&self, call: Call) -> Result<Answer, TransportError> {
        let Call {
            request, streams, ..
        } = call;
        let request = reqwest::Request::try_from(request)
            .map_err(|e| TransportError::new(FailureKind::NotSent).with_source(e.without_url()))?;
        let response = self.client.execute(request).await.map_err(failure)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = if streams && status.is_success() {
            AnswerBody::Stream(ByteStream::new(Pieces(Box::pin(response.bytes_stream()))))
        } else {
            AnswerBody::Whole(response.bytes().await.map_err(failure)?)
        };
        let mut answer = Answer::new(status, headers, Bytes::new());
        answer.body = body;
        Ok(answer)
    }
}

impl Transport for HttpTransport {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.send_once(call))
    }
}

/// URLs stay out of messages: they are long, and the operation is named anyway.
fn failure(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() {
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
