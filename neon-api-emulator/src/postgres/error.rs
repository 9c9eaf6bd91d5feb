//! Why Postgres cannot be used, or failed at something.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why no Postgres stands behind the emulator.
#[derive(Debug)]
#[non_exhaustive]
pub enum PostgresError {
    /// The programs of PostgreSQL were not found in any of these folders.
    NotFound(Vec<PathBuf>),
    /// The folder has no usable PostgreSQL: what is wrong with it.
    Unusable(PathBuf, String),
    /// PostgreSQL does not run as root, and there is no user with this name to run it as.
    NoUser(String),
    /// Tokio's clock is paused: servers need real time.
    PausedClock,
    /// A program failed, with what it printed.
    Failed(String),
    /// A file, a socket or a program could not be used.
    Io(io::Error),
}

impl fmt::Display for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(folders) => {
                let folders: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
                write!(
                    f,
                    "PostgreSQL was not found (searched {}): install it (Debian, Ubuntu: apt-get \
                     install postgresql; Fedora: dnf install postgresql-server; macOS: brew \
                     install postgresql), or name the folder of initdb and postgres",
                    folders.join(", ")
                )
            }
            Self::Unusable(folder, why) => {
                write!(
                    f,
                    "PostgreSQL in {} cannot be used: {why}",
                    folder.display()
                )
            }
            Self::NoUser(name) => write!(
                f,
                "PostgreSQL does not run as root, and there is no user {name:?}: create it, or \
                 name another"
            ),
            Self::PausedClock => f.write_str("PostgreSQL needs real time, and the clock is paused"),
            Self::Failed(why) => f.write_str(why),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PostgresError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PostgresError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        let message = match error.as_db_error() {
            Some(error) => format!("{} ({})", error.message(), error.code().code()),
            None => error.to_string(),
        };
        Self::Failed(message)
    }
}

impl From<tokio::task::JoinError> for PostgresError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Failed(format!("interrupted: {error}"))
    }
}

pub(super) type Result<T, E = PostgresError> = std::result::Result<T, E>;
