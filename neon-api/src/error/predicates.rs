//! Questions that a caller asks of an error.

use http::StatusCode;
use neon_api_raw::error::Failed;
use neon_api_raw::transport::FailureKind;

use super::Error;
use crate::classify::{Verdict, of_failure, of_response};

impl Error {
    /// It does not exist, or the key has no access to it (404).
    ///
    /// Only if the API itself says so ([`ApiError::is_api_form`](crate::ApiError::is_api_form)): the 404
    /// of a gateway or proxy, such as a page of HTML, says nothing about what exists, and a wrong base
    /// URL gives one too. The other predicates take a status whoever sent it: what it asks of the caller
    /// is the same.
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
        self.has_status(StatusCode::NOT_FOUND) && self.api().is_some_and(|e| e.is_api_form())
    }

    /// Something of that name exists already, or the state forbids the change (409). Not retried.
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    /// The project's running operations forbid the change for now (423), and did so for as long as
    /// [`locked_timeout`](crate::RetryPolicy::locked_timeout) lets a call wait for them.
    pub fn is_locked(&self) -> bool {
        self.has_status(StatusCode::LOCKED)
    }

    /// The account's or the route's rate is used up (429), and the retries that
    /// [`max_elapsed`](crate::RetryPolicy::max_elapsed) allows did not help, or the API asked for more
    /// patience than [`longest_retry_after`](crate::RetryPolicy::longest_retry_after). Also where the
    /// call was never sent, since all that the client sent meanwhile was refused so.
    pub fn is_rate_limited(&self) -> bool {
        match self {
            Self::Transport(e) => e.kind() == FailureKind::RateLimited,
            _ => self.has_status(StatusCode::TOO_MANY_REQUESTS),
        }
    }

    /// A limit of the plan is reached: projects, branches, computes, time, size. [`code`](Self::code)
    /// names it.
    pub fn is_quota_exceeded(&self) -> bool {
        self.code().is_some_and(|code| {
            code.ends_with("_LIMIT_EXCEEDED")
                || code.ends_with("_TIME_EXCEEDED")
                || code.ends_with("_LIMIT_EXCEEDED_THRESHOLD")
        })
    }

    /// The key is missing, wrong or of the wrong kind, or lacks permission (401, 403), also for polling
    /// the operations of a wait.
    pub fn is_auth(&self) -> bool {
        if let Self::Wait(report) = self {
            return report.is_refused() && report.poll_error().is_some_and(Self::is_auth);
        }
        self.has_status(StatusCode::UNAUTHORIZED) || self.has_status(StatusCode::FORBIDDEN)
    }

    /// Time ran out: of an attempt ([`attempt_timeout`](crate::NeonBuilder::attempt_timeout)), of the
    /// call ([`with_call_timeout`](crate::Neon::with_call_timeout)), or of a wait
    /// ([`Ready::timeout`](crate::Ready::timeout)).
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Transport(e) => {
                matches!(e.kind(), FailureKind::Timeout | FailureKind::Deadline)
            }
            Self::Wait(e) => e.is_timeout(),
            _ => false,
        }
    }

    /// The client itself held the call back, and nothing was sent: by a guard rail
    /// ([`read_only`](crate::Neon::read_only), [`only_projects`](crate::Neon::only_projects),
    /// [`protect`](crate::Neon::protect), [`dry_run`](crate::Neon::dry_run)), or because it is
    /// [shutting down](crate::Neon::shutdown). [`blocked`](Self::blocked) returns which.
    pub fn is_blocked(&self) -> bool {
        self.blocked().is_some()
    }

    /// It is unknown whether the change took effect: check before you retry.
    ///
    /// So it is after a reset, a timeout, or a truncated or oversized response; after 408 and 5xx
    /// (except 503 in the API's own form, and 501, 505 and 511, which say that nothing was done); and
    /// when the response was a success that could not be read ([`Error::Decode`]). It never is for GET
    /// and HEAD. The table is that of [`RetryPolicy`](crate::RetryPolicy).
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
            // It may be the API's own word that the change was made, or a page of a proxy.
            Self::Decode(e) => !e.route().is_safe(),
            _ => false,
        }
    }

    /// The same call may succeed later, and making it again does no harm. The client has retried it
    /// already for as long as its [`RetryPolicy`](crate::RetryPolicy) allows.
    ///
    /// Never for waits: what they wait for exists, and a wait goes on by its token. Nor for what does
    /// not pass by itself: an unknown host, an untrusted certificate, a proxy that refuses.
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

    /// What the engine's table says of the outcome, where there is one of a single call.
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
