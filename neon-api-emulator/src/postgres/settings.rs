//! What is configured.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Log;
use super::binaries::Binaries;
use super::error::PostgresError;

/// The Postgres that [`Builder::postgres`](crate::Builder::postgres) puts behind the emulator, and
/// how it is run.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api_emulator::{Emulator, Postgres};
///
/// let server = Emulator::builder().postgres(Postgres::find()?).start().await?;
/// // Connection strings that this API returns lead to real databases.
/// println!("{}", server.base_url());
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "nothing happens until an emulator is started with it"]
pub struct Postgres {
    pub(super) binaries: Binaries,
    pub(super) user: String,
    pub(super) port: u16,
    pub(super) folder: PathBuf,
    pub(super) cache: Option<PathBuf>,
    pub(super) log: Log,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("version", &self.binaries.version)
            .field("user", &self.user)
            .field("port", &self.port)
            .field("folder", &self.folder)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    /// The first `initdb` and `postgres`, of version 14 or later, in `PATH`, in the folder that
    /// `pg_config` names, or in `/usr/lib/postgresql/*/bin`, where Debian has them.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NotFound`], with what to install; [`PostgresError::Unusable`] for an older
    /// version.
    pub fn find() -> Result<Self, PostgresError> {
        Binaries::find().map(Self::new)
    }

    /// Those in this folder.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Unusable`], if they are not there or too old.
    pub fn in_folder(folder: impl AsRef<Path>) -> Result<Self, PostgresError> {
        Binaries::in_folder(folder.as_ref()).map(Self::new)
    }

    fn new(binaries: Binaries) -> Self {
        Self {
            binaries,
            user: "postgres".to_owned(),
            port: 0,
            folder: env::temp_dir(),
            cache: cache(),
            log: Arc::new(|_| {}),
        }
    }

    /// The user that it runs as if the emulator runs as root, as which it does not run. Default:
    /// `postgres`.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = name.into();
        self
    }

    /// The port of 127.0.0.1 that clients connect to. Default: a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Where the folder with the data directories is created, which is removed when the emulator is
    /// dropped. On a file system with reflinks (XFS, Btrfs, APFS), branches take no space and hardly
    /// any time. Its path must be accessible to the user that Postgres runs as. Default: the
    /// system's folder for temporary files.
    pub fn data_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Where the empty cluster is kept that `initdb` made, one for each version; `None` runs
    /// `initdb` at every start, which takes about a second. Default: `neon-api-emulator` in
    /// `$XDG_CACHE_HOME` or `~/.cache`.
    pub fn cache_folder(mut self, folder: Option<PathBuf>) -> Self {
        self.cache = folder;
        self
    }

    /// Sets a function that is called with a line for every operation that failed in Postgres.
    pub fn on_failure(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Arc::new(log);
        self
    }

    /// The major version.
    pub fn version(&self) -> i64 {
        self.binaries.version
    }
}

fn cache() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    let base = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(base.join("neon-api-emulator"))
}
