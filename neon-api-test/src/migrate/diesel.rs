//! Embedded migrations of diesel.

use std::any::Any;
use std::fmt;

use diesel::QueryResult;
use diesel::connection::{BoxableConnection, SimpleConnection};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_migrations::EmbeddedMigrations;

use super::execute::{connect, execute};
use super::{Migrate, Migrating};
use crate::error::{MigrationError, described};

/// As diesel makes it.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (\
    version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

/// Migrations of `diesel_migrations::embed_migrations!`, which need neither libpq nor a connection of
/// diesel here. They are recorded as diesel does, so that it finds none that is pending.
///
/// ```no_run
/// # async fn example() -> Result<(), neon_api_test::Error> {
/// # mod diesel_migrations { pub use ::diesel_migrations::*; }
/// # #[cfg(any())]
/// const MIGRATIONS: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!();
/// # const MIGRATIONS: diesel_migrations::EmbeddedMigrations = diesel_migrations::EmbeddedMigrations::new(&[]);
/// use neon_api_test::{DieselMigrations, TestDb};
///
/// let db = TestDb::builder().migrate(DieselMigrations::new(MIGRATIONS)).lease().await?;
/// # drop(db);
/// # Ok(())
/// # }
/// ```
pub struct DieselMigrations {
    source: EmbeddedMigrations,
}

/// One migration, as it is sent.
struct Step {
    name: String,
    version: String,
    sql: String,
    in_transaction: bool,
}

impl DieselMigrations {
    /// These migrations.
    pub fn new(source: EmbeddedMigrations) -> Self {
        Self { source }
    }

    fn steps(&self) -> Result<Vec<Step>, MigrationError> {
        let failed = |error| MigrationError::new("of diesel", error);
        let source: &dyn MigrationSource<Pg> = &self.source;
        let mut steps = Vec::new();
        for migration in source.migrations().map_err(failed)? {
            steps.push(step(migration.as_ref())?);
        }
        steps.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(steps)
    }
}

fn step(migration: &dyn Migration<Pg>) -> Result<Step, MigrationError> {
    let name = migration.name().to_string();
    let mut recorder = Recorder::default();
    let ran = migration.run(&mut recorder);
    ran.map_err(|error| MigrationError::new(&name, error))?;
    Ok(Step {
        version: migration.name().version().to_string(),
        name: format!("{name}/up.sql"),
        sql: recorder.0,
        in_transaction: migration.metadata().run_in_transaction(),
    })
}

/// Notes what a migration sends: embedded ones do not show their SQL otherwise.
#[derive(Default)]
struct Recorder(String);

impl SimpleConnection for Recorder {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.0.push_str(query);
        Ok(())
    }
}

impl BoxableConnection<Pg> for Recorder {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Migrate for DieselMigrations {
    fn contents(&self) -> Result<Vec<u8>, MigrationError> {
        let mut contents = Vec::new();
        for step in self.steps()? {
            for part in [step.version, step.sql] {
                contents.extend(part.len().to_le_bytes());
                contents.extend(part.into_bytes());
            }
        }
        Ok(contents)
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        Box::pin(async move {
            let client = connect(url, "of diesel").await?;
            let failed =
                |error: &tokio_postgres::Error| MigrationError::new("of diesel", described(error));
            client
                .batch_execute(TABLE)
                .await
                .map_err(|error| failed(&error))?;
            for step in self.steps()? {
                let (begin, end) = if step.in_transaction {
                    ("BEGIN", "COMMIT")
                } else {
                    ("", "")
                };
                client
                    .batch_execute(begin)
                    .await
                    .map_err(|error| failed(&error))?;
                execute(&client, &step.name, &step.sql).await?;
                let note = "INSERT INTO __diesel_schema_migrations (version) VALUES ($1)";
                let noted = client.execute(note, &[&step.version]).await;
                noted.map_err(|error| failed(&error))?;
                client
                    .batch_execute(end)
                    .await
                    .map_err(|error| failed(&error))?;
            }
            Ok(())
        })
    }
}

impl fmt::Debug for DieselMigrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DieselMigrations").finish_non_exhaustive()
    }
}
