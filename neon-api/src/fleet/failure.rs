//! Why an item failed.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use neon_api_raw::error::{Masked, OneLine};

use crate::engine::BlockReason;
use crate::error::Error;

/// Why an item of a job failed: an error of the API or of the client, or one of the caller's own work.
/// Clones share the error. Its `Display` and `Debug` are one line without secrets, as far as they can
/// be recognized in the caller's own errors.
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, tenants: Vec<neon_api::projects::CreateProject>) -> Result<(), neon_api::Error> {
/// let report = fleet.provision(tenants).await?;
/// for (tenant, failure) in report.failed() {
///     let is_full = failure.api_error().is_some_and(|error| error.is_quota_exceeded());
///     println!("{tenant} after {} attempts: {failure} ({is_full})", failure.attempts());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Failure {
    cause: Arc<Cause>,
    attempts: u32,
}

enum Cause {
    Api(Error),
    Work(Box<dyn StdError + Send + Sync>),
}

impl Failure {
    /// The failure of the caller's work, which may be one of the API's that it returned.
    pub(super) fn of_work(error: Box<dyn StdError + Send + Sync>) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => Self::from(*error),
            Err(error) => Self {
                cause: Arc::new(Cause::Work(error)),
                attempts: 0,
            },
        }
    }

    pub(super) fn after(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The error of the API or of the client, if it is one.
    pub fn api_error(&self) -> Option<&Error> {
        match &*self.cause {
            Cause::Api(error) => Some(error),
            Cause::Work(_) => None,
        }
    }

    /// The error of the caller's own work, if it is one.
    pub fn work_error(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        match &*self.cause {
            Cause::Api(_) => None,
            Cause::Work(error) => Some(&**error),
        }
    }

    /// How often the item was tried in this run.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether it may help to try again: after failures of the network or of the server, lost
    /// responses and timeouts. The caller's own errors are final.
    pub fn is_retryable(&self) -> bool {
        self.api_error().is_some_and(|error| {
            error.is_retryable() || error.outcome_unknown() || error.is_timeout()
        })
    }

    /// Whether all other items would fail in the same way, so that nothing more is begun.
    pub(super) fn is_of_all(&self) -> bool {
        let Some(error) = self.api_error() else {
            return false;
        };
        let is_shutdown = matches!(
            error,
            Error::Blocked(blocked) if *blocked.reason() == BlockReason::ShutDown
        );
        is_shutdown || error.status() == Some(StatusCode::UNAUTHORIZED)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            cause: Arc::new(Cause::Api(error)),
            attempts: 0,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.cause {
            Cause::Api(error) => write!(f, "{error}"),
            Cause::Work(error) => write!(f, "{}", OneLine(Masked(&error.to_string()))),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

impl StdError for Failure {}
