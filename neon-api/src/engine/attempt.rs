//! One attempt: the key, an id, and a bound on its time.

use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use neon_api_raw::TransportError;
use neon_api_raw::client::bearer;
use neon_api_raw::transport::{Answer, Call, FailureKind};

use super::Shared;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sends a call once.
pub(super) async fn send(
    shared: &Shared,
    mut call: Call,
    id: &str,
    time: Duration,
) -> Result<Answer, TransportError> {
    let mut is_sent = false;
    let attempt = async {
        let not_sent = |source| TransportError::new(FailureKind::NotSent).with_source(source);
        let key = shared.key.key().await.map_err(not_sent)?;
        let authorization = bearer(&key).map_err(|e| not_sent(e.into()))?;
        let headers = call.request.headers_mut();
        headers.insert(AUTHORIZATION, authorization);
        if let Ok(value) = HeaderValue::try_from(id) {
            headers.insert(REQUEST_ID, value);
        }
        is_sent = true;
        shared.transport.send(call).await
    };
    match tokio::time::timeout(time, attempt).await {
        Ok(outcome) => outcome,
        Err(_) if is_sent => Err(TransportError::new(FailureKind::Timeout)),
        Err(_) => {
            let source = "the API key did not come in time";
            Err(TransportError::new(FailureKind::Deadline).with_source(source))
        }
    }
}

/// A random UUID.
pub(super) fn new_request_id() -> String {
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
        assert!(
            neon_api_raw::ids::OperationId::new(id.clone()).is_ok(),
            "{id}"
        );
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
    }
}
