//! Migrations of refinery.

use std::fmt;

use refinery::{Error, Migration, Runner};

use super::execute::{self, connect};
use super::{Migrate, Migrating};
use crate::error::MigrationError;

/// Migrations of refinery, by the runner of `refinery::embed_migrations!` or another one:
///
/// ```no_run
/// # mod migrations { pub fn runner() -> refinery::Runner { refinery::Runner::new(&[]) } }
/// # async fn example() -> Result<(), neon_api_test::Error> {
/// use neon_api_test::{RefineryMigrations, TestDb};
///
/// let migrations = RefineryMigrations::new(migrations::runner());
/// let db = TestDb::builder().migrate(migrations).lease().await?;
/// # drop(db);
/// # Ok(())
/// # }
/// ```
pub struct RefineryMigrations {
    runner: Runner,
}

impl RefineryMigrations {
    /// Those of this runner.
    pub fn new(runner: Runner) -> Self {
        Self { runner }
    }

    /// The first that was not applied, which is the one that failed.
    async fn described(&self, url: &str, error: &Error, applied: usize) -> MigrationError {
        let why = std::error::Error::source(error).map_or_else(
            || error.to_string(),
            |source| {
                let server = source.downcast_ref::<tokio_postgres::Error>();
                server.map_or_else(|| source.to_string(), crate::error::described)
            },
        );
        let mut all: Vec<&Migration> = self.runner.get_migrations().iter().collect();
        all.sort();
        let Some(failed) = all.get(applied) else {
            return MigrationError::new("of refinery", why);
        };
        let name = format!("{failed}.sql");
        let located = match failed.sql() {
            Some(sql) => execute::locate(url, &name, sql).await,
            None => None,
        };
        located.unwrap_or_else(|| MigrationError::new(name, why))
    }
}

impl Migrate for RefineryMigrations {
    fn contents(&self) -> Result<Vec<u8>, MigrationError> {
        let mut contents = Vec::new();
        for migration in self.runner.get_migrations() {
            contents.extend(migration.to_string().into_bytes());
            contents.extend(migration.checksum().to_le_bytes());
        }
        Ok(contents)
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        Box::pin(async move {
            let mut client = connect(url, "of refinery").await?;
            let Err(error) = self.runner.run_async(&mut client).await else {
                return Ok(());
            };
            let applied = self.runner.get_applied_migrations_async(&mut client).await;
            let applied = applied.map_or(0, |applied| applied.len());
            Err(self.described(url, &error, applied).await)
        })
    }
}

impl fmt::Debug for RefineryMigrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefineryMigrations").finish_non_exhaustive()
    }
}
