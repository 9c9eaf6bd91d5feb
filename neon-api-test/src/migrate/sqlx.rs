//! Migrations of sqlx.

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{Connection, PgConnection};

use super::{Migrate, Migrating, execute};
use crate::error::MigrationError;

/// Migrations of sqlx, of `sqlx::migrate!` or a [`Migrator`] that was made in another way:
///
/// ```no_run
/// # #[cfg(any())]
/// static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
/// # static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate::Migrator::DEFAULT;
///
/// # async fn example() -> Result<(), neon_api_test::Error> {
/// use neon_api_test::{SqlxMigrations, TestDb};
///
/// let db = TestDb::builder().migrate(SqlxMigrations::new(&MIGRATOR)).lease().await?;
/// # drop(db);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqlxMigrations {
    migrator: &'static Migrator,
}

impl SqlxMigrations {
    /// Those of a static migrator.
    pub fn new(migrator: &'static Migrator) -> Self {
        Self { migrator }
    }
}

impl Migrate for SqlxMigrations {
    fn contents(&self) -> Result<Vec<u8>, MigrationError> {
        let up = self
            .migrator
            .iter()
            .filter(|one| !one.migration_type.is_down_migration());
        let each = up.flat_map(|one| {
            let version = one.version.to_le_bytes().into_iter();
            version.chain(one.checksum.iter().copied())
        });
        Ok(each.collect())
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        Box::pin(async move {
            let connected = PgConnection::connect(url).await;
            let mut connection =
                connected.map_err(|error| MigrationError::new("of sqlx", error))?;
            let migrated = self.migrator.run_direct(&mut connection).await;
            let closed = connection.close().await;
            if let Err(error) = migrated {
                return Err(self.described(url, &error).await);
            }
            closed.map_err(|error| MigrationError::new("of sqlx", error))
        })
    }
}

impl SqlxMigrations {
    /// With the name of the file, as sqlx's tool makes them.
    async fn described(&self, url: &str, error: &MigrateError) -> MigrationError {
        let MigrateError::ExecuteMigration(source, version) = error else {
            return MigrationError::new("of sqlx", error);
        };
        let up = |one: &&Migration| !one.migration_type.is_down_migration();
        let mut all = self.migrator.iter().filter(up);
        let Some(failed) = all.find(|one| one.version == *version) else {
            return MigrationError::new(version.to_string(), source);
        };
        let name = format!("{version}_{}.sql", failed.description.replace(' ', "_"));
        let located = execute::locate(url, &name, &failed.sql).await;
        located.unwrap_or_else(|| MigrationError::new(name, source))
    }
}
