//! The client that has the generated methods.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::uri::PathAndQuery;
use serde::de::DeserializeOwned;

use crate::compression;
use crate::decode;
use crate::error::{ApiError, DecodeError, Error, Failure};
use crate::http_transport::HttpTransport;
use crate::request::RequestBuilder;
use crate::resource::resource;
use crate::response::{ByteStream, ResponseValue};
use crate::route::Route;
use crate::secret::Secret;
use crate::transport::{Answer, AnswerBody, BoxFuture, Exchange, Transport, TransportError};

pub use crate::settings::{InvalidBaseUrl, InvalidKey, bearer, checked_base_url};

/// The default base URL of the API.
pub const BASE_URL: &str = "https://console.neon.tech/api/v2";

/// The API's operations, one method each.
///
/// Clones share the transport and are cheap. Nothing is retried here: retries are up to the
/// [`Transport`].
#[derive(Clone)]
pub struct Client {
    pub(crate) baseurl: Arc<str>,
    authorization: Option<HeaderValue>,
    transport: Arc<dyn Transport>,
}

impl Client {
    /// Returns a builder.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The same client over another transport.
    #[must_use]
    pub fn with_transport(&self, transport: impl Transport) -> Self {
        Self {
            baseurl: Arc::clone(&self.baseurl),
            authorization: self.authorization.clone(),
            transport: Arc::new(transport),
        }
    }

    /// The URL to which all paths are appended, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.baseurl
    }

    /// These four pass the request on before they create a future, which would otherwise also
    /// contain it and be copied with it.
    pub(crate) fn call_json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> impl Future<Output = Result<ResponseValue<T>, Error>> + use<'_, T> {
        let sending = self.send(request, false);
        async move {
            let WholeAnswer { sent, answer, body } = sending?.whole().await?;
            let value = decode::json(answer.status, body).map_err(|e| sent.fault(&answer, e))?;
            Ok(ResponseValue::new(value, answer))
        }
    }

    /// A list response; `null` counts as empty.
    pub(crate) fn call_list<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> impl Future<Output = Result<ResponseValue<Vec<T>>, Error>> + use<'_, T> {
        let sending = self.send(request, false);
        async move {
            let WholeAnswer { sent, answer, body } = sending?.whole().await?;
            let list: Box<Option<Vec<T>>> =
                decode::json(answer.status, body).map_err(|e| sent.fault(&answer, e))?;
            let list = Box::new(list.unwrap_or_default());
            Ok(ResponseValue::new(list, answer))
        }
    }

    pub(crate) fn call_empty(
        &self,
        request: RequestBuilder,
    ) -> impl Future<Output = Result<ResponseValue<()>, Error>> + use<'_> {
        let sending = self.send(request, false);
        async move {
            let WholeAnswer { sent, answer, body } = sending?.whole().await?;
            if let Some(error) = decode::page_of_a_proxy(body) {
                return Err(sent.fault(&answer, error));
            }
            Ok(ResponseValue::new(Box::new(()), answer))
        }
    }

    pub(crate) fn call_stream(
        &self,
        request: RequestBuilder,
    ) -> impl Future<Output = Result<ResponseValue<ByteStream>, Error>> + use<'_> {
        let sending = self.send(
            request.header(ACCEPT, HeaderValue::from_static("*/*")),
            true,
        );
        async move {
            let (_, mut answer) = sending?.answer().await?;
            let body = match take_body(&mut answer) {
                AnswerBody::Stream(stream) => stream,
                AnswerBody::Whole(bytes) => ByteStream::new(Once(Some(bytes))),
            };
            Ok(ResponseValue::new(Box::new(body), answer))
        }
    }

    fn send(&self, request: RequestBuilder, streams: bool) -> Result<Sending<'_>, Error> {
        let (operation, mut request) = request.finish()?;
        if let Some(authorization) = &self.authorization {
            request
                .headers_mut()
                .insert(AUTHORIZATION, authorization.clone());
        }
        let path = request.uri().path_and_query().cloned();
        let mut call = Exchange::new(operation, request);
        call.streams = streams;
        Ok(Sending {
            sent: Sent {
                operation,
                path,
                base_url: &self.baseurl,
            },
            outcome: self.transport.send(call),
        })
    }
}

/// The request, for error messages.
struct Sent<'a> {
    operation: &'static Route,
    path: Option<PathAndQuery>,
    base_url: &'a str,
}

impl Sent<'_> {
    fn failure(&self, attempts: u32) -> Failure {
        let path = self.path.as_ref().map_or("", PathAndQuery::path);
        Failure {
            operation: self.operation,
            resource: resource(self.operation.path, path),
            attempts,
        }
    }

    /// The error for a response that cannot be read.
    fn fault(&self, answer: &Answer, error: DecodeError) -> Error {
        let error = match compression::unasked(&answer.headers) {
            Some(reason) => error.because(reason),
            None => error,
        };
        let failure = self.failure(answer.attempts);
        Error::decode(failure, answer.status, &answer.headers, error)
    }

    fn is_at_root(&self) -> bool {
        let host = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        !host.contains('/')
    }
}

