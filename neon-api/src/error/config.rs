//! Settings that do not serve.

use std::fmt;

use neon_api_raw::client::ConfigError as ClientConfigError;
use neon_api_raw::ids::InvalidId;

use super::Error;

/// A setting that no client can work with.
///
/// ```
/// use neon_api::{ConfigError, Error, Neon};
///
/// match Neon::builder().build() {
///     Err(Error::Config(fault)) => assert!(matches!(*fault, ConfigError::NoKey)),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the builder nor the environment names a key.
    NoKey,
    /// An environment variable, named first, holds what is no id.
    Id(&'static str, InvalidId),
    /// The environment variable of this name holds what is no text in Unicode.
    NotUnicode(&'static str),
    /// A setting has a value that no call could work with; the text says which and why.
    Setting(&'static str),
    /// The key, the base URL or the `User-Agent` cannot be used, or TLS could not be configured.
    Client(ClientConfigError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str(
                "there is no API key: set NEON_API_KEY, or give one to Neon::builder().api_key(…)",
            ),
            Self::Id(variable, e) => write!(f, "{variable}: {e}"),
            Self::NotUnicode(variable) => write!(f, "{variable} is no text in Unicode"),
            Self::Setting(rule) => f.write_str(rule),
            Self::Client(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoKey | Self::NotUnicode(_) | Self::Setting(_) => None,
            Self::Id(_, e) => Some(e),
            Self::Client(e) => Some(e),
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}
