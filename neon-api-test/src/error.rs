//! Why there is no database, and what to do.

use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use neon_api_emulator::PostgresError;

/// An error of any kind, as migrations return it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a test has no database. Its message says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Postgres cannot be run on this machine.
    Postgres(PostgresError),
    /// A migration or a seed failed.
    Migration(MigrationError),
    /// A setting is not valid: its name, and what is wrong with it.
    Setting(&'static str, String),
    /// The server refused something, or did not respond in time.
    Database(String),
    /// A file or folder that is shared by the test processes could not be used.
    File(PathBuf, io::Error),
    /// The test is to be skipped ([`Backend::Skip`](crate::Backend::Skip)), and why.
    Skipped(String),
    /// The pool of branches cannot be used.
    #[cfg(feature = "neon")]
    Neon(crate::neon::PoolError),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether there is nothing to test with, and that is to be no failure.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped(_))
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File(path, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(PostgresError::NoUser(name)) => write!(
                f,
                "PostgreSQL does not run as root, and there is no user {name:?} to run it as: run \
                 the tests as another user, create this one (useradd --system {name}), or set \
                 NEON_TEST_POSTGRES_USER to one that there is"
            ),
            Self::Postgres(PostgresError::NotFound(folders)) => {
                let folders: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
                write!(
                    f,
                    "PostgreSQL was not found (searched {}): install it (Debian, Ubuntu: apt-get \
                     install postgresql; Fedora: dnf install postgresql-server; macOS: brew \
                     install postgresql), set NEON_TEST_POSTGRES to the folder of initdb and \
                     postgres, or set NEON_TEST_BACKEND=skip to skip such tests",
                    folders.join(", ")
                )
            }
            Self::Postgres(error) => error.fmt(f),
            Self::Migration(error) => error.fmt(f),
            Self::Setting(name, why) => write!(f, "invalid {name}: {why}"),
            Self::Database(why) => write!(f, "no database for the test: {why}"),
            Self::File(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
            #[cfg(feature = "neon")]
            Self::Neon(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Postgres(error) => Some(error),
            Self::Migration(error) => Some(error),
            Self::File(_, error) => Some(error),
            #[cfg(feature = "neon")]
            Self::Neon(error) => Some(error),
            Self::Setting(..) | Self::Database(_) | Self::Skipped(_) => None,
        }
    }
}

impl From<PostgresError> for Error {
    fn from(error: PostgresError) -> Self {
        Self::Postgres(error)
    }
}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        Self::Migration(error)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(described(&error))
    }
}

/// Which migration failed, at which statement, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct MigrationError {
    /// The file or the name of the migration.
    pub source_name: String,
    /// The statement, if that is known: its number in the file, its first line in the file, and how
    /// it begins.
    pub statement: Option<(usize, usize, String)>,
    /// What the server or the tool said.
    pub why: String,
}

impl MigrationError {
    /// A failure of what has this name.
    pub fn new(source_name: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            source_name: source_name.into(),
            statement: None,
            why: why.to_string(),
        }
    }
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "migration {} failed", self.source_name)?;
        if let Some((number, line, statement)) = &self.statement {
            write!(f, " at statement {number} (line {line}: {statement})")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for MigrationError {}

/// What a server says, in one line.
pub(crate) fn described(error: &tokio_postgres::Error) -> String {
    let Some(error) = error.as_db_error() else {
        let source = std::error::Error::source(error);
        return source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    };
    let mut line = format!("{} ({})", error.message(), error.code().code());
    for (name, more) in [("detail", error.detail()), ("hint", error.hint())] {
        if let Some(more) = more {
            // Writing to a string does not fail.
            let _ = write!(line, "; {name}: {more}");
        }
    }
    line
}
