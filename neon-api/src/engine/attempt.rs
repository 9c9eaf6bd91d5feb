//! One attempt: the key, an id, and a bound on its time.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use neon_api_raw::client::{ConfigError, bearer};
use neon_api_raw::transport::{Answer, AnswerBody, Call, FailureKind};
use neon_api_raw::{BoxFuture, Secret, TransportError};

use super::run::Outcome;
use super::{Settings, stream};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Where the API names a request itself.
const ANSWERED_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");

/// The latest key with its header, which is the same for as long as the key is.
#[derive(Default)]
pub(super) struct Bearer(Mutex<Option<(Secret, HeaderValue)>>);

impl Bearer {
    pub(super) fn header(&self, key: Secret) -> Result<HeaderValue, ConfigError> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some((known, header)) if *known == key => Ok(header.clone()),
            _ => {
                let header = bearer(&key)?;
                *latest = Some((key, header.clone()));
                Ok(header)
            }
        }
    }
}

/// The error for a key that could not be had or used.
pub(super) fn no_key(source: Box<dyn Error + Send + Sync>) -> TransportError {
    TransportError::new(FailureKind::NotSent).with_source(source)
}

/// Waits for a key that is not there at once.
pub(super) async fn key_within(
    time: Duration,
    key: BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>>,
) -> Result<Secret, TransportError> {
    match tokio::time::timeout(time, key).await {
        Ok(outcome) => outcome.map_err(no_key),
        Err(_) => {
            let source = "the API key did not come in time";
            Err(TransportError::new(FailureKind::Deadline).with_source(source))
        }
    }
}

/// Sends a call once. The future does not hold the call, which is large.
pub(super) fn send(
    settings: &Settings,
    call: Call,
    time: Duration,
) -> impl Future<Output = Outcome> + Send {
    let sending = settings.transport.send(call);
    async move {
        let Ok(outcome) = tokio::time::timeout(time, sending).await else {
            return Err(TransportError::new(FailureKind::Timeout));
        };
        let mut answer = outcome?;
        if matches!(answer.body, AnswerBody::Stream(_)) {
            stream::bound(&mut answer, settings.read_timeout);
        }
        Ok(answer)
    }
}

/// Keeps the id that the request carried where the answer names none, as a proxy's.
pub(super) fn name_request(answer: &mut Answer, id: &HeaderValue) {
    if !answer.headers.contains_key(ANSWERED_ID) {
        let header = answer.headers.entry(REQUEST_ID);
        header.or_insert_with(|| id.clone());
    }
}

/// A random UUID.
pub(super) fn new_request_id() -> Option<HeaderValue> {
    let bits = fastrand::u128(..);
    let version_4 = (bits & !(0xf << 76)) | (0x4 << 76);
    let variant_1 = (version_4 & !(0x3 << 62)) | (0x2 << 62);
    let mut id = [b'-'; 36];
    // The dashes stand before the fifth, seventh, ninth and eleventh byte.
    let mut places = id.iter_mut();
    for (at, byte) in variant_1.to_be_bytes().into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            places.next();
        }
        for digit in [byte >> 4, byte & 0xf] {
            *places.next()? = if digit < 10 {
                b'0' + digit
            } else {
                b'a' + digit - 10
            };
        }
    }
    HeaderValue::from_bytes(&id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_of_version_4() {
        let id = new_request_id().unwrap();
        let id = id.to_str().unwrap();
        assert!(neon_api_raw::ids::OperationId::new(id).is_ok(), "{id}");
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
        assert_ne!(new_request_id().unwrap(), id);
    }

    #[test]
    fn the_header_follows_the_key() {
        let bearer = Bearer::default();
        for key in ["one", "one", "two", "one"] {
            let header = bearer.header(Secret::new(key)).unwrap();
            assert_eq!(header, format!("Bearer {key}"));
            assert!(header.is_sensitive());
        }
        assert!(bearer.header(Secret::new("a\nb")).is_err());
    }
}
