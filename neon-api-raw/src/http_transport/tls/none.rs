//! No TLS.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::{failure, not_configured};
use crate::client::ConfigError;
use crate::transport::TransportError;

#[derive(Clone)]
pub(in super::super) struct Tls;

impl Tls {
    #[allow(clippy::unnecessary_wraps, reason = "as for the backends")]
    pub(in super::super) fn new() -> Result<Self, ConfigError> {
        Ok(Self)
    }

    #[allow(clippy::unused_self, reason = "as for the backends")]
    pub(in super::super) fn check(&self) -> Result<(), ConfigError> {
        Err(ConfigError::NoTls)
    }

    /// Another crate of the program may have enabled TLS in reqwest and left the choice of a crypto
    /// provider to the program. If there is none, reqwest panics, and it has no method to check
    /// beforehand.
    #[allow(clippy::unused_self, reason = "as for the backends")]
    pub(in super::super) fn build(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::Client, TransportError> {
        match catch_unwind(AssertUnwindSafe(|| builder.build())) {
            Ok(built) => built.map_err(failure::of_request),
            Err(_) => Err(not_configured(ConfigError::NoTlsProvider)),
        }
    }
}
