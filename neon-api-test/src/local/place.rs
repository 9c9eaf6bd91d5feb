//! The folder that the test processes of a user share, and its locks.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;
use tokio::time::{Instant, sleep};

use super::programs::Programs;
use crate::error::{Error, Result};
use crate::plan;
use crate::settings;

/// Longer than any process holds a lock: it starts a server at most, for the first time ever, and runs
/// the migrations of a template of its own.
const PATIENCE: Duration = plan::PATIENCE.saturating_add(Duration::from_secs(120));
const STEP: Duration = Duration::from_millis(2);

/// Changes with what is kept there, so that older forms are not used.
const FORM: u32 = 1;

/// Where the folders of local servers are. The user that Postgres runs as if the tests run as root
/// cannot enter root's home, and seldom the build folder; the folder for temporary files it can.
pub(crate) fn base() -> PathBuf {
    match settings::path("NEON_TEST_DIR") {
        Some(set) => PathBuf::from(set),
        None => env::temp_dir().join(format!("neon-api-test-{}", geteuid().as_raw())),
    }
}

/// The same, as a folder of this user.
pub(super) fn root() -> Result<PathBuf> {
    let base = base();
    private(&base)?;
    base.canonicalize().map_err(Error::file(&base))
}

/// The folder of one server.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    owner: Option<(u32, u32)>,
    /// Whether its server ends as soon as nobody uses it.
    pub(super) ends_at_once: bool,
    /// Whether it is of one use only, so that its data, which were copied, end with the server.
    pub(super) is_single: bool,
}

impl Place {
    /// That of the server that all share, of these programs.
    pub(super) fn new(programs: &Programs) -> Result<Self> {
        Self::named(&format!("{}-{FORM}", programs.key()))
    }

    /// That of this name.
    pub(super) fn named(name: &str) -> Result<Self> {
        let folder = root()?.join(name);
        private(&folder)?;
        Ok(Self {
            folder,
            owner: None,
            ends_at_once: false,
            is_single: false,
        })
    }

    /// That of a folder that is there.
    pub(super) fn at(folder: PathBuf) -> Self {
        Self {
            folder,
            owner: None,
            ends_at_once: true,
            is_single: true,
        }
    }

    /// With a server that ends as soon as nobody uses it.
    pub(super) fn ending_at_once(mut self) -> Self {
        self.ends_at_once = true;
        self
    }

    /// For one use.
    pub(super) fn single(mut self) -> Self {
        self.is_single = true;
        self.ending_at_once()
    }

    /// With files that belong to this user, if Postgres runs as another one.
    pub(super) fn owned_by(mut self, owner: Option<(u32, u32)>) -> Self {
        self.owner = owner;
        self
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(super) fn server_file(&self) -> PathBuf {
        self.folder.join("server.json")
    }

    /// Of which release and which start of the machine the data are.
    pub(super) fn stamp(&self) -> PathBuf {
        self.folder.join("stamp")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Held while a server is found, started or stopped.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.folder.join("lock")
    }

    /// Held, shared, by all who use the server.
    pub(super) fn users_file(&self) -> PathBuf {
        self.folder.join("users")
    }

    pub(super) async fn lock(&self) -> Result<File> {
        locked(self.lock_file(), FlockOperation::NonBlockingLockExclusive).await
    }

    pub(super) async fn join(&self) -> Result<File> {
        locked(self.users_file(), FlockOperation::NonBlockingLockShared).await
    }

    /// Gives the files that the server's guard opens to the user that it runs as.
    pub(super) fn hand_over(&self) -> Result<()> {
        let Some((user, group)) = self.owner else {
            return Ok(());
        };
        for path in [self.lock_file(), self.users_file(), self.log()] {
            let file = open(&path).map_err(Error::file(&path))?;
            drop(file);
            chown(&path, Some(user), Some(group)).map_err(Error::file(&path))?;
        }
        // Others may pass through to what they know the name of, and is theirs.
        for folder in [self.folder.parent(), Some(self.folder.as_path())] {
            let Some(folder) = folder else { continue };
            let mode = fs::Permissions::from_mode(0o711);
            fs::set_permissions(folder, mode).map_err(Error::file(folder))?;
        }
        Ok(())
    }
}

/// Opens a file of this folder, for its owner only.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    options.open(path)
}

/// Creates a folder that nobody else can change; one that somebody else has put there is refused.
pub(crate) fn private(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    match builder.mode(0o700).recursive(false).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let created = builder.recursive(true).create(folder);
            created.map_err(Error::file(folder))?;
        }
        created => return created.map_err(Error::file(folder)),
    }
    let known = fs::symlink_metadata(folder).map_err(Error::file(folder))?;
    let is_own = known.uid() == geteuid().as_raw();
    if known.is_dir() && is_own && known.mode() & 0o022 == 0 {
        return Ok(());
    }
    let why = "it is not a folder of this user alone; remove it, or set NEON_TEST_DIR to another";
    let error = io::Error::new(io::ErrorKind::PermissionDenied, why);
    Err(Error::File(folder.to_owned(), error))
}

/// Locks are seldom held for longer than a few milliseconds, and a wait for one in the kernel could
/// not be interrupted.
pub(super) async fn locked(path: PathBuf, how: FlockOperation) -> Result<File> {
    let file = open(&path).map_err(Error::file(&path))?;
    let end = Instant::now() + PATIENCE;
    loop {
        match flock(&file, how) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => sleep(STEP).await,
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let why = format!(
                    "{} has been locked by another test process for {} s: end it",
                    path.display(),
                    PATIENCE.as_secs()
                );
                return Err(Error::Database(why));
            }
            Err(error) => return Err(Error::File(path, error.into())),
        }
    }
}
