//! The branches of a pool, as the processes of this machine share them: a file for each, which is
//! locked while the branch is in use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use neon_api::WaitToken;
use neon_api::chrono::{DateTime, Utc};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::secret;

const STEP: Duration = Duration::from_millis(20);

/// What is known of a branch. The connection string is a secret: the file is for its owner only.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) project: String,
    pub(super) branch: String,
    pub(super) parent: String,
    pub(super) url: String,
    pub(super) expires_at: DateTime<Utc>,
    /// Whether a test may have written to it.
    pub(super) is_dirty: bool,
    /// The operations of a reset that was begun and may not have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resetting: Option<WaitToken>,
}

/// A branch that this process holds.
pub(super) struct Slot {
    pub(super) number: usize,
    file: File,
    path: PathBuf,
    pub(super) known: Option<Known>,
}

impl Slot {
    /// What is kept for whoever holds it next.
    pub(super) fn keep(&mut self, known: Known) -> Result<()> {
        let written = || {
            let content = serde_json::to_vec(&known)?;
            // A file that was cut by the end of the process counts as one that knows nothing.
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&content)
        };
        let mut written = written;
        written().map_err(Error::file(&self.path))?;
        self.known = Some(known);
        Ok(())
    }

    /// What is known of its branch.
    pub(super) fn known(&self) -> Result<Known> {
        let known = self.known.clone();
        known.ok_or_else(|| Error::Database("a branch of the pool is not known".to_owned()))
    }

    pub(super) fn forget(&mut self) -> Result<()> {
        self.known = None;
        self.file.set_len(0).map_err(Error::file(&self.path))
    }
}

/// The folder of a pool.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    folder: PathBuf,
    pub(super) size: usize,
}

impl Slots {
    pub(super) fn new(folder: PathBuf, size: usize) -> Self {
        Self { folder, size }
    }

    /// A name that no other machine has for its branches, nor this one for another pool.
    pub(super) async fn id(&self) -> Result<String> {
        crate::local::private(&self.folder)?;
        let path = self.folder.join("pool");
        let mut file = self.locked("pool").await?;
        let mut id = String::new();
        file.read_to_string(&mut id).map_err(Error::file(&path))?;
        if id.is_empty() {
            id = secret::random::<5>()?;
            file.write_all(id.as_bytes()).map_err(Error::file(&path))?;
        }
        Ok(id)
    }

    /// A branch that nobody holds: one that is clean before one that has to be reset, and that before
    /// one that has to be created. `None` if all are in use.
    pub(super) fn take(&self) -> Result<Option<Slot>> {
        let mut best: Option<(u8, Slot)> = None;
        for number in 0..self.size {
            let Some(slot) = self.hold(number)? else {
                continue;
            };
            let rank = match &slot.known {
                Some(known) if !known.is_dirty => return Ok(Some(slot)),
                Some(_) => 1,
                None => 2,
            };
            if best.as_ref().is_none_or(|(other, _)| rank < *other) {
                best = Some((rank, slot));
            }
        }
        Ok(best.map(|(_, slot)| slot))
    }

    /// The branch of this number, if nobody holds it.
    pub(super) fn hold(&self, number: usize) -> Result<Option<Slot>> {
        let path = self.folder.join(format!("branch-{number}"));
        let mut file = open(&path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(Error::File(path, error.into())),
        }
        let mut kept = String::new();
        file.read_to_string(&mut kept).map_err(Error::file(&path))?;
        let known = serde_json::from_str(&kept).ok();
        Ok(Some(Slot {
            number,
            file,
            path,
            known,
        }))
    }

    /// Held while something is done that the API refuses to do twice at a time.
    pub(super) async fn locked(&self, name: &str) -> Result<File> {
        let path = self.folder.join(name);
        let file = open(&path)?;
        let end = Instant::now() + super::pool::PATIENCE;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(file),
                Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => sleep(STEP).await,
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    let time = super::pool::PATIENCE.as_secs();
                    let why = format!("it has been locked by another test process for {time} s");
                    let why = io::Error::new(io::ErrorKind::WouldBlock, format!("{why}: end it"));
                    return Err(Error::File(path, why));
                }
                Err(error) => return Err(Error::File(path, error.into())),
            }
        }
    }

    /// Removes the files.
    pub(super) fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.folder).map_err(Error::file(&self.folder))
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    options.open(path).map_err(Error::file(path))
}
