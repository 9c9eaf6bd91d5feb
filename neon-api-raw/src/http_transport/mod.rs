//! The HTTP transport.

mod body;
mod clients;
mod connecting;
mod exchange;
mod explained;
mod failure;
mod probe;
mod proxy;
mod request;
mod tls;
mod tls_error;
mod user_agent;

use std::sync::Arc;

use crate::client::ConfigError;
use crate::transport::{BoxFuture, Exchange, FailureKind, Response, Transport, TransportError};
use crate::upload::Upload;
use crate::urls::Urls;

use self::clients::Clients;
pub(crate) use self::explained::Explained;
use self::probe::Probe;
use self::tls::Tls;
use self::user_agent::UserAgent;

/// The default of [`HttpTransport::max_response_bytes`]: 64 MiB.
const MAX_RESPONSE_BYTES: usize = 64 << 20;

/// Sends each call once with [`reqwest`], without rate limits, retries or timeouts, except a
/// connect timeout of 10 seconds. Redirects are not followed: the API has none, and following one
/// could carry the key to another host. Proxies are those of the environment (`HTTPS_PROXY`,
/// `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
///
/// Each Tokio runtime has its own connections, which are closed with it: connections are driven by
/// the runtime that opened them, and would stall on other runtimes while it is idle.
///
/// A body that ends before its `Content-Length` is [`FailureKind::Interrupted`], even if the
/// protocol reports a normal end, unless the status is 3xx or 4xx: then the part that arrived is
/// returned.
///
/// ```
/// use neon_api_raw::{Client, HttpTransport};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = HttpTransport::new()?
///     .user_agent("my-app/1.0")?
///     .max_response_bytes(8 << 20);
/// let client = Client::builder().api_key("napi_abc").transport(transport).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HttpTransport {
    clients: Clients,
    user_agent: UserAgent,
    max_response_bytes: usize,
    urls: Arc<Urls>,
    probe: Arc<Probe>,
}

impl HttpTransport {
    /// Creates a transport with its own connections. CA certificates are loaded when the first TLS
    /// session needs them; [`for_base_url`](Self::for_base_url) checks immediately whether there
    /// are any.
    ///
    /// # Errors
    ///
    /// [`FailureKind::NotSent`] if TLS cannot be configured, such as when the feature
    /// `rustls-no-provider` is used and no crypto provider is installed. The source is a
    /// [`ConfigError`].
    pub fn new() -> Result<Self, TransportError> {
        Tls::new().map(Self::over).map_err(not_configured)
    }

    /// Creates a transport with its own connections, checked for this base URL.
    ///
    /// # Errors
    ///
    /// For an `https` URL, [`ConfigError::NoTls`] if the crate was built without TLS, and
    /// [`ConfigError::NoCaCertificates`] if there are no certificates to verify the server.
    /// [`ConfigError::NoTlsProvider`] if the feature `rustls-no-provider` is used and no crypto
    /// provider is installed, and [`ConfigError::Transport`] if TLS cannot be configured for
    /// another reason.
    pub fn for_base_url(url: &str) -> Result<Self, ConfigError> {
        let tls = Tls::new()?;
        if has_https(url) {
            tls.check()?;
        }
        Ok(Self::over(tls))
    }

