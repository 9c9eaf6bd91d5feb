//! An API key in a file, which is replaced while programs use it.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use neon_api::raw::BoxFuture;
use neon_api::{KeyProvider, Secret};

/// Reads the key before each attempt, which is a few microseconds; a key that was rejected (401) is
/// read once more.
#[derive(Debug, Clone)]
pub(crate) struct KeyFile(PathBuf);

impl KeyFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The key in the file; that of the environment while there is no file.
    pub(crate) fn read(&self) -> io::Result<Secret> {
        let key = match fs::read_to_string(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let missing = "no API key: there is no such file, and NEON_API_KEY is not set; the first key is created in the Neon Console";
                std::env::var("NEON_API_KEY").map_err(|_| io::Error::new(error.kind(), missing))?
            }
            read => read?,
        };
        Ok(Secret::new(key.trim()))
    }

    /// Replaces the file at once, so that it never contains half a key; only its owner can read it.
    pub(crate) fn write(&self, key: &Secret) -> io::Result<()> {
        let mut path = self.0.clone().into_os_string();
        path.push(format!(".{:08x}.tmp", fastrand::u32(..)));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        file.write_all(key.expose().as_bytes())?;
        file.sync_all()?;
        fs::rename(path, &self.0)
    }
}

impl KeyProvider for KeyFile {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>> {
        Box::pin(async { Ok(self.read()?) })
    }
}

/// A name that no other key has.
pub(crate) fn named(name: &str) -> String {
    format!("{name}-{:08x}", fastrand::u32(..))
}

/// Whether a key has this name, or one that was made from it.
pub(crate) fn is_named(key: &str, name: &str) -> bool {
    let rest = key.strip_prefix(name).unwrap_or("other");
    let digits = rest.strip_prefix('-').unwrap_or_default();
    rest.is_empty() || (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