/// A call in progress.
struct Sending<'a> {
    sent: Sent<'a>,
    outcome: BoxFuture<'a, Result<Answer, TransportError>>,
}

impl<'a> Sending<'a> {
    /// Waits for the response; one that is not a success becomes an error.
    async fn answer(self) -> Result<(Sent<'a>, Answer), Error> {
        let Self { sent, outcome } = self;
        let answer = match outcome.await {
            Ok(answer) => answer,
            Err(error) => return Err(Error::transport(sent.failure(error.attempts()), error)),
        };
        if answer.status.is_success() {
            return Ok((sent, answer));
        }
        let failure = sent.failure(answer.attempts);
        let error = ApiError::from(answer).at_root(sent.is_at_root());
        Err(Error::api(failure, error))
    }

    async fn whole(self) -> Result<WholeAnswer<'a>, Error> {
        let (sent, mut answer) = self.answer().await?;
        match take_body(&mut answer) {
            AnswerBody::Whole(body) => Ok(WholeAnswer { sent, answer, body }),
            AnswerBody::Stream(_) => {
                let what = "the transport returned a stream instead of a complete body".to_owned();
                let error = DecodeError::new("$".to_owned(), what, Bytes::new());
                Err(sent.fault(&answer, error))
            }
        }
    }
}

fn take_body(answer: &mut Answer) -> AnswerBody {
    std::mem::replace(&mut answer.body, AnswerBody::Whole(Bytes::new()))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.baseurl)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

struct WholeAnswer<'a> {
    sent: Sent<'a>,
    answer: Answer,
    body: Bytes,
}

/// A stream of one chunk.
struct Once(Option<Bytes>);

impl futures_core::Stream for Once {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Ok))
    }
}

/// Configures a [`Client`].
#[derive(Default)]
#[must_use]
pub struct ClientBuilder {
    base_url: Option<String>,
    api_key: Option<Secret>,
    transport: Option<Arc<dyn Transport>>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the base URL, which `build` has not checked yet: it may hold a password.
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Overrides the base URL (default [`BASE_URL`]); it includes the path, such as `/api/v2`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the key that is sent as bearer token. Omit it if the transport adds one.
    pub fn api_key(mut self, key: impl Into<Secret>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sets the transport; by default an [`HttpTransport`] without timeouts.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the base URL is not an absolute HTTP URL, if the key is not a valid
    /// header value, or if TLS is needed and not compiled in or cannot be configured.
    pub fn build(self) -> Result<Client, ConfigError> {
        let base_url = self.base_url.unwrap_or_else(|| BASE_URL.to_owned());
        let authorization = self.api_key.map(|key| bearer(&key)).transpose()?;
        let base_url = checked_base_url(&base_url)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::for_base_url(base_url)?),
        };
        Ok(Client {
            baseurl: base_url.into(),
            authorization,
            transport,
        })
    }
}

/// An invalid setting. It says what is wrong and what to write instead, never the value.
///
/// ```
/// use neon_api_raw::Client;
///
/// let error = Client::builder().base_url("console.neon.tech/api/v2").build().unwrap_err();
/// assert!(error.to_string().contains("write https:// before the host"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The base URL is invalid.
    BaseUrl(InvalidBaseUrl),
    /// The API key is invalid.
    ApiKey(InvalidKey),
    /// The base URL is https, but TLS support is not compiled in.
    NoTls,
    /// The base URL is https, but the system has no CA certificates to verify servers.
    NoCaCertificates,
    /// No TLS crypto provider is installed, and none is compiled in.
    NoTlsProvider,
    /// The name for the `User-Agent` is empty or has invalid characters.
    UserAgent,
    /// TLS or the resolver could not be configured.
    Transport(TransportError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseUrl(fault) => fault.fmt(f),
            Self::ApiKey(fault) => fault.fmt(f),
            Self::NoTls => f.write_str(
                "the base URL is https, but TLS support is not compiled in: enable feature rustls or native-tls",
            ),
            Self::NoCaCertificates => f.write_str(
                "no CA certificates found to verify servers: install them (package ca-certificates), or set SSL_CERT_FILE to a file with certificates",
            ),
            Self::NoTlsProvider => f.write_str(
                "no TLS crypto provider is installed: enable feature rustls, which includes one, or call install_default() of a rustls::crypto::CryptoProvider before a client is built",
            ),
            Self::UserAgent => f.write_str(
                "invalid name for the User-Agent: expected visible ASCII characters and spaces, such as my-app/1.0",
            ),
            Self::Transport(e) => write!(f, "the HTTP transport could not be configured: {e}"),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(e) => Some(e),
            _ => None,
        }
    }
}
