//! Migrations in files of SQL.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::execute::{connect, execute};
use super::{Migrate, Migrating};
use crate::error::MigrationError;

/// The migrations in a folder, named as sqlx and refinery's files are: `<number>_<name>.sql` or
/// `<number>_<name>.up.sql`, with an optional `V` before the number, in the order of their numbers.
/// Those that end in `.down.sql` are left out, and so is what is not an SQL file.
///
/// Each file is sent at once: its statements are one transaction, unless they begin others. `COPY …
/// FROM stdin` is not possible.
#[derive(Debug, Clone)]
pub struct SqlFiles {
    folder: PathBuf,
}

impl SqlFiles {
    /// Those in this folder. A relative path is one of the package whose tests run
    /// (`CARGO_MANIFEST_DIR`), or of the current folder if cargo does not run them.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: in_this_package(folder.into()),
        }
    }

    fn read(&self) -> Result<Vec<(PathBuf, String)>, MigrationError> {
        let failed = |why: &dyn fmt::Display| {
            MigrationError::new(format!("folder {}", self.folder.display()), why)
        };
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| failed(&error))? {
            let path = entry.map_err(|error| failed(&error))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.filter(|name| is_up(name)) else {
                continue;
            };
            let Some(number) = number(name) else {
                let why = format!("{name} has no number: expected <number>_<name>.sql");
                return Err(failed(&why));
            };
            if let Some(other) = found.insert(number, path.clone()) {
                let why = format!("{} and {name} have the same number", other.display());
                return Err(failed(&why));
            }
        }
        let read = |path: PathBuf| read(&path).map(|sql| (path, sql));
        found.into_values().map(read).collect()
    }
}

impl Migrate for SqlFiles {
    fn contents(&self) -> Result<Vec<u8>, MigrationError> {
        let mut contents = Vec::new();
        for (path, sql) in self.read()? {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            for part in [name, sql.as_bytes()] {
                contents.extend(part.len().to_le_bytes());
                contents.extend(part);
            }
        }
        Ok(contents)
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        Box::pin(async move {
            let files = self.read()?;
            let client = connect(url, &self.folder.display().to_string()).await?;
            for (path, sql) in files {
                execute(&client, &path.display().to_string(), &sql).await?;
            }
            Ok(())
        })
    }
}

/// One file of SQL, as a seed is.
#[derive(Debug, Clone)]
pub struct SqlFile {
    path: PathBuf,
}

impl SqlFile {
    /// The file at this path. A relative one is of the package whose tests run
    /// (`CARGO_MANIFEST_DIR`), or of the current folder if cargo does not run them.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: in_this_package(path.into()),
        }
    }
}

impl Migrate for SqlFile {
    fn contents(&self) -> Result<Vec<u8>, MigrationError> {
        read(&self.path).map(String::into_bytes)
    }

    fn run<'a>(&'a self, url: &'a str) -> Migrating<'a> {
        Box::pin(async move {
            let sql = read(&self.path)?;
            let name = self.path.display().to_string();
            let client = connect(url, &name).await?;
            execute(&client, &name, &sql).await
        })
    }
}

/// A relative path is one of the package: where the tests run, else where they were built.
pub fn in_package(built: &str, path: &str) -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| built.into(), PathBuf::from);
    package.join(path)
}

fn in_this_package(path: PathBuf) -> PathBuf {
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => Path::new(&package).join(path),
        // Whole, so that an error says where it would have been.
        None => std::path::absolute(&path).unwrap_or(path),
    }
}

fn is_up(name: &str) -> bool {
    let is_sql = Path::new(name).extension().is_some_and(|end| end == "sql");
    is_sql && !name.ends_with(".down.sql")
}

fn number(name: &str) -> Option<u64> {
    let (number, _) = name.split_once('_')?;
    number.strip_prefix('V').unwrap_or(number).parse().ok()
}

fn read(path: &Path) -> Result<String, MigrationError> {
    let read = fs::read_to_string(path);
    read.map_err(|error| MigrationError::new(path.display().to_string(), error))
}
