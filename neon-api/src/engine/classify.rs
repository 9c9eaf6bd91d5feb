//! Which outcomes are repeated.

use http::StatusCode;
use neon_api_raw::transport::{Answer, FailureKind};
use neon_api_raw::{Operation, TransportError};

/// Why an attempt is worth repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// 429: the request was not taken.
    RateLimited,
    /// 423: the project's operations have to end first.
    Locked,
    /// 503: the request was not taken.
    Unavailable,
    /// The server failed at a request that may be repeated.
    ServerError,
    /// Nothing was sent.
    NotConnected,
    /// The answer to a request that may be repeated did not come whole.
    NoAnswer,
}

impl Cause {
    /// Whether the repetition is paid from the budget that keeps outages from being multiplied.
    /// 429 and 423 are the API's ordinary ways of saying "later".
    pub(super) fn is_budgeted(self) -> bool {
        !matches!(self, Self::RateLimited | Self::Locked)
    }

    /// The name of the cause in traces.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Locked => "locked",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server_error",
            Self::NotConnected => "not_connected",
            Self::NoAnswer => "no_answer",
        }
    }
}

/// Why an outcome is worth repeating, if it is.
pub(super) fn cause(
    operation: &Operation,
    outcome: &Result<Answer, TransportError>,
) -> Option<Cause> {
    let if_safe = |cause| operation.is_safe().then_some(cause);
    match outcome {
        Ok(answer) => match answer.status {
            StatusCode::TOO_MANY_REQUESTS => Some(Cause::RateLimited),
            StatusCode::LOCKED => Some(Cause::Locked),
            StatusCode::SERVICE_UNAVAILABLE => Some(Cause::Unavailable),
            status if matches!(status.as_u16(), 500 | 502 | 504 | 520..=524) => {
                if_safe(Cause::ServerError)
            }
            _ => None,
        },
        Err(error) => match error.kind() {
            FailureKind::Connect => Some(Cause::NotConnected),
            FailureKind::Timeout | FailureKind::Interrupted => if_safe(Cause::NoAnswer),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use neon_api_raw::operations::{CREATE_PROJECT, DELETE_PROJECT, LIST_PROJECTS, UPDATE_PROJECT};

    fn after_status(operation: &Operation, status: u16) -> Option<Cause> {
        let status = StatusCode::from_u16(status).unwrap();
        cause(operation, &Ok(Answer::new(status, HeaderMap::new(), "")))
    }

    fn after_failure(operation: &Operation, kind: FailureKind) -> Option<Cause> {
        cause(operation, &Err(TransportError::new(kind)))
    }

    #[test]
    fn the_table_of_statuses() {
        for status in 200..600 {
            let (safe, other) = match status {
                429 => (Some(Cause::RateLimited), Some(Cause::RateLimited)),
                423 => (Some(Cause::Locked), Some(Cause::Locked)),
                503 => (Some(Cause::Unavailable), Some(Cause::Unavailable)),
                500 | 502 | 504 | 520..=524 => (Some(Cause::ServerError), None),
                _ => (None, None),
            };
            assert_eq!(after_status(&LIST_PROJECTS, status), safe, "GET {status}");
            for operation in [&CREATE_PROJECT, &UPDATE_PROJECT, &DELETE_PROJECT] {
                assert_eq!(
                    after_status(operation, status),
                    other,
                    "{operation} {status}"
                );
            }
        }
    }

    #[test]
    fn the_table_of_failures() {
        for (kind, safe, other) in [
            (
                FailureKind::Connect,
                Some(Cause::NotConnected),
                Some(Cause::NotConnected),
            ),
            (FailureKind::Timeout, Some(Cause::NoAnswer), None),
            (FailureKind::Interrupted, Some(Cause::NoAnswer), None),
            (FailureKind::Deadline, None, None),
            (FailureKind::NotSent, None, None),
        ] {
            assert_eq!(after_failure(&LIST_PROJECTS, kind), safe, "GET {kind:?}");
            assert_eq!(after_failure(&CREATE_PROJECT, kind), other, "POST {kind:?}");
        }
    }
}
