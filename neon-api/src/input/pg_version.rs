//! Versions of Postgres.

use std::fmt;

use neon_api_raw::types;

/// A major version of Postgres.
///
/// The constants are those of the spec of November 2026. The API decides which there are, so that
/// any number can be sent.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use neon_api::input::PgVersion;
///
/// neon.projects().create("my-app").pg_version(PgVersion::V17).ready().await?;
/// neon.projects().create("my-other-app").pg_version(20).ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PgVersion(u16);

impl PgVersion {
    /// Postgres 14.
    pub const V14: Self = Self(14);
    /// Postgres 15.
    pub const V15: Self = Self(15);
    /// Postgres 16.
    pub const V16: Self = Self(16);
    /// Postgres 17.
    pub const V17: Self = Self(17);
    /// Postgres 18, the API's default.
    pub const V18: Self = Self(18);
    /// Postgres 19.
    pub const V19: Self = Self(19);

    /// The number of the major version.
    pub const fn major(self) -> u16 {
        self.0
    }
}

impl From<u16> for PgVersion {
    fn from(major: u16) -> Self {
        Self(major)
    }
}

impl From<PgVersion> for types::PgVersion {
    fn from(version: PgVersion) -> Self {
        Self(i64::from(version.0))
    }
}

impl fmt::Display for PgVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
