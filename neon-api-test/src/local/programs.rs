//! Which PostgreSQL runs, and as whom.

use std::ffi::OsString;

use neon_api_emulator::Postgres;

use crate::error::Result;
use crate::secret::Digester;
use crate::settings;

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
        Self {
            folder: settings::path("NEON_TEST_POSTGRES"),
            user: settings::string("NEON_TEST_POSTGRES_USER"),
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
