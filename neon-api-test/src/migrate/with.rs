//! Migrations by a function.

use std::fmt;
use std::future::Future;

use super::{Migrate, Migrating};
use crate::error::{BoxError, MigrationError};

/// Migrations by a function that is given a connection string, for tools without a feature of their
/// own:
///
/// ```
/// use neon_api_test::MigrateWith;
///
/// const SCHEMA: &str = "CREATE TABLE account (id bigint PRIMARY KEY)";
/// let schema = MigrateWith::new("schema", SCHEMA, async |url: String| {
///     let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
///     tokio::spawn(connection);
///     client.batch_execute(SCHEMA).await?;
///     Ok(())
/// });
/// # drop(schema);
/// ```
pub struct MigrateWith<F> {
    name: String,
    contents: Vec<u8>,
    function: F,
}

impl<F, R> MigrateWith<F>
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    /// A function with a name for errors, and with what its changes depend on: the template is created
    /// again when these contents differ.
    pub fn new(name: impl Into<String>, contents: impl Into<Vec<u8>>, function: F) -> Self {
        Self {
            name: name.into(),
            contents: contents.into(),
            function,
        }
    }
}

impl<F, R> Migrate for MigrateWith<F>
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    fn contents(&self) -> Result<Vec<u8>, MigrationError> {
        Ok(self.contents.clone())
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        let done = (self.function)(url.to_owned());
        Box::pin(async move {
            done.await
                .map_err(|error| MigrationError::new(&self.name, error))
        })
    }
}

impl<F> fmt::Debug for MigrateWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrateWith")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
