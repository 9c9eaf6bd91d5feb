//! Which PostgreSQL runs, and as whom.

use std::env;
use std::ffi::OsString;

use neon_api_emulator::Postgres;

use crate::error::Result;
use crate::secret::Digester;

/// As the environment sets it.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// The folder of the programs, if not the usual ones.
    folder: Option<OsString>,
    /// Whom they run as, for root.
    user: Option<String>,
}

impl Programs {
    pub(super) fn from_env() -> Self {
        let set = |name| env::var_os(name).filter(|set| !set.is_empty());
        let user = set("NEON_TEST_POSTGRES_USER");
        Self {
            folder: set("NEON_TEST_POSTGRES"),
            user: user.map(|user| user.to_string_lossy().into_owned()),
        }
    }

    pub(super) fn find(&self) -> Result<Postgres> {
        let postgres = match &self.folder {
            Some(folder) => Postgres::in_folder(folder)?,
            None => Postgres::find()?,
        };
        Ok(match &self.user {
            Some(user) => postgres.user(user),
            None => postgres,
        })
    }

    /// Differs between programs and users, fit for a file name.
    pub(super) fn key(&self) -> String {
        let mut key = Digester::new();
        let folder = self.folder.clone().unwrap_or_default();
        key.add(folder.as_encoded_bytes());
        if let Some(user) = &self.user {
            key.add(user);
        }
        key.finish().chars().take(8).collect()
    }
}
