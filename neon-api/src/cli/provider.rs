//! The key of a client that uses the CLI's credentials.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use neon_api_raw::{BoxFuture, Secret};

use crate::error::CliError;
use crate::key::KeyProvider;

use super::config::CliConfig;
use super::credentials::Stored;

/// The credentials of a profile. They are kept, and read again when they have expired or the API has
/// rejected them: the CLI may have renewed them since. It alone does; nothing is written here.
pub(crate) struct CliKey {
    shared: Arc<Shared>,
}

struct Shared {
    files: CliConfig,
    current: Mutex<Stored>,
}

impl CliKey {
    pub(crate) fn new(files: CliConfig, stored: Stored) -> Self {
        let current = Mutex::new(stored);
        Self {
            shared: Arc::new(Shared { files, current }),
        }
    }

    /// Reads the files on a thread for such work.
    fn read(&self) -> BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || shared.read());
            Ok(read.await??)
        })
    }
}

impl Shared {
    fn read(&self) -> Result<Secret, CliError> {
        let stored = self.files.credentials()?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if stored.is_of_other_account(&current) {
            return Err(CliError::OtherAccount {
                profile: stored.profile,
                file: stored.file,
            });
        }
        *current = stored;
        Ok(current.secret.clone())
    }

    /// The secret that was read last, unless it has expired.
    fn kept(&self) -> Option<Secret> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        (!current.is_expired()).then(|| current.secret.clone())
    }
}

impl KeyProvider for CliKey {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>> {
        match self.shared.kept() {
            Some(secret) => Box::pin(async { Ok(secret) }),
            None => self.read(),
        }
    }

    fn renew(&self) -> BoxFuture<'_, Result<Secret, Box<dyn Error + Send + Sync>>> {
        self.read()
    }
}

impl fmt::Debug for CliKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CliKey").field(&self.shared.files).finish()
    }
}
