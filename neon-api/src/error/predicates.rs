//! Questions that a caller asks of an error.

use http::StatusCode;
use neon_api_raw::Operation;
use neon_api_raw::error::Failed;
use neon_api_raw::transport::FailureKind;

use super::Error;

impl Error {
    /// The thing does not exist, or the key may not see it (404).
    pub fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND)
    }

    /// Something of that name exists already, or the state forbids the change (409).
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    /// The project's running operations forbid the change for now (423).
    pub fn is_locked(&self) -> bool {
        self.has_status(StatusCode::LOCKED)
    }

    /// The account's or the route's rate is used up (429).
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// A limit of the plan is reached: projects, branches, computes, time, size.
    pub fn is_quota_exceeded(&self) -> bool {
        self.code().is_some_and(|code| {
            code.ends_with("_LIMIT_EXCEEDED")
                || code.ends_with("_TIME_EXCEEDED")
                || code.ends_with("_LIMIT_EXCEEDED_THRESHOLD")
        })
    }

    /// The key is missing, wrong or of the wrong kind, or may not do this (401, 403), or may not
    /// look at what was waited for.
    pub fn is_auth(&self) -> bool {
        if let Self::Wait(report) = self {
            return report.is_refused() && report.poll_error().is_some_and(Self::is_auth);
        }
        self.has_status(StatusCode::UNAUTHORIZED) || self.has_status(StatusCode::FORBIDDEN)
    }

    /// Time ran out: of an attempt, of the call, or of a wait.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Transport(e) => {
                matches!(e.kind(), FailureKind::Timeout | FailureKind::Deadline)
            }
            Self::Wait(e) => e.is_timeout(),
            _ => false,
        }
    }

    /// Nobody knows whether the API did what was asked: look before you ask again.
    ///
    /// So it is after a reset, a time-out or a truncated answer, and when a gateway lost the answer
    /// (500, 502, 504, 520 to 524). It never is for reads.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Transport(e) => e.may_have_happened() && !e.operation().is_safe(),
            Self::Api(e) => {
                matches!(e.status.as_u16(), 500 | 502 | 504 | 520..=524)
                    && !Failed::operation(e).is_safe()
            }
            _ => false,
        }
    }

    /// The same call may succeed later, and making it again does no harm.
    ///
    /// Never for waits: what they wait for exists, and a wait goes on by its handle.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(e) => !self.outcome_unknown() && e.kind() != FailureKind::NotSent,
            Self::Api(e) => match e.status.as_u16() {
                423 | 429 | 503 => true,
                500 | 502 | 504 | 520..=524 => Failed::operation(e).is_safe(),
                _ => false,
            },
            _ => false,
        }
    }

    /// What to do, where that is known.
    pub(super) fn advice(&self) -> Option<&'static str> {
        if self.outcome_unknown() {
            return Some("the API may have done it all the same, so look before you repeat it");
        }
        let error = self.api()?;
        let says = |text| error.message.contains(text);
        match error.status.as_u16() {
            400..=422 if says("org_id") && says("required") => Some(
                "name the organization: by org(…) of the builder or the list, or by NEON_ORG_ID for the whole client",
            ),
            401 if takes_personal_keys(Failed::operation(error)) => {
                Some("check the API key; only a personal one will do here")
            }
            401 => Some("check the API key"),
            400 | 403 | 404 if takes_personal_keys(Failed::operation(error)) => Some(
                "only personal keys may do that, those of an organization or of one project may not",
            ),
            403 => Some(
                "the key may not do that: it may be one of another organization, or of one project",
            ),
            412 if says("password") => {
                Some("the password is not stored; reset it with reset_password to get a new one")
            }
            _ => None,
        }
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }
}

/// Whether a route is about the user that a key belongs to; organizations' keys belong to none.
fn takes_personal_keys(operation: &Operation) -> bool {
    operation.path.starts_with("/users/me") || operation.path == "/api_keys"
}
