//! Classifies the outcome of an attempt: whether the request took effect, and whether to retry.
//!
//! This is the only such table: the engine uses it to retry, and the predicates of
//! [`Error`](crate::Error) use it to report.

use http::StatusCode;
use neon_api_raw::transport::FailureKind;
use neon_api_raw::{Route, TransportError};

/// Why an attempt is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// 429: the request was not accepted.
    RateLimited,
    /// 423: the project's operations have to end first.
    Locked,
    /// 503 in the API's own form: the request was not accepted. For a read, any 503.
    Unavailable,
    /// The server, or a gateway, failed on a read.
    ServerError,
    /// Nothing was sent, for a reason that can pass.
    NotConnected,
    /// The host name could not be resolved, which is rarely temporary.
    UnknownHost,
    /// The response to a read was incomplete.
    NoResponse,
}

impl Cause {
    /// Whether the retry is paid from the budget that keeps outages from being multiplied. 429 and
    /// 423 are the API's ordinary ways of saying "later".
    pub(crate) fn is_budgeted(self) -> bool {
        !matches!(self, Self::RateLimited | Self::Locked)
    }

    /// The name of the cause in traces.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Locked => "locked",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server_error",
            Self::NotConnected => "not_connected",
            Self::UnknownHost => "unknown_host",
            Self::NoResponse => "no_response",
        }
    }
}

/// The class of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A retry may succeed and is safe: nothing was done, or the call only reads.
    Retry(Cause),
    /// The call's time or patience is used up before anything was done: another call may succeed.
    Later,
    /// A change that may have taken effect.
    Unknown,
    /// Final: a success, or an error that a retry does not change.
    Final,
}

impl Verdict {
    /// Whether making the same call again is safe and may succeed.
    pub(crate) fn is_retryable(self) -> bool {
        match self {
            // A name that stays unknown for seconds is a wrong one.
            Self::Retry(cause) => cause != Cause::UnknownHost,
            Self::Later => true,
            Self::Unknown | Self::Final => false,
        }
    }
}

/// Classifies a response. The body is checked for the API's own error form only if it matters.
///
/// A status that says that nothing was done is final for a change, and not an unknown outcome: 425
/// (the server did not risk to process the request), 501 and 505 (it does not support it), 511 (a
/// proxy on the way wants a login first; for reads as well, except 425). Those from 520 to 530 are
/// a gateway's own, without a standard; some say in its documentation that the server was not
/// reached, but other gateways use the same numbers, so that a change stays unknown after them.
/// Statuses above 599 are not valid, and count as 5xx (RFC 9110, 15).
pub(crate) fn of_response(
    operation: &Route,
    status: StatusCode,
    is_api_form: impl FnOnce() -> bool,
) -> Verdict {
    let is_safe = operation.is_safe();
    match status.as_u16() {
        423 => Verdict::Retry(Cause::Locked),
        429 => Verdict::Retry(Cause::RateLimited),
        503 if is_safe || is_api_form() => Verdict::Retry(Cause::Unavailable),
        501 | 505 | 511 => Verdict::Final,
        425 if !is_safe => Verdict::Final,
        408 | 425 | 500.. if is_safe => Verdict::Retry(Cause::ServerError),
        408 | 500.. => Verdict::Unknown,
        _ => Verdict::Final,
    }
}

/// Classifies a call without a complete response.
pub(crate) fn of_failure(operation: &Route, error: &TransportError) -> Verdict {
    let is_safe = operation.is_safe();
    if !is_safe && error.may_have_happened() {
        return Verdict::Unknown;
    }
    match error.kind() {
        FailureKind::Connect => Verdict::Retry(Cause::NotConnected),
        FailureKind::UnknownHost => Verdict::Retry(Cause::UnknownHost),
        FailureKind::Timeout | FailureKind::Interrupted if is_safe => {
            Verdict::Retry(Cause::NoResponse)
        }
        FailureKind::Deadline | FailureKind::RateLimited | FailureKind::Unavailable => {
            Verdict::Later
        }
        // Certificates, proxies, sizes and keys stay as they are.
        _ => Verdict::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use neon_api_raw::routes::{CREATE_PROJECT, DELETE_PROJECT, LIST_PROJECTS, UPDATE_PROJECT};

    const CHANGES: [&Route; 3] = [&CREATE_PROJECT, &UPDATE_PROJECT, &DELETE_PROJECT];

    fn after(operation: &Route, status: u16, is_api_form: bool) -> Verdict {
        let status = StatusCode::from_u16(status).unwrap();
        of_response(operation, status, || is_api_form)
    }

    #[test]
    fn the_table_of_statuses() {
        use Verdict::{Final, Retry, Unknown};
        for is_api_form in [true, false] {
            for status in 100..=999 {
                let (read, change) = match status {
                    429 => (Retry(Cause::RateLimited), Retry(Cause::RateLimited)),
                    423 => (Retry(Cause::Locked), Retry(Cause::Locked)),
                    503 if is_api_form => (Retry(Cause::Unavailable), Retry(Cause::Unavailable)),
                    503 => (Retry(Cause::Unavailable), Unknown),
                    425 => (Retry(Cause::ServerError), Final),
                    501 | 505 | 511 => (Final, Final),
                    408 | 500..=999 => (Retry(Cause::ServerError), Unknown),
                    _ => (Final, Final),
                };
                assert_eq!(
                    after(&LIST_PROJECTS, status, is_api_form),
                    read,
                    "GET {status}"
                );
                for operation in CHANGES {
                    let verdict = after(operation, status, is_api_form);
                    assert_eq!(verdict, change, "{operation} {status}");
                }
            }
        }
    }

    #[test]
    fn the_table_of_failures() {
        use Verdict::{Final, Later, Retry, Unknown};
        for (kind, read, change) in [
            (
                FailureKind::Connect,
                Retry(Cause::NotConnected),
                Retry(Cause::NotConnected),
            ),
            (
                FailureKind::UnknownHost,
                Retry(Cause::UnknownHost),
                Retry(Cause::UnknownHost),
            ),
            (FailureKind::Tls, Final, Final),
            (FailureKind::Proxy, Final, Final),
            (FailureKind::Timeout, Retry(Cause::NoResponse), Unknown),
            (FailureKind::Interrupted, Retry(Cause::NoResponse), Unknown),
            (FailureKind::TooLarge, Final, Unknown),
            (FailureKind::Deadline, Later, Later),
            (FailureKind::RateLimited, Later, Later),
            (FailureKind::Unavailable, Later, Later),
            (FailureKind::NotSent, Final, Final),
        ] {
            let error = TransportError::new(kind);
            assert_eq!(of_failure(&LIST_PROJECTS, &error), read, "GET {kind:?}");
            for operation in CHANGES {
                assert_eq!(
                    of_failure(operation, &error),
                    change,
                    "{operation} {kind:?}"
                );
            }
        }
    }

    #[test]
    fn an_earlier_effect_outweighs_what_came_after_it() {
        let error = TransportError::new(FailureKind::Deadline).with_possible_effect();
        assert_eq!(of_failure(&CREATE_PROJECT, &error), Verdict::Unknown);
        assert_eq!(of_failure(&LIST_PROJECTS, &error), Verdict::Later);
    }

    #[test]
    fn what_cannot_pass_is_not_retryable() {
        assert!(!Verdict::Retry(Cause::UnknownHost).is_retryable());
        assert!(Verdict::Retry(Cause::NotConnected).is_retryable());
        assert!(Verdict::Later.is_retryable());
        assert!(!Verdict::Unknown.is_retryable() && !Verdict::Final.is_retryable());
    }
}
