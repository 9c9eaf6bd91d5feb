//! The outcome of a request, as reported to a limiter.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

/// The meaning of an outcome for the budgets that the request was charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// The API accepted the request: any response except 429 and 5xx.
    Success,
    /// The API rejected the request with 429: one of its budgets was exhausted.
    Refused,
    /// A 5xx response, or no response. It says nothing about a budget.
    Failed,
}

/// The outcome of a request that had a permit.
///
/// ```
/// use std::time::Duration;
///
/// use neon_api::http::{HeaderMap, StatusCode};
/// use neon_api::raw::routes::LIST_PROJECTS;
/// use neon_api::{AccountLimiter, Limiter, Outcome};
/// use tokio::time::Instant;
///
/// // Another process of the account has met the limit: the calls here pause for two seconds too.
/// let headers = HeaderMap::new();
/// let refusal = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, &headers)
///     .with_retry_after(Duration::from_secs(2));
/// AccountLimiter::default().observe(&LIST_PROJECTS, &refusal);
/// ```
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    sent_at: Instant,
    response: Option<(StatusCode, &'a HeaderMap)>,
    retry_after: Option<Duration>,
}

impl<'a> Outcome<'a> {
    /// A response to a request that was sent at this time.
    pub fn response(sent_at: Instant, status: StatusCode, headers: &'a HeaderMap) -> Self {
        Self {
            sent_at,
            response: Some((status, headers)),
            retry_after: None,
        }
    }

    /// No response to a request that was sent at this time.
    pub fn no_response(sent_at: Instant) -> Self {
        Self {
            sent_at,
            response: None,
            retry_after: None,
        }
    }

    /// Sets the wait requested by the API, counted from now.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// Its meaning for the budgets.
    pub fn kind(&self) -> OutcomeKind {
        match self.response {
            Some((StatusCode::TOO_MANY_REQUESTS, _)) => OutcomeKind::Refused,
            Some((status, _)) if !status.is_server_error() => OutcomeKind::Success,
            _ => OutcomeKind::Failed,
        }
    }

    /// When the request was sent.
    pub fn sent_at(&self) -> Instant {
        self.sent_at
    }

    /// The wait requested by the API, if any: `Retry-After` as parsed by the engine. A value longer
    /// than [`longest_retry_after`](crate::RetryPolicy::longest_retry_after) is omitted, since it
    /// ends the call and must not stop others.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The status, if there was a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.response.map(|(status, _)| status)
    }

    /// A header of the response, if there was a response with that header; the first of several.
    pub fn header(&self, name: &HeaderName) -> Option<&'a HeaderValue> {
        self.response.and_then(|(_, headers)| headers.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_429_is_a_refusal_and_only_5xx_a_failure() {
        let headers = HeaderMap::new();
        for status in 200..600 {
            let code = StatusCode::from_u16(status).unwrap();
            let expected = match status {
                429 => OutcomeKind::Refused,
                500.. => OutcomeKind::Failed,
                _ => OutcomeKind::Success,
            };
            let outcome = Outcome::response(Instant::now(), code, &headers);
            assert_eq!(outcome.kind(), expected, "{status}");
        }
        let none = Outcome::no_response(Instant::now());
        assert_eq!(none.kind(), OutcomeKind::Failed);
    }
}
