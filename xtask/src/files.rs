//! Where the vendored files are, and how they are written.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Name of the vendored interface description.
pub const SPEC: &str = "v2.json";
/// Name of the note on where the description came from.
pub const PROVENANCE: &str = "provenance.json";
/// Name of our texts on operations.
pub const OPERATION_DOCS: &str = "docs.operations.json";
/// Name of our texts on schemas.
pub const SCHEMA_DOCS: &str = "docs.schemas.json";

/// Name of the list of operations that wait for a method.
pub const PENDING: &str = "coverage-pending.txt";

/// Larger inputs are refused: the real document is below one megabyte.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The folder of this workspace.
pub fn workspace() -> PathBuf {
    // Cargo sets the variable when it runs the tool; the built-in value serves a binary that is
    // started by hand.
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The folder that holds the vendored files.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The given folder, or the one of this workspace.
    pub fn new(over: Option<PathBuf>) -> Self {
        Self(over.unwrap_or_else(|| workspace().join("neon-api-raw").join("openapi")))
    }

    /// Path of one file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes all the files or, as far as a file system allows, none.
    ///
    /// Each goes to a temporary file beside its target first, so that only
    /// renames are left once anything in place is touched.
    pub fn write(&self, files: &[(&str, &[u8])]) -> Result<(), Failure> {
        fs::create_dir_all(&self.0).map_err(|e| io_failure(&self.0, "could not create", &e))?;
        let mut staged = Vec::new();
        let outcome = files
            .iter()
            .try_for_each(|(name, bytes)| {
                let temporary = self.file(&format!(".{name}.{}.tmp", std::process::id()));
                staged.push((temporary.clone(), self.file(name)));
                stage(&temporary, bytes)
            })
            .and_then(|()| {
                staged.iter().try_for_each(|(from, to)| {
                    fs::rename(from, to).map_err(|e| io_failure(to, "could not replace", &e))
                })
            });
        if outcome.is_err() {
            for (temporary, _) in &staged {
                // Best effort: the first error is the one worth telling.
                let _ = fs::remove_file(temporary);
            }
        }
        outcome
    }
}

fn stage(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |e: std::io::Error| io_failure(path, "could not write", &e);
    let mut file = File::create(path).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)
}

/// Reads a file whole, unless it is absurdly large.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let meta = fs::metadata(path).map_err(|e| io_failure(path, "could not read", &e))?;
    if meta.is_dir() {
        return Err(Failure::new(path.display().to_string(), "is a folder"));
    }
    if meta.len() > MAX_BYTES {
        return Err(too_large(&path.display().to_string()));
    }
    fs::read(path).map_err(|e| io_failure(path, "could not read", &e))
}

/// The complaint about an input above [`MAX_BYTES`].
pub fn too_large(source: &str) -> Failure {
    Failure::new(
        source,
        format!("is larger than {} MiB", MAX_BYTES / 1024 / 1024),
    )
}

fn io_failure(path: &Path, what: &str, error: &std::io::Error) -> Failure {
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    };
    Failure::new(path.display().to_string(), format!("{what}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_all_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(Some(dir.path().join("new")));
        folder.write(&[("a", b"1"), ("b", b"2")]).unwrap();
        let mut names: Vec<_> = fs::read_dir(dir.path().join("new"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(fs::read(folder.file("b")).unwrap(), b"2");
    }

    #[test]
    fn a_target_that_cannot_be_replaced_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b").join("full")).unwrap();
        let folder = Folder::new(Some(dir.path().to_path_buf()));
        assert!(folder.write(&[("b", b"2")]).is_err());
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(names.len(), 1);
    }
}
