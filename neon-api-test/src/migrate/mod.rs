//! What a template database is made by.

#[cfg(feature = "diesel")]
mod diesel;
mod execute;
mod files;
#[cfg(feature = "refinery")]
mod refinery;
#[cfg(feature = "sqlx")]
mod sqlx;
mod statements;
mod with;

use std::future::Future;
use std::pin::Pin;

#[cfg(feature = "diesel")]
pub use diesel::DieselMigrations;
pub use files::{SqlFile, SqlFiles, in_package};
#[cfg(feature = "refinery")]
pub use refinery::RefineryMigrations;
#[cfg(feature = "sqlx")]
pub use sqlx::SqlxMigrations;
pub use with::MigrateWith;

use crate::error::MigrationError;

/// The future of [`Migrate::run`].
pub type Migrating<'a> = Pin<Box<dyn Future<Output = Result<(), MigrationError>> + Send + 'a>>;

/// Migrations or a seed: what is done once to the database that the tests' databases are copies of.
///
/// Implemented by files with SQL ([`SqlFiles`], [`SqlFile`]), by functions with a connection string
/// ([`MigrateWith`]), and for the tools with a feature of their own: `sqlx`, `refinery`, `diesel`.
pub trait Migrate: Send + Sync + 'static {
    /// What identifies the contents. The database is created again when it changes, also by a later run
    /// of the tests.
    ///
    /// # Errors
    ///
    /// If the contents cannot be read.
    fn contents(&self) -> Result<Vec<u8>, MigrationError>;

    /// Makes the changes in the database with this connection string, whose role owns it. All
    /// connections should be closed at the end; those that are not are ended. All migrations and
    /// seeds together have ten minutes, after which they are dropped and have failed.
    ///
    /// # Errors
    ///
    /// Which migration failed, and why.
    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a>;
}
