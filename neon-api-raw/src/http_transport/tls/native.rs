//! TLS with the platform's own library.

use native_tls::TlsConnector;

use super::super::failure;
use crate::client::ConfigError;
use crate::transport::{FailureKind, TransportError};

#[derive(Clone)]
pub(in super::super) struct Tls(TlsConnector);

impl Tls {
    pub(in super::super) fn new() -> Result<Self, ConfigError> {
        TlsConnector::builder()
            .request_alpns(&["h2", "http/1.1"])
            .build()
            .map(Self)
            .map_err(|e| {
                let error = TransportError::new(FailureKind::NotSent);
                ConfigError::Transport(error.with_source(e))
            })
    }

    /// The platform's library loads its certificates itself, and does not trust the server if there
    /// are none.
    #[allow(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "as for the other backends"
    )]
    pub(in super::super) fn check(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    pub(in super::super) fn build(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::Client, TransportError> {
        builder
            .tls_backend_preconfigured(self.0.clone())
            .build()
            .map_err(failure::of_request)
    }
}
