//! The client's own connections.

use std::sync::Arc;

use neon_api_raw::{HttpTransport, Transport};

use crate::error::ConfigError;

/// This crate and its version.
const OWN: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The settings of the builder.
pub(super) struct Connections {
    pub(super) user_agent: Option<String>,
    pub(super) max_response_bytes: Option<usize>,
}

impl Connections {
    /// The caller's transport, or one built from these settings.
    pub(super) fn transport(
        self,
        given: Option<Arc<dyn Transport>>,
        base_url: &str,
    ) -> Result<Arc<dyn Transport>, ConfigError> {
        let Some(given) = given else {
            return self.own(base_url);
        };
        if self.user_agent.is_some() || self.max_response_bytes.is_some() {
            return Err(ConfigError::Setting(
                "user_agent and max_response_bytes configure the client's own connections: set them on the HttpTransport that is passed to transport(…)",
            ));
        }
        Ok(given)
    }

    fn own(self, base_url: &str) -> Result<Arc<dyn Transport>, ConfigError> {
        if self.max_response_bytes == Some(0) {
            let rule = "max_response_bytes: must be greater than zero";
            return Err(ConfigError::Setting(rule));
        }
        let named = HttpTransport::for_base_url(base_url).and_then(|transport| {
            let transport = transport.user_agent(OWN)?;
            match &self.user_agent {
                Some(name) => transport.user_agent(name),
                None => Ok(transport),
            }
        });
        let transport = named.map_err(ConfigError::Client)?;
        Ok(match self.max_response_bytes {
            Some(bytes) => Arc::new(transport.max_response_bytes(bytes)),
            None => Arc::new(transport),
        })
    }
}
