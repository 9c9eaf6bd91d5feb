//! Why a branch cannot be connected to.

use std::fmt;

use neon_api_raw::error::OneLine;
use neon_api_raw::ids::{BranchId, EndpointId};

use super::login::{LoginError, LoginFailure};

/// How many different failures of the last attempts are kept.
const KEPT: usize = 5;

/// Why a branch cannot be connected to, though the API did what was asked. What was created exists.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::Error;
/// use neon_api::connection::LoginFailure;
///
/// match branch.connectable().await {
///     Ok(branch) => println!("{} logins were attempted", branch.attempts),
///     Err(Error::Connect(why)) if why.is_no_endpoint() => println!("nothing to connect to"),
///     Err(Error::Connect(why)) if why.is_timeout() => println!("not in time: {why}"),
///     Err(Error::Connect(why)) => match why.failure() {
///         Some(LoginFailure::WrongPassword) => println!("reset the role's password"),
///         _ => println!("{why}"),
///     },
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectError {
    branch: BranchId,
    endpoint: Option<EndpointId>,
    reason: ConnectReason,
    failures: LoginFailures,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectReason {
    NoEndpoint,
    Disabled,
    /// The endpoint that was named is of another branch.
    Foreign,
    /// The last login failed for good.
    Login,
    /// The time was over.
    Timeout,
}

impl ConnectError {
    pub(crate) fn new(
        branch: &BranchId,
        endpoint: Option<&EndpointId>,
        reason: ConnectReason,
    ) -> Self {
        Self {
            branch: branch.clone(),
            endpoint: endpoint.cloned(),
            reason,
            failures: LoginFailures::default(),
        }
    }

    pub(crate) fn after(mut self, failures: LoginFailures) -> Self {
        self.failures = failures;
        self
    }

    /// The branch.
    pub fn branch(&self) -> &BranchId {
        &self.branch
    }

    /// The compute endpoint, if the branch has one.
    pub fn endpoint(&self) -> Option<&EndpointId> {
        self.endpoint.as_ref()
    }

    /// Whether the branch has no read-write compute endpoint.
    pub fn is_no_endpoint(&self) -> bool {
        self.reason == ConnectReason::NoEndpoint
    }

    /// Whether the compute endpoint is disabled.
    pub fn is_disabled(&self) -> bool {
        self.reason == ConnectReason::Disabled
    }

    /// Whether the time was over before a login succeeded: [`last`](Self::last) is how the last one
    /// failed.
    pub fn is_timeout(&self) -> bool {
        self.reason == ConnectReason::Timeout
    }

    /// How the last login failed; `None` if none was attempted.
    pub fn failure(&self) -> Option<LoginFailure> {
        self.last().map(LoginError::failure)
    }

    /// The last failed login; `None` if none was attempted.
    pub fn last(&self) -> Option<&LoginError> {
        self.failures.kept.last().map(|(error, _)| error)
    }

    /// How the last logins failed, oldest first, and how often each in a row.
    pub fn failures(&self) -> impl Iterator<Item = (&LoginError, u32)> {
        let kept = self.failures.kept.iter();
        kept.map(|(error, times)| (error, *times))
    }

    /// How many logins were attempted.
    pub fn attempts(&self) -> u32 {
        self.failures.attempts
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "branch {}", OneLine(&self.branch))?;
        if let Some(endpoint) = &self.endpoint {
            write!(f, " (endpoint {})", OneLine(endpoint))?;
        }
        f.write_str(match self.reason {
            ConnectReason::NoEndpoint => {
                return f.write_str(
                    " has no read-write compute endpoint: create_endpoint(true) creates one",
                );
            }
            ConnectReason::Disabled => {
                return f.write_str(" is disabled: endpoint.update().disabled(false) enables it");
            }
            ConnectReason::Foreign => return f.write_str(": the endpoint is of another branch"),
            ConnectReason::Login => " cannot be connected to",
            ConnectReason::Timeout => " could not be connected to in time",
        })?;
        for (at, (error, times)) in self.failures().enumerate() {
            write!(f, "{} {error}", if at == 0 { ":" } else { "; then" })?;
            if times > 1 {
                write!(f, " ({times} times)")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.last().map(|error| error as _)
    }
}

/// The failed logins of one wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LoginFailures {
    kept: Vec<(LoginError, u32)>,
    attempts: u32,
}

impl LoginFailures {
    pub(crate) fn add(&mut self, error: LoginError) {
        self.attempts = self.attempts.saturating_add(1);
        match self.kept.last_mut() {
            Some((last, times)) if *last == error => *times = times.saturating_add(1),
            _ => self.kept.push((error, 1)),
        }
        if self.kept.len() > KEPT {
            self.kept.remove(0);
        }
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }
}
