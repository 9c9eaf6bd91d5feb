//! The database of a test.

use std::fmt;

use crate::builder::Builder;
use crate::error::Result;
use crate::local;

/// A Postgres database that nobody else uses, with what the migrations and the seed have made in it.
///
/// It is removed once this is dropped, also when the test panics; connections that are still open are
/// ended. If the process is killed, another one removes it: at the latest the next that asks for a
/// database.
#[must_use = "the database is removed when this is dropped"]
pub struct TestDb {
    url: String,
    _lease: Lease,
}

/// What is given back at the end, when it is dropped.
#[expect(dead_code, reason = "it is only dropped")]
pub(crate) enum Lease {
    Copy(local::Copy),
    Branch(local::Branch),
    #[cfg(feature = "neon")]
    Neon(Box<crate::neon::Leased>),
}

impl TestDb {
    pub(crate) fn new(url: String, lease: Lease) -> Self {
        Self { url, _lease: lease }
    }

    /// An empty database. [`builder`](Self::builder) has choices.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), neon_api_test::Error> {
    /// let db = neon_api_test::TestDb::lease().await?;
    /// assert!(db.url().starts_with("postgresql://"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Why there is none, and what to do: see [`Error`](crate::Error).
    pub async fn lease() -> Result<Self> {
        Self::builder().lease().await
    }

    /// Asks for a database with migrations and a seed, or of another backend.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The connection string, with the password. It is valid for this database only, and `Debug` does
    /// not show it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A pool of at most ten connections of sqlx.
    ///
    /// # Errors
    ///
    /// Those of connecting.
    #[cfg(feature = "sqlx")]
    pub async fn sqlx(&self) -> Result<sqlx::PgPool> {
        let failed = |error: sqlx::Error| crate::Error::Database(error.to_string());
        let options = self.url.parse::<sqlx::postgres::PgConnectOptions>();
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(10);
        pool.connect_with(options.map_err(failed)?)
            .await
            .map_err(failed)
    }

    /// A client of `tokio_postgres`, whose connection is driven by a task of the runtime. With
    /// TLS if the connection string requires it, as those of Neon do.
    ///
    /// # Errors
    ///
    /// Those of connecting.
    #[cfg(feature = "tokio-postgres")]
    pub async fn tokio_postgres(&self) -> Result<tokio_postgres::Client> {
        let connected = crate::connect::connect(&self.url).await;
        connected.map_err(crate::Error::Database)
    }
}

impl fmt::Debug for TestDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDb").finish_non_exhaustive()
    }
}
