//! Settings from the files of the official CLI.

use super::NeonBuilder;
use crate::cli::{CliConfig, CliKey};
use crate::error::{CliError, ConfigError};
use crate::key::CredentialSource;

impl NeonBuilder {
    /// Fills unset values from the files of Neon's official CLI, `neon`: the key from the credentials
    /// of a profile, and the organization and the project from the file `.neon` of the working
    /// directory ([`Neon::cli_context`](crate::Neon::cli_context)). [`CliConfig`] says which files
    /// these are. They are read at once, and are a few kilobytes.
    ///
    /// - **Nothing is written, renewed or revoked.** A session that expires or is rejected (401) is
    ///   read again, since the CLI may have renewed it; that it has expired is an error that says what
    ///   to run. Credentials of another account in the same file are not used by this client.
    /// - **Files that others could have written are refused**, by owner and mode (on Unix): those with
    ///   credentials have to belong to the user or the superuser, and be writable by nobody else. A
    ///   `.neon` that is not the user's own, or that everybody can write to, is ignored with a warning.
    /// - **The credentials are sent to Neon's API only**, or to a [`base_url`](Self::base_url) that the
    ///   program sets: with `NEON_API_HOST` the client cannot be built. `.neon` supplies neither a host
    ///   nor a key.
    ///
    /// Credentials in the system's keyring and those of claimable projects are not supported.
    ///
    /// ```no_run
    /// use neon_api::{CliConfig, Neon};
    ///
    /// let neon = Neon::builder().cli(CliConfig::from_env()).read_only().build()?;
    /// println!("uses {}", neon.credential_source());
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn cli(self, files: CliConfig) -> Self {
        self.files(files, ConfigError::Cli)
    }

    /// Fills unset values from every place that may have them, in this order: the environment, as
    /// [`env`](Self::env) does; then the files of the official CLI, as [`cli`](Self::cli) does. A key
    /// in the environment is used instead of a profile, as by the CLI. If there is none anywhere,
    /// [`build`](Self::build) fails with an error that says for each place why
    /// ([`ConfigError::Nowhere`]). A place that has a key which cannot be used is an error, and no
    /// reason to use another, which may be another account's.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use neon_api::Neon;
    ///
    /// let neon = Neon::builder().infer().attempt_timeout(Duration::from_secs(10)).build()?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn infer(self) -> Self {
        self.env().inferred(CliConfig::from_env())
    }

    pub(super) fn inferred(self, files: CliConfig) -> Self {
        if self.key.is_some() && files.has_profile() {
            tracing::warn!(
                "the API key that is set is used, and the profile of NEON_PROFILE is not"
            );
        }
        self.files(files, ConfigError::Nowhere)
    }

    fn files(mut self, files: CliConfig, fault: fn(CliError) -> ConfigError) -> Self {
        match files.context() {
            Ok(context) => {
                let found = context.as_ref();
                if self.org.is_none() {
                    self.org = found.and_then(|context| context.org.clone());
                }
                if self.project.is_none() {
                    self.project = found.and_then(|context| context.project.clone());
                }
                self.context = context;
            }
            Err(error) => self.fault = self.fault.or(Some(ConfigError::Cli(error))),
        }
        if self.key.is_some() || self.key_fault.is_some() {
            return self;
        }
        match files.credentials() {
            Ok(stored) => {
                let source = CredentialSource::Profile {
                    name: stored.profile.clone(),
                    file: stored.file.clone(),
                    kind: stored.kind,
                };
                self.is_host_foreign |= self.base_url.is_none() && files.is_host_elsewhere();
                self.provided(CliKey::new(files, stored), source);
            }
            Err(error) => self.key_fault = Some(fault(error)),
        }
        self
    }
}

#[cfg(test)]
mod tests;
