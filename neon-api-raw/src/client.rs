//! The client that has the generated methods.

use std::fmt;
use std::sync::Arc;

use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};

use crate::http_transport::HttpTransport;
use crate::read::Read;
use crate::request::RequestBuilder;
use crate::response::ByteStream;
use crate::response_future::{self, ResponseFuture, Sending};
use crate::secret::Secret;
use crate::transport::{Transport, TransportError};

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

    pub(crate) fn call_json<T: Read>(&self, request: RequestBuilder) -> ResponseFuture<'_, T> {
        response_future::json(self.send(request))
    }

    pub(crate) fn call_empty(&self, request: RequestBuilder) -> ResponseFuture<'_, ()> {
        ResponseFuture::empty(self.send(request))
    }

    pub(crate) fn call_stream(&self, request: RequestBuilder) -> ResponseFuture<'_, ByteStream> {
        let any = HeaderValue::from_static("*/*");
        ResponseFuture::stream(self.send(request.header(ACCEPT, any)))
    }

    fn send(&self, request: RequestBuilder) -> Sending<'_> {
        let route = request.operation;
        let mut exchange = request.finish();
        if let (Ok(exchange), Some(authorization)) = (&mut exchange, &self.authorization) {
            let headers = exchange.request.headers_mut();
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Sending::new(&self.transport, &self.baseurl, route, exchange)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.baseurl)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
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
