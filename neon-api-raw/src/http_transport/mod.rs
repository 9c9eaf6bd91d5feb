//! The transport that sends over the network.

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
use crate::transport::{Answer, BoxFuture, Exchange, FailureKind, Transport, TransportError};
use crate::urls::Urls;

use self::clients::Clients;
pub(crate) use self::explained::Explained;
use self::probe::Probe;
use self::tls::Tls;
use self::user_agent::UserAgent;

/// How much of a response's body is read, unless [`HttpTransport::max_response_bytes`] says
/// otherwise: 64 MiB.
const MAX_RESPONSE_BYTES: usize = 64 << 20;

/// Sends each call once with [`reqwest`], without limits, retries or timeouts of its own beyond
/// the one for connecting, 10 seconds. Redirects are not followed: the API has none, and following
/// one could carry the key to another host. Proxies are those of the environment (`HTTPS_PROXY`,
/// `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
///
/// Each Tokio runtime has connections of its own, which end with it: connections are driven by the
/// runtime that opened them, and would stall the others while it is idle.
///
/// A body that ends before its `Content-Length` is [`FailureKind::Interrupted`], whatever the
/// protocol says of its end, unless the status decides: of a 3xx or 4xx, what came of the body is
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
    /// A transport with connections of its own. CA certificates are loaded when the first TLS
    /// session needs them; [`for_base_url`](Self::for_base_url) finds out at once whether there
    /// are any.
    ///
    /// # Errors
    ///
    /// [`FailureKind::NotSent`] when TLS cannot be configured, as when no provider of cryptography
    /// is installed that the feature `rustls-no-provider` needs. The source is a [`ConfigError`].
    pub fn new() -> Result<Self, TransportError> {
        Tls::new().map(Self::over).map_err(not_configured)
    }

    /// A transport with connections of its own, which can reach this URL.
    ///
    /// # Errors
    ///
    /// For an `https` URL, [`ConfigError::NoTls`] if the crate was built without TLS, and
    /// [`ConfigError::NoCaCertificates`] if there are no certificates to check the server's by.
    /// [`ConfigError::NoTlsProvider`] if the feature `rustls-no-provider` finds no provider, and
    /// [`ConfigError::Transport`] if TLS cannot be configured for another reason.
    pub fn for_base_url(url: &str) -> Result<Self, ConfigError> {
        let tls = Tls::new()?;
        if has_https(url) {
            tls.check()?;
        }
        Ok(Self::over(tls))
    }

    /// A transport over a client that the caller has configured: proxies, certificates, pools. All
    /// runtimes share the connections of such a client, and its own timeouts hold. Without the
    /// timeout for connecting that it may have, a connect that outlasts a call's
    /// [`deadline`](Exchange::deadline) counts as [`FailureKind::Timeout`].
    ///
    /// Such a client by default follows redirects, and sends again what an HTTP/2 server refused
    /// unseen; configure it as below if each call is to be one request to one place. The
    /// `User-Agent` is the transport's: extend it by [`user_agent`](Self::user_agent).
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

    /// Puts the name of a program or library in front of the `User-Agent` that requests carry,
    /// `neon-api-raw/` and its version: `my-app/1.0`. Of several calls, the last name comes first.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UserAgent`] when the name is empty or has other characters than visible ASCII
    /// and blanks.
    pub fn user_agent(mut self, name: &str) -> Result<Self, ConfigError> {
        self.user_agent = self.user_agent.behind(name)?;
        Ok(self)
    }

    /// How large the body of a success may be that is read whole, in bytes; 64 MiB by default. A
    /// larger one is [`FailureKind::TooLarge`]. Bodies that are read as a stream
    /// ([`Exchange::streams`]) have no bound. Of a body of another status, up to 64 KiB are read, and
    /// no more than this.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }
}

impl Transport for HttpTransport {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let (streams, deadline) = (call.streams, call.deadline);
        // Prepared outside of the future, which would else hold the request twice.
        let request = self.prepare(call);
        Box::pin(async move {
            let request = request?;
            let is_head = *request.method() == http::Method::HEAD;
            // Found by who polls, which need not be who made the call: connections belong to the
            // runtime that waits for them.
            let client = self.clients.current()?;
            let sending = client.execute(request);
            let response = exchange::response(sending, &self.probe, deadline).await?;
            let limits = body::Limits {
                max_bytes: self.max_response_bytes,
                deadline,
            };
            body::answer(response, streams, is_head, limits).await
        })
    }
}

impl HttpTransport {
    fn prepare(&self, call: Exchange) -> Result<reqwest::Request, TransportError> {
        let secure = call.request.uri().scheme() == Some(&http::uri::Scheme::HTTPS);
        if secure && !tls::IS_BUILT_IN && matches!(self.clients, Clients::Own(_)) {
            return Err(not_configured(ConfigError::NoTls));
        }
        request::network_request(&self.urls, &self.user_agent, call.request)
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
