//! States in a file.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use neon_api_raw::{BoxFuture, serde_json};
use serde::de::DeserializeOwned;

use super::Checkpoint;

/// The largest state that is read.
const LARGEST: u64 = 64 << 20;

/// Saves states in a file, which only its owner can read (mode 0600 on Unix).
///
/// A state is written to a new file beside it, named like it with `.tmp` appended, which is synced and
/// then renamed: at any time the file has one whole state. A symbolic link in the place of either
/// file is not followed: at the path itself it is an error, and at the temporary one it is removed, as
/// is a file that a killed process has left there. Two workflows need two files.
///
/// Saving takes as long as the file system needs to sync a small file, and blocks the thread for that
/// time, so that nothing is written after the future is dropped.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::workflows::FileCheckpoint;
///
/// let file = FileCheckpoint::new("sweep.json");
/// let report = match file.load()? {
///     Some(plan) => project.run_sweep(plan).checkpoint(file.clone()).await?,
///     None => project.sweep().owner("ci").checkpoint(file.clone()).await?,
/// };
/// file.remove()?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCheckpoint {
    path: PathBuf,
}

impl FileCheckpoint {
    /// A file at this path, which need not exist. Its folder has to.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the state that was saved last; `None` if there is no file.
    ///
    /// # Errors
    ///
    /// Those of reading; [`InvalidInput`](io::ErrorKind::InvalidInput) for a symbolic link and for
    /// what is not a file, and [`InvalidData`](io::ErrorKind::InvalidData) for what is not such a
    /// state.
    pub fn load<S: DeserializeOwned>(&self) -> io::Result<Option<S>> {
        let read = || {
            if !self.is_there()? {
                return Ok(None);
            }
            let file = File::open(&self.path)?;
            self.must_be(&file)?;
            let mut state = String::new();
            file.take(LARGEST + 1).read_to_string(&mut state)?;
            Ok(Some(state))
        };
        let Some(state) = read().map_err(|error| self.named(&error))? else {
            return Ok(None);
        };
        let invalid = |why: &dyn fmt::Display| {
            let why = format!("{} is not a state of this kind: {why}", self.path.display());
            io::Error::new(io::ErrorKind::InvalidData, why)
        };
        if state.len() as u64 > LARGEST {
            return Err(invalid(&format_args!("it has more than {LARGEST} bytes")));
        }
        let state = serde_json::from_str(&state).map_err(|error| invalid(&error))?;
        Ok(Some(state))
    }

    /// Removes the file, once its state is not needed any more. Succeeds if there is no file.
    ///
    /// # Errors
    ///
    /// Those of removing it.
    pub fn remove(&self) -> io::Result<()> {
        let removed = gone(fs::remove_file(self.temporary()));
        let removed = removed.and_then(|()| gone(fs::remove_file(&self.path)));
        removed.map_err(|error| self.named(&error))
    }

    /// An error with the path, by which it can be mended.
    fn named(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
    }

    /// Whether there is a file; something else is an error.
    fn is_there(&self) -> io::Result<bool> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_file() => Ok(true),
            Ok(_) => Err(refused("it is a symbolic link, or not a file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// That what was opened is the file at the path, and no link led to another one.
    #[cfg(unix)]
    fn must_be(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt as _;

        let (opened, there) = (file.metadata()?, fs::symlink_metadata(&self.path)?);
        let is_same = (opened.dev(), opened.ino()) == (there.dev(), there.ino());
        if is_same && there.is_file() {
            return Ok(());
        }
        Err(refused("it was replaced while it was opened"))
    }

    #[cfg(not(unix))]
    fn must_be(&self, _: &File) -> io::Result<()> {
        self.is_there().map(drop)
    }

    fn temporary(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".tmp");
        path.into()
    }

    fn write(&self, state: &str) -> io::Result<()> {
        self.is_there()?;
        let temporary = self.temporary();
        let mut file = match create(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                gone(fs::remove_file(&temporary))?;
                create(&temporary)?
            }
            created => created?,
        };
        let written = file.write_all(state.as_bytes());
        let synced = written.and_then(|()| file.sync_all());
        let renamed = synced.and_then(|()| fs::rename(&temporary, &self.path));
        if renamed.is_err() {
            gone(fs::remove_file(&temporary))?;
        }
        renamed?;
        self.sync_folder()
    }

    /// Makes the renaming durable.
    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on Unix")]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Checkpoint for FileCheckpoint {
    fn save<'a>(&'a self, state: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move { self.write(state).map_err(|error| self.named(&error)) })
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// A new file, which follows no link.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
