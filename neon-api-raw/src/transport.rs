//! The seam between the generated methods and the network.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::api_form::is_api_form;
use crate::http_transport::Explained;
use crate::masked::Masked;
use crate::request::Request;
use crate::response::ByteStream;
use crate::route::Route;
use crate::upload::Upload;

/// A boxed future, as trait objects need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests to the API and returns its responses.
///
/// Every call of a [`Client`](crate::Client) passes through its transport. The crate's own,
/// [`HttpTransport`](crate::HttpTransport), sends over the network; others wrap it, or replace the
/// API in tests.
///
/// A transport returns responses of any status; the client converts those that are not a success to
/// errors. It returns a [`TransportError`] if there is no complete response. The future may be
/// dropped at any point and must leave nothing running.
///
/// ```
/// use neon_api_raw::http::{HeaderMap, StatusCode};
/// use neon_api_raw::transport::{Response, Exchange};
/// use neon_api_raw::{BoxFuture, Client, Transport, TransportError};
///
/// /// Emulates an API without keys.
/// #[derive(Debug)]
/// struct NoKeys;
///
/// impl Transport for NoKeys {
///     fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
///         assert_eq!(call.route.id, "listApiKeys");
///         let answer = Response::new(StatusCode::OK, HeaderMap::new(), "[]");
///         Box::pin(std::future::ready(Ok(answer)))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().transport(NoKeys).build()?;
/// assert!(client.list_api_keys().await?.is_empty());
/// # Ok(())
/// # }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and waits for its response.
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>>;

    /// Whether [`send`](Self::send) sends the [`upload`](Exchange::upload) of a call. Otherwise, as
    /// by default, calls come with complete bodies. A transport that wraps another one and returns
    /// `true` passes its calls on by [`deliver`].
    fn accepts_uploads(&self) -> bool {
        false
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        (**self).send(call)
    }

    fn accepts_uploads(&self) -> bool {
        (**self).accepts_uploads()
    }
}

/// Sends a call through a transport. If it has an [`upload`](Exchange::upload) that the transport
/// does not accept, the upload is read into memory first.
///
/// A failure to read it is [`FailureKind::NotSent`].
pub fn deliver(
    transport: &dyn Transport,
    mut call: Exchange,
) -> BoxFuture<'_, Result<Response, TransportError>> {
    if call.upload.is_none() || transport.accepts_uploads() {
        return transport.send(call);
    }
    Box::pin(async move {
        if let Some(upload) = call.upload.take() {
            let opened = upload.open().await.map_err(not_read)?;
            *call.request.body_mut() = opened.collect().await.map_err(not_read)?;
        }
        transport.send(call).await
    })
}

/// The failure of a call whose upload cannot be read; nothing was sent.
pub(crate) fn not_read(error: io::Error) -> TransportError {
    let text = format!("the content to upload could not be read: {error}");
    TransportError::new(FailureKind::NotSent).with_source(Explained::new(text, error))
}

/// A request and its context.
///
/// Its `Debug` shows neither headers nor body, which may contain secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The operation that is called.
    pub route: &'static Route,
    /// The request: absolute URL, headers, complete body unless there is an `upload`.
    pub request: Request,
    /// The body, if it is sent as a stream; the one of the request is empty then.
    pub upload: Option<Upload>,
    /// Whether the caller reads the body of a success as a stream. Bodies of other responses are
    /// small and are read completely.
    pub streams: bool,
    /// The caller's deadline, on Tokio's clock; `None` if it waits indefinitely.
    ///
    /// The transport does not need a timer: the caller polls its future once more at that time, and
    /// then drops it. A transport that can report more than a timeout does so in that poll:
    /// [`HttpTransport`](crate::HttpTransport) returns [`FailureKind::Connect`] if the request
    /// still waits for its connection, and was not sent.
    pub deadline: Option<Instant>,
}

impl Exchange {
    /// A call whose response is read completely.
    pub fn new(route: &'static Route, request: Request) -> Self {
        Self {
            route,
            request,
            upload: None,
            streams: false,
            deadline: None,
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("route", &self.route.id)
            .field("body_bytes", &self.request.body().len())
            .field("uploads", &self.upload.is_some())
            .field("streams", &self.streams)
            .finish_non_exhaustive()
    }
}

/// The response of the API.
///
/// Its `Debug` shows neither headers nor body, which may contain secrets.
#[non_exhaustive]
pub struct Response {
    /// The status, of any class.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: ResponseBody,
    /// How many attempts were made, 1 or more, including failed connections.
    pub attempts: u32,
}

impl Response {
    /// A complete response to the first attempt.
    pub fn new(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers,
            body: ResponseBody::Whole(body.into()),
            attempts: 1,
        }
    }

