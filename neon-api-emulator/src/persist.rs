//! The state in a file.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::builder::Builder;
use crate::emulator::Emulator;
use crate::state::saved::Saved;

/// Why a state could not be loaded or saved.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// The file could not be read or written.
    Io(io::Error),
    /// The file is not a valid state: what is wrong with it, without any of its content.
    Corrupt(String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Corrupt(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Corrupt(_) => None,
        }
    }
}

impl From<io::Error> for StateError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The shortest time between two saves of [`Emulator::save_on_change`].
const PAUSE: Duration = Duration::from_millis(50);
/// Saving takes at most this part of the time, however large the state has grown.
const SHARE: u32 = 5;

impl Builder {
    /// Like [`build`](Self::build), with the state that [`Emulator::save`] wrote to this file;
    /// empty if the file does not exist. The clock continues as if it had not stopped. Faults, the
    /// request log and the settings of this builder are not part of the state.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not a valid state.
    pub fn load(self, path: impl AsRef<Path>) -> Result<Emulator, StateError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.build()),
            Err(error) => return Err(error.into()),
        };
        let saved = Saved::read(&bytes).map_err(StateError::Corrupt)?;
        Ok(Emulator::from_builder(self, Some(saved)))
    }
}

impl Emulator {
    /// Writes the state to a file, for [`Builder::load`].
    ///
    /// The file is replaced atomically: after a crash it has either the old or the new state. It
    /// contains passwords and API keys, and is readable by its owner only. Two programs must not
    /// save to the same file.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use neon_api_emulator::Emulator;
    ///
    /// let path = std::env::temp_dir().join(format!("emulator-{}.json", std::process::id()));
    /// let emulator = Emulator::builder().build();
    /// let made = emulator.seed(|seed| seed.project("app"))?;
    /// emulator.save(&path)?;
    ///
    /// let again = Emulator::builder().load(&path)?;
    /// assert_eq!(again.state().projects()[0].id, made.project.id);
    /// # std::fs::remove_file(&path)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), StateError> {
        let path = path.as_ref();
        // The later of two saves writes the later state.
        let _alone = self.saving();
        let text = self.state_text().map_err(io::Error::other)?;
        let beside = beside(path)?;
        let mut file = create(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)?;
        sync_folder(path)?;
        Ok(())
    }

    /// Saves the state now and soon after changes, until saving fails; several changes may be saved
    /// together. After stopping this future, save the last changes with [`save`](Self::save). Needs
    /// a Tokio runtime.
    pub async fn save_on_change(&self, path: impl AsRef<Path>) -> StateError {
        let mut changes = self.changes();
        changes.mark_changed();
        loop {
            if changes.changed().await.is_err() {
                // The sender is part of this emulator.
                return StateError::Io(io::ErrorKind::BrokenPipe.into());
            }
            let (emulator, to) = (self.clone(), path.as_ref().to_owned());
            let start = Instant::now();
            match tokio::task::spawn_blocking(move || emulator.save(to)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(stopped) => return StateError::Io(io::Error::other(stopped)),
            }
            tokio::time::sleep(PAUSE.max(start.elapsed() * SHARE)).await;
        }
    }
}

/// That changes are saved before they are acknowledged.
#[derive(Debug)]
pub(crate) struct Durable {
    path: PathBuf,
    /// How many changes the file has.
    saved: Mutex<u64>,
}

impl Durable {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            saved: Mutex::new(0),
        }
    }

    /// Returns when everything that has changed so far is saved.
    pub(crate) async fn keep(&self, emulator: &Emulator) -> Result<(), StateError> {
        let changes = emulator.changes();
        let wanted = *changes.borrow();
        let mut saved = self.saved.lock().await;
        if *saved >= wanted {
            // Somebody else's save had it.
            return Ok(());
        }
        let covers = *changes.borrow();
        let (emulator, path) = (emulator.clone(), self.path.clone());
        let saving = tokio::task::spawn_blocking(move || emulator.save(path));
        saving.await.map_err(io::Error::other)??;
        *saved = covers;
        Ok(())
    }
}

/// The file that is written before it takes the place of `path`: in the same folder, hence on the
/// same file system.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name();
    let name = name
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "is not the path of a file"))?;
    let mut beside = OsString::from(name);
    beside.push(".new");
    Ok(path.with_file_name(beside))
}

/// A new file, which nobody else can read: a leftover of an earlier program may be readable.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The new name is durable once the folder is synced.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
