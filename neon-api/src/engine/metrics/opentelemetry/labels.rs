//! The attributes. Each has one of a bounded set of values: the operations, statuses and kinds that
//! this crate knows, and one address for each client.

use std::sync::Arc;

use http::Uri;
use neon_api_raw::Route;
use neon_api_raw::enums::{OperationAction, OperationStatus};
use neon_api_raw::types::Operation;
use opentelemetry::{KeyValue, Value};

use super::super::End;

/// Stands for values that the API has added since, of which there may be any number.
const OTHER: &str = "_OTHER";

/// The most attributes of a measurement.
const MOST: usize = 6;

/// The address of the API, as the client was configured.
pub(super) struct Server {
    address: Arc<str>,
    port: i64,
}

impl Server {
    pub(super) fn of(base_url: &str) -> Self {
        let uri = base_url.parse::<Uri>().unwrap_or_default();
        let is_plain = uri.scheme_str() == Some("http");
        let default = if is_plain { 80 } else { 443 };
        Self {
            address: uri.host().unwrap_or_default().into(),
            port: uri.port_u16().unwrap_or(default).into(),
        }
    }
}

/// The attributes of one measurement.
#[derive(Default)]
pub(super) struct Labels(Vec<KeyValue>);

impl Labels {
    fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        if self.0.is_empty() {
            self.0.reserve_exact(MOST);
        }
        self.0.push(KeyValue::new(key, value));
        self
    }

    pub(super) fn all(&self) -> &[KeyValue] {
        &self.0
    }

    /// What the conventions want of a request, without its end.
    pub(super) fn request(self, route: &'static Route, server: &Server) -> Self {
        self.with("http.request.method", route.method)
            .with("server.address", Arc::clone(&server.address))
            .with("server.port", server.port)
            .with("url.template", route.path)
    }

    pub(super) fn operation(self, route: &'static Route) -> Self {
        self.with("neon.api.operation", route.id)
    }

    pub(super) fn end(self, end: End) -> Self {
        match end {
            End::Response(status) => {
                let labels = self.with("http.response.status_code", i64::from(status));
                if status >= 400 {
                    labels.with("error.type", status.to_string())
                } else {
                    labels
                }
            }
            // The names that spans and events have.
            End::Failure(kind) => self.with("error.type", format!("{kind:?}")),
            End::Dropped => self.with("error.type", "Dropped"),
        }
    }

    pub(super) fn retry_reason(self, reason: &'static str) -> Self {
        self.with("neon.retry.reason", reason)
    }

    pub(super) fn wait_outcome(self, outcome: &'static str) -> Self {
        self.with("neon.wait.outcome", outcome)
    }

    pub(super) fn neon_operation(self, operation: &Operation) -> Self {
        let action = known(OperationAction::KNOWN, operation.action.as_str());
        let status = known(OperationStatus::KNOWN, operation.status.as_str());
        self.with("neon.operation.action", action)
            .with("neon.operation.status", status)
    }
}

fn known(all: &'static [&'static str], value: &str) -> &'static str {
    let mut all = all.iter();
    all.find(|known| **known == value).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_base_url() {
        for (url, address, port) in [
            ("https://console.neon.tech/api/v2", "console.neon.tech", 443),
            ("http://127.0.0.1:8080/api/v2", "127.0.0.1", 8080),
            ("http://localhost", "localhost", 80),
            ("https://[::1]:9", "[::1]", 9),
        ] {
            let server = Server::of(url);
            assert_eq!((&*server.address, server.port), (address, port), "{url}");
        }
    }

    #[test]
    fn what_is_not_known_is_one_value() {
        assert_eq!(known(OperationStatus::KNOWN, "finished"), "finished");
        assert_eq!(known(OperationStatus::KNOWN, "br-cool-sun-1"), OTHER);
    }
}
