//! One attempt: the key, an id, and a bound on its time.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use http::header::{HeaderName, HeaderValue};
use neon_api_raw::client::bearer;
use neon_api_raw::transport::{Answer, AnswerBody, Call, FailureKind};
use neon_api_raw::{BoxFuture, Secret, TransportError};
use tokio::time::Instant;

use super::run::Outcome;
use super::{Settings, stream};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Where the API names a request itself.
const ANSWERED_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");

/// The latest key with its header, which is the same for as long as the key is.
#[derive(Default)]
pub(super) struct Bearer(Mutex<Option<(Secret, HeaderValue)>>);

impl Bearer {
    pub(super) fn header(&self, key: &Secret) -> Result<HeaderValue, TransportError> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some((known, header)) if known == key => Ok(header.clone()),
            _ => {
                let header = bearer(key).map_err(|e| no_key(e.into()))?;
                *latest = Some((key.clone(), header.clone()));
                Ok(header)
            }
        }
    }
}

/// The error for a key that could not be had or used.
pub(super) fn no_key(source: Box<dyn Error + Send + Sync>) -> TransportError {
    TransportError::new(FailureKind::NotSent).with_source(source)
}

/// Asks for the key.
pub(super) async fn key_within(
    until: Instant,
    key: BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>>,
) -> Result<Secret, TransportError> {
    if let Ok(outcome) = tokio::time::timeout_at(until, key).await {
        outcome.map_err(no_key)
    } else {
        let source = "the API key did not come in time";
        Err(TransportError::new(FailureKind::Deadline).with_source(source))
    }
}

/// Sends a call once. The future does not hold the call, which is large.
pub(super) fn send(
    settings: &Settings,
    call: Call,
    until: Instant,
) -> impl Future<Output = Outcome> + Send {
    let sending = settings.transport.send(call);
    async move {
        let Ok(outcome) = tokio::time::timeout_at(until, sending).await else {
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
    let mut id = Vec::with_capacity(36);
    // Words of eight digits each; the dashes stand before the middle two and within them.
    for (word, is_split) in [(96, false), (64, true), (32, true), (0, false)] {
        let digits = hex_digits((variant_1 >> word & 0xffff_ffff) as u64);
        let (first, last) = digits.split_at(4);
        if is_split {
            id.push(b'-');
        }
        id.extend_from_slice(first);
        if is_split {
            id.push(b'-');
        }
        id.extend_from_slice(last);
    }
    HeaderValue::try_from(id).ok()
}

/// The digits of a number of 32 bits, all at once.
fn hex_digits(number: u64) -> [u8; 8] {
    // A byte for each digit.
    let spread = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // One for each digit from `a` on, which comes 39 characters after what would follow `9`.
    let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (spread + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
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
    fn digits_are_hexadecimal() {
        for number in [0, 0x0123_4567, 0x89ab_cdef, 0xffff_ffff, 0x9a9a_a9a9] {
            assert_eq!(hex_digits(number), format!("{number:08x}").as_bytes());
        }
    }

    #[test]
    fn the_header_follows_the_key() {
        let bearer = Bearer::default();
        for key in ["one", "one", "two", "one"] {
            let header = bearer.header(&Secret::new(key)).unwrap();
            assert_eq!(header, format!("Bearer {key}"));
            assert!(header.is_sensitive());
        }
        assert!(bearer.header(&Secret::new("a\nb")).is_err());
    }
}
