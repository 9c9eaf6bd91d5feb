//! What a test asks for.

use std::future::Future;

use crate::backend::{Backend, Isolation};
use crate::db::{Lease, TestDb};
use crate::error::{Error, Result};
use crate::local;
use crate::migrate::{Migrate, SqlFile, SqlFiles};
use crate::plan::Plan;
use crate::settings;

/// Asks for a database. [`lease`](Self::lease) returns it, [`run`](Self::run) passes it to a closure.
///
/// ```no_run
/// # async fn example() -> Result<(), neon_api_test::Error> {
/// use neon_api_test::TestDb;
///
/// let db = TestDb::builder().migrations("migrations").seed("seed.sql").lease().await?;
/// println!("port {:?}", db.url().split(':').nth(3));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens until it is leased"]
pub struct Builder {
    plan: Plan,
    backend: Option<Backend>,
    isolation: Isolation,
}

impl Builder {
    /// The migrations in a folder of SQL files, see [`SqlFiles`].
    pub fn migrations(self, folder: impl Into<std::path::PathBuf>) -> Self {
        self.migrate(SqlFiles::new(folder))
    }

    /// A file of SQL that is run after the migrations, see [`SqlFile`].
    pub fn seed(self, file: impl Into<std::path::PathBuf>) -> Self {
        self.migrate(SqlFile::new(file))
    }

    /// Migrations or a seed of any kind, after those before.
    pub fn migrate(mut self, migrations: impl Migrate) -> Self {
        self.plan.add(migrations);
        self
    }

    /// Where the database comes from, whatever `NEON_TEST_BACKEND` says.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// What the test has of its own; a database by default.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Returns a database that nobody else uses. It is removed once the value is dropped.
    ///
    /// # Errors
    ///
    /// Why there is none, and what to do: see [`Error`].
    pub async fn lease(self) -> Result<TestDb> {
        let backend = match self.backend {
            Some(backend) => backend,
            None => Backend::from_env()?,
        };
        match backend {
            Backend::Local => self.local().await,
            Backend::Neon => self.neon().await,
            Backend::Skip => self.whatever_is_there().await,
        }
    }

    /// Runs a function with a database of its own. [`Error::Skipped`] if there is nothing to run it
    /// with and that is to be no failure.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), neon_api_test::Error> {
    /// use neon_api_test::TestDb;
    ///
    /// let length = TestDb::builder().run(async |db| db.url().len()).await?;
    /// # assert!(length > 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`lease`](Self::lease).
    pub async fn run<F, R>(self, test: F) -> Result<R::Output>
    where
        F: FnOnce(TestDb) -> R,
        R: Future,
    {
        let db = self.lease().await?;
        Ok(test(db).await)
    }

    async fn local(self) -> Result<TestDb> {
        match self.isolation {
            Isolation::Database => {
                let (url, copy) = local::lease(self.plan).await?;
                Ok(TestDb::new(url, Lease::Copy(copy)))
            }
            Isolation::Branch => {
                let (url, branch) = local::branch(self.plan).await?;
                Ok(TestDb::new(url, Lease::Branch(branch)))
            }
        }
    }

    #[cfg(feature = "neon")]
    async fn neon(self) -> Result<TestDb> {
        let (url, leased) = crate::neon::lease(self.plan).await?;
        Ok(TestDb::new(url, Lease::Neon(Box::new(leased))))
    }

    #[cfg(not(feature = "neon"))]
    #[expect(clippy::unused_async, reason = "as with the feature")]
    async fn neon(self) -> Result<TestDb> {
        drop(self);
        let why = "neon needs the feature \"neon\" of neon-api-test";
        Err(Error::Setting("NEON_TEST_BACKEND", why.to_owned()))
    }

    async fn whatever_is_there(self) -> Result<TestDb> {
        let missing = match self.clone().local().await {
            Err(Error::Postgres(missing)) => Error::Postgres(missing),
            outcome => return outcome,
        };
        let is_set = |name| settings::path(name).is_some();
        if cfg!(feature = "neon") && is_set("NEON_API_KEY") && is_set("NEON_TEST_PROJECTS") {
            return self.neon().await;
        }
        Err(Error::Skipped(missing.to_string()))
    }
}
