//! Where the programs of PostgreSQL are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{PostgresError, Result};

/// The oldest version with everything that is used here.
const OLDEST: i64 = 14;

const NEEDED: [&str; 4] = ["initdb", "postgres", "pg_dump", "pg_dumpall"];

/// The programs of one version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    folder: PathBuf,
    /// What `postgres --version` says.
    full_version: String,
    pub(super) version: i64,
}

impl Binaries {
    /// From `PATH`, `pg_config`, or where Debian has them, the newest first.
    pub(super) fn find() -> Result<Self> {
        let folders = candidates();
        let has_all = |folder: &&PathBuf| NEEDED.iter().all(|name| folder.join(name).is_file());
        match folders
            .iter()
            .filter_map(|folder| real(folder))
            .find(|folder| has_all(&folder))
        {
            Some(folder) => Self::in_folder(&folder),
            None => Err(PostgresError::NotFound(folders)),
        }
    }

    pub(super) fn in_folder(folder: &Path) -> Result<Self> {
        let unusable = |why: String| PostgresError::Unusable(folder.to_owned(), why);
        for name in NEEDED {
            if !folder.join(name).is_file() {
                return Err(unusable(format!("there is no {name}")));
            }
        }
        let printed = Command::new(folder.join("postgres"))
            .arg("--version")
            .output();
        let printed = printed.map_err(|error| unusable(error.to_string()))?;
        let full_version = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
        let version = major(&full_version)
            .ok_or_else(|| unusable(format!("its version is not known: {full_version:?}")))?;
        if version < OLDEST {
            let why = format!("it is version {version}, and at least {OLDEST} is needed");
            return Err(unusable(why));
        }
        Ok(Self {
            folder: folder.to_owned(),
            full_version,
            version,
        })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file name that differs wherever a template cannot be shared.
    pub(super) fn key(&self) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let fitting = self
            .full_version
            .chars()
            .map(|c| if fits(c) { c } else { '_' });
        fitting.collect()
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `postgres (PostgreSQL) 18beta1`.
fn major(version: &str) -> Option<i64> {
    let number = version.split_whitespace().nth(2)?;
    let end = number.find(|c: char| !c.is_ascii_digit());
    number.get(..end.unwrap_or(number.len()))?.parse().ok()
}

/// The folder that a folder's `postgres` is in, or leads to: links in folders of `PATH` may lead to
/// some of the programs only.
fn real(folder: &Path) -> Option<PathBuf> {
    let program = folder.join("postgres").canonicalize().ok()?;
    program.parent().map(Path::to_owned)
}

fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    let configured = Command::new("pg_config").arg("--bindir").output();
    if let Ok(printed) = configured {
        let printed = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
        folders.extend((!printed.is_empty()).then(|| PathBuf::from(printed)));
    }
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    packaged.sort();
    folders.extend(packaged.into_iter().rev().map(|(_, path)| path));
    folders
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn versions_of_releases_and_betas_are_read() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(major(debian), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major("postgres"), None);
        assert_eq!(major("what is this"), None);
    }
}
