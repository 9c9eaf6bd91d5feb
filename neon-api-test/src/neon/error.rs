//! Why the pool has no branch.

use std::fmt;
use std::time::Duration;

/// Why a pool of branches has none for a test. Its message says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// A call of the API failed.
    Api(Box<neon_api::Error>),
    /// There are no more branches, and all were in use for so long: their number, and the time.
    Exhausted(usize, Duration),
    /// The operations of a reset failed, or took too long.
    Reset(String),
}

impl From<neon_api::Error> for PoolError {
    fn from(error: neon_api::Error) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<neon_api::Error> for crate::Error {
    fn from(error: neon_api::Error) -> Self {
        Self::Neon(error.into())
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => {
                write!(f, "the pool of branches cannot be used: {error}")?;
                if error.is_quota_exceeded() {
                    f.write_str(
                        ": the plan allows no more: lower NEON_TEST_POOL, add a project to \
                         NEON_TEST_PROJECTS, or delete branches that were left over \
                         (project.sweep().owner(\"neon-api-test\"))",
                    )?;
                } else if error.is_auth() {
                    f.write_str(": check NEON_API_KEY, and that it is for these projects")?;
                } else if error.is_not_found() {
                    f.write_str(": check NEON_TEST_PROJECTS and NEON_TEST_PARENT")?;
                }
                Ok(())
            }
            Self::Exhausted(size, time) => write!(
                f,
                "all {size} branches of the pool were in use for {} s: raise NEON_TEST_POOL, or run \
                 fewer tests at a time (--test-threads)",
                time.as_secs()
            ),
            Self::Reset(why) => write!(f, "a branch of the pool could not be reset: {why}"),
        }
    }
}

impl std::error::Error for PoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Api(error) => Some(error),
            Self::Exhausted(..) | Self::Reset(_) => None,
        }
    }
}
