//! Why a limiter cannot be built.

use std::fmt;

/// Why a [`RedisLimiter`](crate::RedisLimiter) cannot be built. Messages contain neither the URL nor
/// the password.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The settings are invalid: the URL, the name of the account, or a scheme whose feature is not
    /// enabled.
    Settings(String),
    /// The server's name cannot be resolved.
    UnknownHost(std::io::Error),
    /// The server requires a password, or does not accept the user, the password, or what the script
    /// does.
    Denied(Box<dyn std::error::Error + Send + Sync>),
    /// There was a response, but not one of a usable Redis: another kind of server, a certificate
    /// that is not trusted, or a version without scripts.
    Unusable(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(problem) => write!(f, "invalid settings of the limiter: {problem}"),
            Self::UnknownHost(_) => f.write_str(
                "the host name in the URL of Redis cannot be resolved: check its spelling",
            ),
            Self::Denied(_) => f.write_str(
                "Redis denied access: check user and password in the URL, and that the user may run \
                 scripts and use the keys of the limiter",
            ),
            Self::Unusable(_) => f.write_str(
                "the server in the URL cannot be used as Redis: check port, scheme and certificate",
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Settings(_) => None,
            Self::UnknownHost(error) => Some(error),
            Self::Denied(error) | Self::Unusable(error) => Some(&**error),
        }
    }
}
