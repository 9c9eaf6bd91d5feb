//! Clusters for tools that run a server of their own.

use std::path::{Path, PathBuf};

use super::error::PostgresError;
use super::files;
use super::programs::Programs;
use super::settings::Postgres;
use super::template;
use super::template::blocking;
use super::user::User;

impl Postgres {
    /// The name of the superuser in [clusters](Self::create_cluster).
    pub const SUPERUSER: &'static str = template::SUPERUSER;

    /// Creates a data directory, for a tool that runs its own server in it: a copy of the empty
    /// cluster in the [cache](Self::cache_folder), which belongs to the user that Postgres [runs
    /// as](Self::runs_as). `verifier` is the superuser's password as Postgres keeps it
    /// (`SCRAM-SHA-256$…`). Nothing may be at the path yet, and its folder has to be there.
    ///
    /// # Errors
    ///
    /// If a program of PostgreSQL fails, or a file cannot be used; then nothing is at the path.
    pub async fn create_cluster(&self, data: &Path, verifier: &str) -> Result<(), PostgresError> {
        let user = User::resolve(&self.user)?;
        let programs = Programs::new(self.binaries.clone(), user)?;
        let folder = data
            .parent()
            .ok_or_else(|| PostgresError::Failed("a cluster needs a folder".to_owned()))?;
        let cache = self.cache.as_deref();
        let prepared = template::prepare(&programs, cache, folder, data, verifier).await;
        if prepared.is_err() {
            let data = data.to_owned();
            blocking(move || files::remove(&data)).await?;
        }
        prepared
    }

    /// Copies the data directory of a server that has ended, for the user that Postgres
    /// [runs as](Self::runs_as). Nothing may be at `to` yet, and its folder has to be there.
    ///
    /// # Errors
    ///
    /// If a file cannot be used, or Postgres would run as a user that does not exist; then nothing is
    /// at `to`.
    pub async fn copy_cluster(&self, from: &Path, to: &Path) -> Result<(), PostgresError> {
        let user = User::resolve(&self.user)?;
        let (from, to) = (from.to_owned(), to.to_owned());
        blocking(move || {
            let of_a_server = |place: &Path| {
                place == Path::new("postmaster.pid") || place == Path::new("postmaster.opts")
            };
            files::tree(&from, &to, user, &of_a_server).inspect_err(|_| {
                // The first failure says more.
                files::remove(&to).ok();
            })
        })
        .await
    }

    /// One of PostgreSQL's programs, such as `postgres`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.binaries.program(name)
    }

    /// The user and group that Postgres runs as, if this process runs as root, as which it does not.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NoUser`], if there is no such user.
    pub fn runs_as(&self) -> Result<Option<(u32, u32)>, PostgresError> {
        User::resolve(&self.user).map(User::ids)
    }

    /// What differs between releases of PostgreSQL, fit for a file name: the full version.
    pub fn release(&self) -> String {
        self.binaries.key()
    }
}
