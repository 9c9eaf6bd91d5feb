//! Predicates of errors.

use http::StatusCode;
use neon_api_raw::ApiError;
use neon_api_raw::error::Failed;
use neon_api_raw::transport::FailureKind;

use super::Error;
use super::advice::of_plan;
use crate::classify::{Verdict, of_failure, of_response};

/// The message of a 404 in the API's form for a path that is not served. The emulator responds so; what
/// the API does is not documented.
const NO_ROUTE: &str = "this route does not exist";

/// Whether the API does not serve the path, so that the base URL is wrong.
pub(crate) fn is_unknown_route(error: &ApiError) -> bool {
    error.status == StatusCode::NOT_FOUND
        && error.is_api_form()
        && error.message.eq_ignore_ascii_case(NO_ROUTE)
}

/// Whether the API itself says that the resource does not exist.
pub(crate) fn is_missing(error: &ApiError) -> bool {
    error.status == StatusCode::NOT_FOUND && error.is_api_form() && !is_unknown_route(error)
}

impl Error {
    /// The resource does not exist, or the key has no access to it (404).
    ///
    /// Only if the API itself says so ([`ApiError::is_api_form`](crate::ApiError::is_api_form)):
    /// the 404 of a gateway or proxy, such as a page of HTML, says nothing about the resource, and
    /// a wrong base URL gives one too. Nor does one in the API's form that says "this route does not
    /// exist", which is that of a wrong base URL as well. The other predicates accept a status from any
    /// sender, since the caller has to react in the same way.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let found = match branch.get().await {
    ///     Ok(branch) => Some(branch),
    ///     Err(error) if error.is_not_found() => None,
    ///     Err(error) => return Err(error),
    /// };
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_not_found(&self) -> bool {
        if let Self::Wait(report) = self {
            return report.is_not_found();
        }
        self.api().is_some_and(|error| is_missing(error))
    }

    /// The name is already taken, or the state does not allow the change (409). Not retried.
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    /// The project's running operations blocked the change (423) for as long as
    /// [`locked_timeout`](crate::RetryPolicy::locked_timeout) allows a call to wait for them.
    pub fn is_locked(&self) -> bool {
        self.has_status(StatusCode::LOCKED)
    }

    /// The rate limit of the account or the route was exceeded (429), and the retries that
    /// [`max_elapsed`](crate::RetryPolicy::max_elapsed) allows did not help, or the API asked for a
    /// longer wait than [`longest_retry_after`](crate::RetryPolicy::longest_retry_after). Also if
    /// the call was never sent because all of the client's requests were rejected with 429
    /// meanwhile.
    pub fn is_rate_limited(&self) -> bool {
        match self {
            Self::Transport(e) => e.kind() == FailureKind::RateLimited,
            _ => self.has_status(StatusCode::TOO_MANY_REQUESTS),
        }
    }

    /// A limit of the plan was reached: projects, branches, computes, time or size.
    /// [`code`](Self::code) returns which.
    pub fn is_quota_exceeded(&self) -> bool {
        self.code().is_some_and(|code| {
            code.ends_with("_LIMIT_EXCEEDED")
                || code.ends_with("_TIME_EXCEEDED")
                || code.ends_with("_LIMIT_EXCEEDED_THRESHOLD")
        })
    }

    /// The plan of the account does not have what was asked for (403), which for now is consumption
    /// history: trying again does not help, and neither does another key. Only if the API says so; a
    /// key without access gets 403 as well.
    ///
    /// ```no_run
    /// # async fn run(consumption: neon_api::consumption::Consumption) -> Result<(), neon_api::Error> {
    /// match consumption.by_project("org-ocean-art-12345678", ["compute_unit_seconds"]).await {
    ///     Ok(projects) => println!("{} projects", projects.len()),
    ///     Err(error) if error.is_missing_from_plan() => println!("no figures on this plan"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_missing_from_plan(&self) -> bool {
        self.api().is_some_and(of_plan)
    }

    /// The key is missing, wrong or of the wrong kind, or lacks permission (401, 403), also for polling
    /// the operations of a wait.
    pub fn is_auth(&self) -> bool {
        if let Self::Wait(report) = self {
            return report.is_refused() && report.poll_error().is_some_and(Self::is_auth);
        }
        self.has_status(StatusCode::UNAUTHORIZED) || self.has_status(StatusCode::FORBIDDEN)
    }

    /// A timeout expired: of an attempt ([`attempt_timeout`](crate::NeonBuilder::attempt_timeout)),
    /// of the call ([`with_call_timeout`](crate::Neon::with_call_timeout)), or of a wait
    /// ([`Ready::timeout`](crate::Ready::timeout)), of operations or for a login.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Transport(e) => {
                matches!(e.kind(), FailureKind::Timeout | FailureKind::Deadline)
            }
            Self::Wait(e) => e.is_timeout(),
            #[cfg(feature = "connect")]
            Self::Connect(e) => e.is_timeout(),
            _ => false,
        }
    }

    /// The client itself blocked the call, and nothing was sent: because of a guard rail
    /// ([`read_only`](crate::Neon::read_only), [`only_projects`](crate::Neon::only_projects),
    /// [`protect`](crate::Neon::protect), [`dry_run`](crate::Neon::dry_run)), because the
    /// [audit log](crate::AuditLog) did not record it, or because it is
    /// [shutting down](crate::Neon::shutdown). [`blocked`](Self::blocked) returns which.
    pub fn is_blocked(&self) -> bool {
        self.blocked().is_some()
    }

    /// It is unknown whether the change took effect: check before you retry.
    ///
    /// True after a reset, a timeout, or a truncated or oversized response; after 408 and 5xx
    /// (except 503 in the API's own form, and 501, 505 and 511, which mean that nothing was done);
    /// and after a successful response that could not be read ([`Error::Decode`]). Never true for
    /// GET and HEAD. [`RetryPolicy`](crate::RetryPolicy) has the table.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use futures::TryStreamExt;
    ///
    /// match project.branches().create("preview").await {
    ///     Ok(started) => println!("{} is being created", started.branch.id),
    ///     Err(error) if error.outcome_unknown() => {
    ///         let list = project.branches().list().search("preview");
    ///         let found: Vec<_> = list.try_collect().await?;
    ///         let is_there = found.iter().any(|branch| branch.name == "preview");
    ///         println!("{error}; is it there? {is_there}");
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Transport(_) | Self::Api(_) => self.verdict() == Some(Verdict::Unknown),
            // It may be the API's confirmation of the change, or a proxy's page.
            Self::Decode(e) => !e.route().is_safe(),
            _ => false,
        }
    }

    /// The same call may succeed later, and it is safe to make it again. The client has already
    /// retried it for as long as its [`RetryPolicy`](crate::RetryPolicy) allows.
    ///
    /// Never true for waits, which are resumed by their token, nor for permanent errors: an unknown
    /// host, an untrusted certificate, a proxy that rejects the request.
    ///
    /// ```
    /// /// The exit code of a job in a queue: 75 stands for "try again later".
    /// fn exit_code(error: &neon_api::Error) -> u8 {
    ///     if error.is_retryable() { 75 } else { 1 }
    /// }
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.verdict().is_some_and(Verdict::is_retryable)
    }

    /// The outcome's class in the engine's table, if the error is of a single call.
    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Transport(e) => Some(of_failure(e.route(), e)),
            Self::Api(e) => {
                let operation = Failed::route(e);
                Some(of_response(operation, e.status, || e.is_api_form()))
            }
            _ => None,
        }
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }
}