    /// Whether the body is an error in the API's own form: a JSON object with the strings `message`
    /// and `code`. Other bodies come from a gateway or a proxy, and say nothing about what the API
    /// did.
    pub fn is_api_form(&self) -> bool {
        match &self.body {
            ResponseBody::Whole(body) => is_api_form(body),
            ResponseBody::Stream(_) => false,
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body", &self.body)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// The body of a response.
#[non_exhaustive]
pub enum ResponseBody {
    /// A complete body.
    Whole(Bytes),
    /// A body for the caller to read.
    Stream(ByteStream),
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(body) => write!(f, "{} bytes", body.len()),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// No connection for a temporary reason (refused, reset, no route, timeout), or an HTTP/2
    /// server that refused the request without processing it. The API did nothing.
    Connect,
    /// The host name does not exist or could not be resolved. The API did nothing.
    UnknownHost,
    /// No TLS session: the certificate is not trusted or not for this host, or one side does not
    /// speak TLS. Nothing was sent, and a retry does not help.
    Tls,
    /// A proxy on the way refused to connect. Nothing was sent to the API.
    Proxy,
    /// No response in time. The request may have taken effect.
    Timeout,
    /// The connection ended before the response was complete. The request may have taken effect.
    Interrupted,
    /// The response body exceeds the transport's limit. The request may have taken effect.
    TooLarge,
    /// The caller's deadline passed before an attempt could be made.
    Deadline,
    /// Nothing was sent for a reason of the transport's own, such as a key that could not be
    /// fetched.
    NotSent,
    /// Nothing was sent: while the call waited, no other request succeeded for too long, and the
    /// last one was rejected with 429.
    RateLimited,
    /// Nothing was sent: while the call waited, no other request succeeded for too long, because
    /// they failed or none was made.
    Unavailable,
}

impl FailureKind {
    /// Whether no attempt was made at all.
    fn is_unattempted(self) -> bool {
        matches!(self, Self::NotSent | Self::RateLimited | Self::Unavailable)
    }
}

/// A call that ended without a response.
///
/// ```
/// use neon_api_raw::TransportError;
/// use neon_api_raw::transport::FailureKind;
///
/// let error = TransportError::new(FailureKind::Timeout).with_source("5 seconds have passed");
/// assert!(error.may_have_happened());
/// assert_eq!(error.to_string(), "no response in time: 5 seconds have passed");
/// ```
pub struct TransportError {
    kind: FailureKind,
    attempts: u32,
    request_id: Option<String>,
    /// Whether an attempt may have taken effect although there is no response.
    may_have_happened: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// A failure of the first attempt.
    pub fn new(kind: FailureKind) -> Self {
        Self {
            kind,
            attempts: u32::from(!kind.is_unattempted()),
            request_id: None,
            may_have_happened: matches!(
                kind,
                FailureKind::Timeout | FailureKind::Interrupted | FailureKind::TooLarge
            ),
            source: None,
        }
    }

    /// Sets the source error. Its message must not contain secrets.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets the number of attempts, returned by [`attempts`](Self::attempts).
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the ID of the last request.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Records that an earlier attempt may have taken effect.
    #[must_use]
    pub fn with_possible_effect(mut self) -> Self {
        self.may_have_happened = true;
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// How many attempts were made, 0 or more, including failed connections, but not attempts that
    /// the transport did not make ([`FailureKind::NotSent`] and similar).
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The ID sent with the last request in `X-Request-ID`.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether the request may have taken effect although there is no response.
    pub fn may_have_happened(&self) -> bool {
        self.may_have_happened
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FailureKind::Connect => "could not connect",
            FailureKind::UnknownHost => "the host name could not be resolved",
            FailureKind::Tls => "no TLS session could be established",
            FailureKind::Proxy => "the proxy refused to connect",
            FailureKind::TooLarge => "the response body is too large",
            FailureKind::Timeout => "no response in time",
            FailureKind::Interrupted => "the connection ended before the response was complete",
            FailureKind::Deadline => "the deadline passed",
            FailureKind::NotSent | FailureKind::RateLimited | FailureKind::Unavailable => {
                "the request was not sent"
            }
        })?;
        // The outermost error says "error sending request"; the innermost says why.
        let mut root: Option<&dyn std::error::Error> = self.source.as_deref().map(|e| e as _);
        while let Some(error) = root
            && !error.is::<Explained>()
            && let Some(next) = error.source()
        {
            root = Some(next);
        }
        if let Some(root) = root {
            // It may come from a key provider, or from a proxy that echoes the request.
            write!(f, ": {}", Masked(&root.to_string()))?;
        }
        Ok(())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source.as_ref().map(|source| format!("{source:?}"));
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .field("request_id", &self.request_id)
            .field("may_have_happened", &self.may_have_happened)
            .field("source", &source.as_deref().map(Masked))
            .finish()
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
