//! Which place a key comes from.

use std::fmt;
use std::path::PathBuf;

/// Where a client's API key comes from ([`Neon::credential_source`](crate::Neon::credential_source)).
///
/// ```
/// use neon_api::CredentialSource;
///
/// assert_eq!(CredentialSource::Environment.to_string(), "NEON_API_KEY");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CredentialSource {
    /// The program: [`NeonBuilder::api_key`](crate::NeonBuilder::api_key).
    #[default]
    Code,
    /// A provider: [`NeonBuilder::key_provider`](crate::NeonBuilder::key_provider).
    Provider,
    /// The environment variable `NEON_API_KEY`.
    Environment,
    /// A profile of the official CLI.
    #[non_exhaustive]
    Profile {
        /// The profile: `DEFAULT` if none was chosen.
        name: String,
        /// The file with its credentials.
        file: PathBuf,
        /// What the profile has.
        kind: CredentialKind,
    },
}

/// What a profile of the official CLI has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialKind {
    /// An API key, from `neon profile create --api-key` or `--mint`.
    ApiKey,
    /// The access token of a session, from `neon auth`, which expires within hours and is renewed by
    /// the CLI.
    Session,
}

impl CredentialSource {
    pub(crate) fn is_of_cli(&self) -> bool {
        matches!(self, Self::Profile { .. })
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("an API key that the program set"),
            Self::Provider => f.write_str("a provider that the program set"),
            Self::Environment => f.write_str("NEON_API_KEY"),
            Self::Profile { name, file, .. } => write!(f, "profile {name} ({})", file.display()),
        }
    }
}
