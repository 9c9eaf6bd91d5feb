//! Where the files are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use neon_api_raw::client::{BASE_URL, checked_base_url};

use crate::error::CliError;

use super::context::{self, CliContext};
use super::credentials::Stored;
use super::profiles;

/// Which of the official CLI's files [`NeonBuilder::cli`](crate::NeonBuilder::cli) reads.
///
/// ```no_run
/// use neon_api::{CliConfig, Neon};
///
/// let work = Neon::builder().cli(CliConfig::from_env().profile("work")).build()?;
/// println!("{}", work.credential_source());
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CliConfig {
    folder: Folder,
    profile: Profile,
    /// Where the search for `.neon` begins.
    working_dir: Option<PathBuf>,
    /// Where it ends.
    home: Option<PathBuf>,
    is_host_elsewhere: bool,
}

/// The folder with the CLI's configuration.
#[derive(Debug, Clone)]
pub(super) enum Folder {
    /// Chosen, and without any other to fall back to.
    Exact(PathBuf),
    /// `neon` below this, and `neonctl`, as it used to be called, for a file that is only there.
    Below(PathBuf),
    /// The home folder is not known.
    Unknown,
}

/// The profile that is used.
#[derive(Debug, Clone)]
enum Profile {
    Default,
    /// Not checked yet.
    Named(String),
    NotUnicode,
}

impl CliConfig {
    /// The files that the CLI itself uses, by the environment variables that it follows:
    ///
    /// - the folder of its configuration is `NEON_CONFIG_DIR`, or `NEONCTL_CONFIG_DIR`, or else
    ///   `neon` in `XDG_CONFIG_HOME` or in `.config` of the home folder, where a file that is only in
    ///   `neonctl` beside it is used there;
    /// - the profile is `NEON_PROFILE`, or else `DEFAULT`;
    /// - `.neon` is searched for in the working directory and its parents, up to the home folder or
    ///   the root, exclusive.
    pub fn from_env() -> Self {
        let mut config = Self::of(env::var_os, env::current_dir().ok());
        if config.home.is_none() {
            config.home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
            if let (Folder::Unknown, Some(home)) = (&config.folder, &config.home) {
                config.folder = Folder::Below(home.join(".config"));
            }
        }
        config
    }

    pub(crate) fn of(
        variable: impl Fn(&'static str) -> Option<OsString>,
        working_dir: Option<PathBuf>,
    ) -> Self {
        let set = |name| variable(name).and_then(trimmed);
        let home = set("HOME")
            .or_else(|| set("USERPROFILE"))
            .map(PathBuf::from);
        let exact = set("NEON_CONFIG_DIR").or_else(|| set("NEONCTL_CONFIG_DIR"));
        let shared = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let shared = shared.or_else(|| home.as_ref().map(|home| home.join(".config")));
        let absolute = |path: PathBuf| match &working_dir {
            Some(working_dir) => working_dir.join(path),
            None => path,
        };
        let folder = match (exact, shared) {
            (Some(exact), _) => Folder::Exact(absolute(exact.into())),
            (None, Some(shared)) => Folder::Below(absolute(shared)),
            (None, None) => Folder::Unknown,
        };
        let profile = match set("NEON_PROFILE").map(OsString::into_string) {
            None => Profile::Default,
            Some(Ok(name)) => Profile::Named(name),
            Some(Err(_)) => Profile::NotUnicode,
        };
        Self {
            folder,
            profile,
            working_dir,
            home,
            is_host_elsewhere: set("NEON_API_HOST").is_some_and(|host| is_elsewhere(&host)),
        }
    }

    /// Uses this profile, whatever `NEON_PROFILE` is.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Profile::Named(name.into());
        self
    }

    /// Uses exactly this folder, whatever the environment says. A relative path is one below the
    /// working directory of the process.
    #[must_use]
    pub fn config_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Folder::Exact(folder.into());
        self
    }

    /// Searches for `.neon` in this folder and its parents, instead of the process's working
    /// directory.
    #[must_use]
    pub fn working_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.working_dir = Some(folder.into());
        self
    }

    /// Like [`profile`](Self::profile); does nothing if `None`.
    #[must_use]
    pub fn maybe_profile(self, name: Option<impl Into<String>>) -> Self {
        match name {
            Some(name) => self.profile(name),
            None => self,
        }
    }

    /// Like [`config_dir`](Self::config_dir); does nothing if `None`.
    #[must_use]
    pub fn maybe_config_dir(self, folder: Option<impl Into<PathBuf>>) -> Self {
        match folder {
            Some(folder) => self.config_dir(folder),
            None => self,
        }
    }

    /// Like [`working_dir`](Self::working_dir); does nothing if `None`.
    #[must_use]
    pub fn maybe_working_dir(self, folder: Option<impl Into<PathBuf>>) -> Self {
        match folder {
            Some(folder) => self.working_dir(folder),
            None => self,
        }
    }

    /// Reads the credentials of the profile.
    pub(crate) fn credentials(&self) -> Result<Stored, CliError> {
        let profile = match &self.profile {
            Profile::Default => profiles::DEFAULT,
            Profile::Named(name) if profiles::is_name(name) => name,
            Profile::Named(_) | Profile::NotUnicode => return Err(CliError::ProfileName),
        };
        profiles::credentials(&self.folder, profile)
    }

    /// Reads `.neon`, if there is one that belongs to the user.
    pub(crate) fn context(&self) -> Result<Option<CliContext>, CliError> {
        match &self.working_dir {
            Some(folder) => context::search(folder, self.home.as_deref()),
            None => Ok(None),
        }
    }

    #[cfg(test)]
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether `NEON_API_HOST` is another URL than that of Neon's API.
    pub(crate) fn is_host_elsewhere(&self) -> bool {
        self.is_host_elsewhere
    }

    /// Whether `NEON_PROFILE`, or the program, chose a profile.
    pub(crate) fn has_profile(&self) -> bool {
        !matches!(self.profile, Profile::Default)
    }
}

/// Whether a base URL is another one than that of Neon's API.
fn is_elsewhere(host: &OsString) -> bool {
    let url = host.to_str().map(checked_base_url);
    !matches!(url, Some(Ok(url)) if url == BASE_URL)
}

/// A value without the whitespace around it; `None` if nothing is left.
fn trimmed(value: OsString) -> Option<OsString> {
    match value.to_str().map(str::trim) {
        None => Some(value),
        Some("") => None,
        Some(trimmed) => Some(trimmed.into()),
    }
}

impl Folder {
    /// The paths at which a file may be, the first one that exists counts.
    pub(super) fn places(&self, name: &str) -> Vec<PathBuf> {
        match self {
            Self::Exact(folder) => vec![folder.join(name)],
            Self::Below(folder) => ["neon", "neonctl"]
                .map(|own| folder.join(own).join(name))
                .into(),
            Self::Unknown => Vec::new(),
        }
    }

    /// The path of a file: where it exists, or else where the CLI would create it.
    pub(super) fn place(&self, name: &str) -> Option<PathBuf> {
        let places = self.places(name);
        let found = places.iter().find(|place| exists(place));
        found.or(places.first()).cloned()
    }
}

/// Whether something is there. What cannot be examined is: reading it then fails with the reason.
fn exists(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}
