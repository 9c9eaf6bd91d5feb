//! Where databases come from.

use crate::error::{Error, Result};
use crate::settings;

/// Where the databases of tests come from: the builder's, else the one that the environment variable
/// `NEON_TEST_BACKEND` names (`local`, `neon`, `skip`), else [`Local`](Self::Local).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// A Postgres server on this machine, which all test processes of a user share. It is started by
    /// the first that needs it, and ends ten seconds after the last has ended.
    #[default]
    Local,
    /// A pool of branches of a Neon project (feature `neon`).
    Neon,
    /// As [`Local`](Self::Local) where there is PostgreSQL, else as [`Neon`](Self::Neon) if
    /// `NEON_API_KEY` and `NEON_TEST_PROJECTS` are set. Where neither is possible, tests are skipped,
    /// with a line on standard error that no test harness captures.
    Skip,
}

impl Backend {
    pub(crate) fn from_env() -> Result<Self> {
        match settings::string("NEON_TEST_BACKEND").as_deref() {
            None | Some("local") => Ok(Self::Local),
            Some("neon") => Ok(Self::Neon),
            Some("skip") => Ok(Self::Skip),
            Some(other) => {
                let why = format!("{other:?} is not one of local, neon, skip");
                Err(Error::Setting("NEON_TEST_BACKEND", why))
            }
        }
    }
}

/// What a test has of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// A database with a role of its own, copied from a template: some tens of milliseconds. The role
    /// owns the database, and cannot create roles or other databases.
    #[default]
    Database,
    /// A server of its own, as a branch of Neon has: for tests that create roles or databases. It is
    /// started on a copy of a template's data, which all test processes share, and ends with the test,
    /// or with its process. With the backend [`Neon`](Backend::Neon) every test has a branch.
    Branch,
}
