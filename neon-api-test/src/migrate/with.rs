//! Migrations by a function.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::{Migrate, Migrating};
use crate::error::{BoxError, MigrationError, described};

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
///
/// The error of a test whose database could not be made has this name, and what the function returned,
/// with the error of the server if that is among its sources. A function of several steps returns a
/// [`MigrationError`] to name the one that failed; a panic is an error as well.
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
    /// A function with a name, which errors have, and with what its changes depend on: the template is
    /// created again when name or contents differ.
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
        // Two functions without contents are still two.
        let mut contents = self.name.len().to_le_bytes().to_vec();
        contents.extend(self.name.as_bytes());
        contents.extend(&self.contents);
        Ok(contents)
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        let function = AssertUnwindSafe(async move { (self.function)(url.to_owned()).await });
        Box::pin(async move {
            match function.catch_unwind().await {
                Ok(done) => done.map_err(|error| failure(&self.name, error)),
                Err(panic) => {
                    let why = format!("it panicked: {}", message(&*panic));
                    Err(MigrationError::new(&self.name, why))
                }
            }
        })
    }
}

/// The failure of the function with this name, as exactly as it is known.
fn failure(name: &str, error: BoxError) -> MigrationError {
    let error = match error.downcast::<MigrationError>() {
        Ok(of_step) => {
            let source_name = format!("{name}, {}", of_step.source_name);
            return MigrationError {
                source_name,
                ..*of_step
            };
        }
        Err(error) => error,
    };
    let mut why = String::new();
    let mut next: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(error) = next {
        // What the server says includes what its sources do.
        let server = error.downcast_ref::<tokio_postgres::Error>();
        let text = server.map_or_else(|| error.to_string(), described);
        if !why.contains(&text) {
            let separator = if why.is_empty() { "" } else { ": " };
            why = format!("{why}{separator}{text}");
        }
        next = if server.is_some() {
            None
        } else {
            error.source()
        };
    }
    MigrationError::new(name, why)
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

impl<F> fmt::Debug for MigrateWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrateWith")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
