//! What is wrong with the files of the official CLI.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the files of the official CLI do not provide a credential or a context. It names the file, and
/// what to run or to write instead; it never contains what the file does.
///
/// ```
/// use neon_api::{CliConfig, CliError, ConfigError, Error, Neon};
///
/// # let empty = std::env::temp_dir().join("neon-api-no-such-folder");
/// let files = CliConfig::from_env().config_dir(&empty).working_dir(&empty).profile("work");
/// match Neon::builder().cli(files).build() {
///     Err(Error::Config(fault)) => match *fault {
///         ConfigError::Cli(fault @ CliError::UnknownProfile { .. }) => println!("{fault}"),
///         other => panic!("{other:?}"),
///     },
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CliError {
    /// Nobody has signed in to this profile: the files that were tried do not exist.
    NotSignedIn {
        /// The profile.
        profile: String,
        /// The files; empty if the home folder is not known.
        tried: Vec<PathBuf>,
    },
    /// The profile's name is not one that the CLI accepts.
    ProfileName,
    /// The profile that was asked for, by [`CliConfig::profile`](crate::CliConfig::profile) or
    /// `NEON_PROFILE`, is not defined.
    UnknownProfile {
        /// The file that would define it.
        file: PathBuf,
        /// The names of the profiles that are defined.
        known: Vec<String>,
    },
    /// The profile's credentials are in the keyring of the operating system, which this library does
    /// not read.
    Keyring {
        /// The profile.
        profile: String,
    },
    /// The profile's session has expired. Only the CLI renews it.
    Expired {
        /// The profile.
        profile: String,
        /// The file with its credentials.
        file: PathBuf,
    },
    /// The profile's credentials have become those of another account since the client was created.
    OtherAccount {
        /// The profile.
        profile: String,
        /// The file with its credentials.
        file: PathBuf,
    },
    /// A file is not valid JSON.
    Json {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A file is valid JSON, but something in it is missing or invalid.
    Content {
        /// The file.
        file: PathBuf,
        /// What is missing or invalid.
        rule: &'static str,
    },
    /// A file is larger than any that the CLI writes.
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The largest size that is read, in bytes.
        largest: u64,
    },
    /// A file is not safe to use: others could have written it.
    Untrusted {
        /// The file.
        file: PathBuf,
        /// Why not, and what to do.
        rule: &'static str,
    },
    /// A file cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not.
        kind: io::ErrorKind,
    },
    /// `NEON_API_HOST` names another host than Neon's. Credentials of the CLI are sent there only if
    /// the program itself says so, by [`NeonBuilder::base_url`](crate::NeonBuilder::base_url).
    OtherHost,
}

/// A path in one line: a file's name may contain control characters.
struct Shown<'a>(&'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;

        for character in self.0.to_string_lossy().chars() {
            f.write_char(if character.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                character
            })?;
        }
        Ok(())
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSignedIn { profile, tried } => {
                write!(f, "the Neon CLI has no credentials for profile {profile}: ")?;
                for (number, file) in tried.iter().enumerate() {
                    let between = if number == 0 { "" } else { " nor " };
                    write!(f, "{between}{}", Shown(file))?;
                }
                let missing = if tried.is_empty() {
                    "the home folder is not known"
                } else {
                    " does not exist"
                };
                write!(f, "{missing}; run `neon auth --profile {profile}`")
            }
            // Without the name, which may be a key in the wrong place.
            Self::ProfileName => f.write_str(
                "the name of the profile is invalid: expected letters, digits, dots, hyphens and underscores, beginning with a letter or digit; check NEON_PROFILE",
            ),
            Self::UnknownProfile { file, known } => {
                write!(f, "the profile that NEON_PROFILE or the program names is not defined in {}; defined are: {}", Shown(file), known.join(", "))?;
                f.write_str("; create it with `neon auth --profile NAME`")
            }
            Self::Keyring { profile } => write!(
                f,
                "the credentials of profile {profile} are in the keyring, which only the Neon CLI reads; run `neon auth --profile NAME` for a profile with another name, whose credentials are then in a file, and set NEON_PROFILE, or set NEON_API_KEY"
            ),
            Self::Expired { profile, file } => write!(
                f,
                "the session of profile {profile} has expired ({}); run `neon me --profile {profile}`, which renews it if that is still possible, or else `neon auth --profile {profile}`",
                Shown(file)
            ),
            Self::OtherAccount { profile, file } => write!(
                f,
                "the credentials of profile {profile} are those of another account now ({}); create a new client to use it",
                Shown(file)
            ),
            Self::Json { file, line } => {
                write!(f, "{} is not valid JSON: see line {line}", Shown(file))
            }
            Self::Content { file, rule } | Self::Untrusted { file, rule } => {
                write!(f, "{}: {rule}", Shown(file))
            }
            Self::TooLarge { file, largest } => {
                write!(f, "{} is larger than {largest} bytes", Shown(file))
            }
            Self::Unreadable { file, kind } => {
                write!(f, "{} cannot be read: {kind}", Shown(file))
            }
            Self::OtherHost => f.write_str(
                "NEON_API_HOST is set, and credentials of the Neon CLI are not sent to a host that the environment names; unset it, set NEON_API_KEY to a key of that host, or call base_url(…)",
            ),
        }
    }
}

impl std::error::Error for CliError {}
