//! How a request ended, as a limiter hears of it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

/// What an outcome says about the budgets that the request was sent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// The API took the request: any response but 429 and those with a status of 5xx.
    Success,
    /// The API refused the request with 429: it came too soon for one of its budgets.
    Refused,
    /// A response with a status of 5xx, or none at all. It says nothing about a budget.
    Failed,
}

/// How a request ended that had its permit.
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

    /// With the time that the API asked to wait for, counted from now.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// What it says about the budgets.
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

    /// How long the API asked to wait, if it did. `Retry-After` as the engine has read it: what is
    /// longer than [`longest_retry_after`](crate::RetryPolicy::longest_retry_after) is left out,
    /// since it ends the call and is no reason to stop others.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The status, if there was a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.response.map(|(status, _)| status)
    }

    /// A header of the response, if there was a response and it has that header; the first of
    /// several.
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