    /// Creates a transport with a client that the caller has configured: proxies, certificates,
    /// pools. All runtimes share the connections of such a client, and its own timeouts apply. If
    /// it has no connect timeout, a connect that exceeds a call's [`deadline`](Exchange::deadline)
    /// counts as [`FailureKind::Timeout`].
    ///
    /// By default such a client follows redirects, and retries requests that an HTTP/2 server
    /// refused without processing; configure it as below if each call must be exactly one request.
    /// The `User-Agent` is the transport's: extend it with [`user_agent`](Self::user_agent).
    ///
    /// ```
    /// use neon_api_raw::{HttpTransport, reqwest};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let network = reqwest::Client::builder()
    ///     .proxy(reqwest::Proxy::all("http://proxy.example:3128")?)
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .retry(reqwest::retry::never())
    ///     .build()?;
    /// let transport = HttpTransport::with_client(network).user_agent("my-app/1.0")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_client(client: reqwest::Client) -> Self {
        Self::of(Clients::Given(client))
    }

    fn over(tls: Tls) -> Self {
        Self::of(Clients::own(tls))
    }

    fn of(clients: Clients) -> Self {
        let knows_proxy = matches!(clients, Clients::Own(_));
        Self {
            clients,
            user_agent: UserAgent::default(),
            max_response_bytes: MAX_RESPONSE_BYTES,
            urls: Arc::default(),
            probe: Arc::new(Probe::new(knows_proxy)),
        }
    }

    /// Prepends the name of a program or library, such as `my-app/1.0`, to the `User-Agent` of
    /// requests, which is `neon-api-raw/` and its version. If called several times, the last name
    /// comes first.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UserAgent`] if the name is empty or has characters other than visible ASCII
    /// and spaces.
    pub fn user_agent(mut self, name: &str) -> Result<Self, ConfigError> {
        self.user_agent = self.user_agent.behind(name)?;
        Ok(self)
    }

    /// Maximum size of the body of a successful response, in bytes; 64 MiB by default. A larger one
    /// is [`FailureKind::TooLarge`]. Bodies read as a stream ([`Exchange::streams`]) have no limit.
    /// Of bodies of other statuses, up to 64 KiB are read, and no more than this.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }
}

impl Transport for HttpTransport {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let (streams, deadline) = (call.streams, call.deadline);
        // Prepared outside of the future, which would otherwise contain the request twice, and boxed,
        // since the future would keep its place while it reads the response.
        let request = self.prepare(call).map(Box::new);
        Box::pin(async move {
            let mut prepared = request?;
            let is_head = *prepared.request.method() == http::Method::HEAD;
            if let Some(upload) = prepared.upload.take() {
                Box::pin(request::attach(&mut prepared.request, &upload, deadline)).await?;
            }
            // Looked up when polled, since the polling runtime may differ from the calling one:
            // connections belong to the runtime that waits for them.
            let client = self.clients.current()?;
            let sending = client.execute(prepared.request);
            let response = exchange::response(sending, &self.probe, deadline).await?;
            let limits = body::Limits {
                max_bytes: self.max_response_bytes,
                deadline,
            };
            body::answer(response, streams, is_head, limits).await
        })
    }

    fn accepts_uploads(&self) -> bool {
        true
    }
}

struct Prepared {
    request: reqwest::Request,
    upload: Option<Upload>,
}

impl HttpTransport {
    fn prepare(&self, call: Exchange) -> Result<Prepared, TransportError> {
        let secure = call.request.uri().scheme() == Some(&http::uri::Scheme::HTTPS);
        if secure && !tls::IS_BUILT_IN && matches!(self.clients, Clients::Own(_)) {
            return Err(not_configured(ConfigError::NoTls));
        }
        Ok(Prepared {
            request: request::network_request(&self.urls, &self.user_agent, call.request)?,
            upload: call.upload,
        })
    }
}

fn not_configured(error: ConfigError) -> TransportError {
    match error {
        ConfigError::Transport(error) => error,
        error => TransportError::new(FailureKind::NotSent).with_source(error),
    }
}

fn has_https(url: &str) -> bool {
    let scheme = url.split("://").next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("https")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;

    #[test]
    fn https_needs_tls() {
        for (url, expected) in [
            ("https://console.neon.tech/api/v2", true),
            ("HTTPS://host", true),
            ("http://127.0.0.1:9/https://", false),
        ] {
            assert_eq!(has_https(url), expected, "{url}");
        }
        let has_tls = cfg!(any(feature = "rustls", feature = "native-tls"));
        let built = Client::builder().build();
        assert_eq!(built.is_ok(), has_tls, "{built:?}");
    }
}
