//! Failed waits.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use neon_api_raw::ids::OperationId;
use neon_api_raw::types::Operation;

use super::Error;
use crate::waits::{PollFailures, WaitToken};

/// A failed wait. It contains the value that was waited for.
///
/// `?` converts it to an [`Error`], which keeps the value: [`Error::wait_value`].
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let app = neon.projects().create("my-app").await?;
/// if let Err(error) = app.ready().await {
///     println!("{} exists and is not ready: {error}", error.value().project.id);
///     for operation in error.operations() {
///         println!("{} is {}", operation.action, operation.status);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct WaitError<T> {
    value: T,
    report: WaitReport,
}

impl<T> WaitError<T> {
    pub(crate) fn new(value: T, report: WaitReport) -> Self {
        Self { value, report }
    }

    /// What the call had created or changed before the wait.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Takes out what the call had created or changed before the wait.
    pub fn into_value(self) -> T {
        self.value
    }

    /// The operations as last seen. Operations that were never seen are missing;
    /// [`token`](Self::token) contains all.
    pub fn operations(&self) -> &[Operation] {
        &self.report.operations
    }

    /// The token to resume the wait with [`Neon::wait`](crate::Neon::wait), in this or another
    /// process.
    pub fn token(&self) -> &WaitToken {
        &self.report.token
    }

    /// Whether the wait timed out.
    pub fn is_timeout(&self) -> bool {
        self.report.is_timeout()
    }

    /// Whether an operation failed or was cancelled.
    pub fn is_failure(&self) -> bool {
        self.report.is_failure()
    }

    /// Whether the API responds that the project does not exist, or the key has no access to it.
    pub fn is_not_found(&self) -> bool {
        self.report.is_not_found()
    }

    /// Whether the API does not know an operation, although the project exists: it may delete
    /// operations after six months.
    pub fn is_forgotten(&self) -> bool {
        self.report.is_forgotten()
    }

    /// Whether the operations could not be polled: the key lacks permission (401, 403), their IDs
    /// are not valid in a request, the base URL is wrong ("this route does not exist"), or the
    /// client has never reached the API and cannot, as with an unknown host or an untrusted
    /// certificate. [`poll_error`](Self::poll_error) returns the cause.
    pub fn is_refused(&self) -> bool {
        self.report.is_refused()
    }

    /// Why the last poll of the operations failed, if it did. The error message also counts the
    /// consecutive failed polls before it.
    pub fn poll_error(&self) -> Option<&Error> {
        self.report.poll_error()
    }

    /// Everything except the value.
    pub fn report(&self) -> &WaitReport {
        &self.report
    }
}

impl<T> fmt::Debug for WaitError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

impl<T> fmt::Display for WaitError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.report, f)
    }
}

impl<T> std::error::Error for WaitError<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.report)
    }
}

impl<T: Send + Sync + 'static> From<WaitError<T>> for Error {
    fn from(error: WaitError<T>) -> Self {
        let WaitError { value, mut report } = error;
        report.value = Some(Box::new(value));
        Self::Wait(Box::new(report))
    }
}

/// How a wait ended, without the type of its value.
///
/// ```
/// fn resume_later(error: &neon_api::Error) -> Option<&neon_api::WaitToken> {
///     match error {
///         neon_api::Error::Wait(report) if report.is_timeout() => Some(report.token()),
///         _ => None,
///     }
/// }
/// ```
pub struct WaitReport {
    pub(crate) failure: WaitFailure,
    pub(crate) operations: Vec<Operation>,
    pub(crate) token: WaitToken,
    pub(crate) poll_failures: Option<PollFailures>,
    /// How much longer the API asked not to be polled, if the operations were not polled for that
    /// reason.
    pub(crate) unpolled: Option<Duration>,
    pub(crate) value: Option<Box<dyn Any + Send + Sync>>,
}

/// Why a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WaitFailure {
    Timeout,
    Failed,
    Refused,
    NotFound,
    /// The API does not know these operations.
    Forgotten(Vec<OperationId>),
}

impl WaitReport {
    /// Whether the wait timed out.
    pub fn is_timeout(&self) -> bool {
        self.failure == WaitFailure::Timeout
    }

    /// Whether an operation failed or was cancelled.
    pub fn is_failure(&self) -> bool {
        self.failure == WaitFailure::Failed
    }

    /// Whether the API responds that the project does not exist, or the key has no access to it.
    pub fn is_not_found(&self) -> bool {
        self.failure == WaitFailure::NotFound
    }

    /// Whether the API does not know an operation, although the project exists: it may delete
    /// operations after six months.
    pub fn is_forgotten(&self) -> bool {
        matches!(self.failure, WaitFailure::Forgotten(_))
    }

    /// Whether the operations could not be polled: the key lacks permission (401, 403), their IDs
    /// are not valid in a request, the base URL is wrong ("this route does not exist"), or the
    /// client has never reached the API and cannot, as with an unknown host or an untrusted
    /// certificate. [`poll_error`](Self::poll_error) returns the cause.
    pub fn is_refused(&self) -> bool {
        self.failure == WaitFailure::Refused
    }

    /// Why the last poll of the operations failed, if it did. The error message also counts the
    /// consecutive failed polls before it.
    pub fn poll_error(&self) -> Option<&Error> {
        self.poll_failures.as_ref().map(PollFailures::last)
    }

    /// The operations as last seen. Operations that were never seen are missing;
    /// [`token`](Self::token) contains all.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The token to resume the wait with [`Neon::wait`](crate::Neon::wait), in this or another
    /// process.
    pub fn token(&self) -> &WaitToken {
        &self.token
    }
}

impl Error {
    /// A wait or a [check](crate::Neon::check) requested an operation that the API does not know,
    /// although its project exists: the API may delete operations after six months.
    pub fn is_forgotten(&self) -> bool {
        matches!(self, Self::Wait(report) if report.is_forgotten())
    }

    /// What a call had created or changed before the wait for it failed; `None` if the error is not
    /// of a wait, or if the value is of another type.
    ///
    /// ```
    /// use neon_api::Error;
    /// use neon_api::branches::CreatedBranch;
    ///
    /// /// The branch, which exists although it is not ready.
    /// fn unready(error: &Error) -> Option<&str> {
    ///     Some(error.wait_value::<CreatedBranch>()?.branch.id.as_str())
    /// }
    /// ```
    pub fn wait_value<T: 'static>(&self) -> Option<&T> {
        match self {
            Self::Wait(report) => report.value.as_ref()?.downcast_ref(),
            _ => None,
        }
    }

    /// Takes out what a call had created or changed before the wait for it failed.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// use neon_api::Error;
    /// use neon_api::projects::CreatedProject;
    ///
    /// let create = async || Ok::<_, Error>(neon.projects().create("app").ready().await?);
    /// let app = match create().await {
    ///     Ok(app) => app,
    ///     // It exists, although it is not ready yet.
    ///     Err(error) => error.into_wait_value::<CreatedProject>()?,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error itself if it is not of a wait, or if the value is of another type.
    pub fn into_wait_value<T: 'static>(self) -> Result<T, Self> {
        let Self::Wait(mut report) = self else {
            return Err(self);
        };
        match report
            .value
            .take()
            .map(Box::<dyn Any + Send + Sync>::downcast)
        {
            Some(Ok(value)) => Ok(*value),
            Some(Err(other)) => {
                report.value = Some(other);
                Err(Self::Wait(report))
            }
            None => Err(Self::Wait(report)),
        }
    }
}
