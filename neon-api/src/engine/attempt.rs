//! One attempt: the key, a request ID, and a timeout.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use neon_api_raw::client::bearer;
use neon_api_raw::transport::{Exchange, FailureKind, Response, ResponseBody, deliver};
use neon_api_raw::{BoxFuture, Secret, TransportError};
use tokio::time::Instant;

use super::request_id::RequestId;
use super::run::Outcome;
use super::{Settings, stream};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header in which the API returns its own request ID.
const ANSWERED_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");

/// A provider's latest key with its header, which is the same for as long as the key is.
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

/// The error for a key that could not be fetched or used.
pub(super) fn no_key(source: Box<dyn Error + Send + Sync>) -> TransportError {
    TransportError::new(FailureKind::NotSent).with_source(source)
}

/// Fetches the key.
pub(super) async fn key_within(
    until: Instant,
    key: BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>>,
) -> Result<Secret, TransportError> {
    if let Ok(outcome) = tokio::time::timeout_at(until, key).await {
        outcome.map_err(no_key)
    } else {
        let source = "the key provider did not return an API key in time";
        Err(TransportError::new(FailureKind::Deadline).with_source(source))
    }
}

/// The call as one attempt sends it. The key and the ID are set in the call itself, whose headers have
/// room for them: a clone of its headers has no room left, and would grow with the first that is added.
pub(super) fn prepare(call: &mut Exchange, authorization: HeaderValue, id: &RequestId) -> Exchange {
    let headers = call.request.headers_mut();
    headers.insert(AUTHORIZATION, authorization);
    if let Ok(id) = id.header() {
        headers.insert(REQUEST_ID, id);
    }
    call.clone()
}

/// Sends a call once. The future does not hold the call, which is large.
pub(super) fn send(
    settings: &Settings,
    mut call: Exchange,
    until: Instant,
) -> impl Future<Output = Outcome> + Send {
    // The timeout below polls the transport once more when it is over, and prefers what it says.
    call.deadline = Some(until);
    let sending = deliver(&*settings.transport, call);
    async move {
        let Ok(outcome) = tokio::time::timeout_at(until, sending).await else {
            return Err(TransportError::new(FailureKind::Timeout));
        };
        let mut answer = outcome?;
        if matches!(answer.body, ResponseBody::Stream(_)) {
            stream::bound(&mut answer, settings.read_timeout);
        }
        Ok(answer)
    }
}

/// Keeps the ID that was sent with the request if the response has none, such as that of a proxy.
pub(super) fn name_request(answer: &mut Response, id: &RequestId) {
    if !answer.headers.contains_key(ANSWERED_ID)
        && !answer.headers.contains_key(REQUEST_ID)
        && let Ok(id) = id.header()
    {
        answer.headers.insert(REQUEST_ID, id);
    }
}

/// The request ID of a response.
pub(super) fn response_id(answer: &Response) -> Option<String> {
    let headers = &answer.headers;
    let id = headers
        .get(ANSWERED_ID)
        .or_else(|| headers.get(REQUEST_ID))?;
    id.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

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
