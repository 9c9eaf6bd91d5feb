//! Settings from the environment.

use std::env::{self, VarError};

use neon_api_raw::client::{BASE_URL, bearer, checked_base_url};
use neon_api_raw::ids::{OrgId, ProjectId};

use super::NeonBuilder;
use crate::error::ConfigError;
use crate::key::{CredentialSource, Key};

/// The environment variable for the API key.
const KEY_VARIABLE: &str = "NEON_API_KEY";
/// The environment variable that overrides the base URL, path included.
const HOST_VARIABLE: &str = "NEON_API_HOST";
/// The environment variable for the organization to use by default.
const ORG_VARIABLE: &str = "NEON_ORG_ID";
/// The environment variable for the project to use by default.
const PROJECT_VARIABLE: &str = "NEON_PROJECT_ID";

impl NeonBuilder {
    /// Fills unset values from the environment: `NEON_API_KEY`, `NEON_API_HOST` (a base URL with
    /// its scheme and path), `NEON_ORG_ID` and `NEON_PROJECT_ID`. Whitespace around a value is
    /// trimmed, and empty variables are ignored. If a value is invalid, [`build`](Self::build)
    /// fails with an error that names the variable.
    ///
    /// ```no_run
    /// use neon_api::{Neon, RetryPolicy};
    ///
    /// let neon = Neon::builder().retry(RetryPolicy::never()).env().build()?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn env(self) -> Self {
        self.variables(|name| env::var(name))
    }

    pub(super) fn variables(mut self, read: impl Fn(&str) -> Result<String, VarError>) -> Self {
        let mut faults = Vec::new();
        let mut read = |name: &'static str| match read(name) {
            Ok(value) => Some(value.trim().to_owned()).filter(|value| !value.is_empty()),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => {
                faults.push(ConfigError::NotUnicode(name));
                None
            }
        };
        if self.key.is_none()
            && self.key_fault.is_none()
            && let Some(key) = read(KEY_VARIABLE)
        {
            match bearer(&key.into()) {
                Ok(authorization) => {
                    self.key = Some(Key::Fixed(authorization));
                    self.source = CredentialSource::Environment;
                }
                Err(fault) => self.key_fault = Some(ConfigError::Variable(KEY_VARIABLE, fault)),
            }
        }
        let host = self.base_url.is_none().then(|| read(HOST_VARIABLE));
        let org = self.org.is_none().then(|| read(ORG_VARIABLE)).flatten();
        let project = self.project.is_none().then(|| read(PROJECT_VARIABLE));
        let project = project.flatten();
        if let Some(host) = host.flatten() {
            match checked_base_url(&host) {
                Ok(url) => {
                    self.is_host_foreign = url != BASE_URL;
                    self.base_url = Some(host);
                }
                Err(fault) => faults.push(ConfigError::Variable(HOST_VARIABLE, fault)),
            }
        }
        match org.map(OrgId::new).transpose() {
            Ok(org) => self.org = self.org.or(org),
            Err(error) => faults.push(ConfigError::Id(ORG_VARIABLE, error)),
        }
        match project.map(ProjectId::new).transpose() {
            Ok(project) => self.project = self.project.or(project),
            Err(error) => faults.push(ConfigError::Id(PROJECT_VARIABLE, error)),
        }
        self.fault = self.fault.or(faults.into_iter().next());
        self
    }
}
