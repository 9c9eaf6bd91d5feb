//! Invalid settings.

use std::fmt;

use neon_api_raw::client::ConfigError as ClientConfigError;
use neon_api_raw::ids::InvalidId;

use super::Error;
use super::cli::CliError;

/// An invalid setting. It names the setting, the environment variable or the file and what to write
/// instead, never the value.
///
/// ```
/// use neon_api::{ConfigError, Error, Neon};
///
/// match Neon::builder().build() {
///     Err(Error::Config(fault)) => assert!(matches!(*fault, ConfigError::NoKey)),
///     other => panic!("{other:?}"),
/// }
/// ```
#[non_exhaustive]
pub enum ConfigError {
    /// No API key was set, neither on the builder nor in the environment. The first key of an
    /// account is created in the Neon Console.
    NoKey,
    /// An environment variable, named first, is not a valid ID.
    Id(&'static str, InvalidId),
    /// The environment variable of this name is not valid Unicode.
    NotUnicode(&'static str),
    /// An environment variable, named first, is not a valid key or base URL.
    Variable(&'static str, ClientConfigError),
    /// A setting is invalid; the string names it and says why.
    Setting(&'static str),
    /// The files of the official CLI cannot be used.
    Cli(CliError),
    /// [`NeonBuilder::infer`](crate::NeonBuilder::infer) found no key in any place: there is none in
    /// the environment, and no usable credential of the official CLI, for this reason.
    Nowhere(CliError),
    /// The key, the base URL or the `User-Agent` is invalid, or TLS could not be configured.
    Client(ClientConfigError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str(
                "no API key: set NEON_API_KEY or call Neon::builder().api_key(…); the first key is created in the Neon Console, at https://console.neon.tech under account settings, API keys",
            ),
            Self::Id(variable, e) => write!(
                f,
                "{variable} is not a valid {} ID: expected {}",
                e.kind(),
                e.rule()
            ),
            Self::NotUnicode(variable) => write!(f, "{variable} is not valid Unicode"),
            Self::Variable(variable, e) => write!(f, "{variable}: {e}"),
            Self::Setting(rule) => f.write_str(rule),
            Self::Cli(e) => e.fmt(f),
            Self::Nowhere(e) => write!(
                f,
                "no API key was found in any place. The environment: NEON_API_KEY is not set. The Neon CLI: {e}. The first key is created in the Neon Console, at https://console.neon.tech under account settings, API keys"
            ),
            Self::Client(e) => e.fmt(f),
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("NoKey"),
            // Without the beginning of the value, which the fault keeps.
            Self::Id(variable, e) => f
                .debug_tuple("Id")
                .field(variable)
                .field(&e.kind())
                .finish(),
            Self::NotUnicode(variable) => f.debug_tuple("NotUnicode").field(variable).finish(),
            Self::Variable(variable, e) => {
                f.debug_tuple("Variable").field(variable).field(e).finish()
            }
            Self::Setting(rule) => f.debug_tuple("Setting").field(rule).finish(),
            Self::Cli(e) => f.debug_tuple("Cli").field(e).finish(),
            Self::Nowhere(e) => f.debug_tuple("Nowhere").field(e).finish(),
            Self::Client(e) => f.debug_tuple("Client").field(e).finish(),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // That of an ID would show the beginning of the value.
            Self::NoKey | Self::NotUnicode(_) | Self::Setting(_) | Self::Id(..) => None,
            Self::Variable(_, e) | Self::Client(e) => Some(e),
            Self::Cli(e) | Self::Nowhere(e) => Some(e),
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}
