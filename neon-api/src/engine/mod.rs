//! The engine below every call: raw and ergonomic calls, pages and polls all pass through it.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use neon_api_raw::client::bearer;
use neon_api_raw::transport::{Answer, Call, FailureKind};
use neon_api_raw::{BoxFuture, Transport, TransportError};

use crate::key::KeyProvider;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sends calls through the transport below it, each attempt with the key and an id of its own, and
/// within the attempt's time.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) key: Arc<dyn KeyProvider>,
    pub(crate) attempt_timeout: Duration,
}

impl Engine {
    async fn attempt(&self, mut call: Call) -> Result<Answer, TransportError> {
        let not_sent = |source| TransportError::new(FailureKind::NotSent).with_source(source);
        let key = self.key.key().await.map_err(not_sent)?;
        let authorization = bearer(&key).map_err(|e| not_sent(e.into()))?;
        let request_id = new_request_id();
        let headers = call.request.headers_mut();
        headers.insert(AUTHORIZATION, authorization);
        if let Ok(value) = HeaderValue::try_from(request_id.as_str()) {
            headers.insert(REQUEST_ID, value);
        }
        match tokio::time::timeout(self.attempt_timeout, self.transport.send(call)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(error.with_request_id(request_id)),
            Err(_) => Err(TransportError::new(FailureKind::Timeout).with_request_id(request_id)),
        }
    }
}

impl Transport for Engine {
    fn send<'a>(&'a self, call: Call) -> BoxFuture<'a, Result<Answer, TransportError>> {
        Box::pin(self.attempt(call))
    }
}

/// A random UUID.
fn new_request_id() -> String {
    let bits = fastrand::u128(..);
    let version_4 = (bits & !(0xf << 76)) | (0x4 << 76);
    let variant_1 = (version_4 & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{variant_1:032x}");
    let mut id = String::with_capacity(36);
    for (at, digit) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::new_request_id;

    #[test]
    fn request_ids_are_uuids_of_version_4() {
        let id = new_request_id();
        assert!(neon_api_raw::ids::OperationId::new(id.clone()).is_ok(), "{id}");
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
    }
}
