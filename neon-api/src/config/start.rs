//! The ways to start the configuration of a client.

use super::NeonBuilder;
use crate::Result;
#[cfg(feature = "cli")]
use crate::cli::CliConfig;
use crate::neon::Neon;

impl Neon {
    /// Returns a builder to configure a client.
    pub fn builder() -> NeonBuilder {
        NeonBuilder::default()
    }

    /// Creates a client from environment variables: `NEON_API_KEY`, and optionally `NEON_API_HOST`,
    /// `NEON_ORG_ID` and `NEON_PROJECT_ID`, as described at [`NeonBuilder::env`].
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) if there is no key or a variable is invalid.
    pub fn from_env() -> Result<Self> {
        Self::builder().env().build()
    }

    /// Creates a client with the credentials of Neon's official CLI, `neon`: those of `NEON_PROFILE`,
    /// or else of its default profile, and with the organization and the project that the working
    /// directory is linked to by `.neon`. [`NeonBuilder::cli`] says what is read and what is refused.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), neon_api::Error> {
    /// use neon_api::Neon;
    ///
    /// let neon = Neon::from_cli()?; // after `neon auth`
    /// println!("uses {}", neon.credential_source());
    /// for project in neon.projects().list().await? {
    ///     println!("{} {}", project.id, project.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) with a [`CliError`](crate::CliError).
    #[cfg(feature = "cli")]
    pub fn from_cli() -> Result<Self> {
        Self::builder().cli(CliConfig::from_env()).build()
    }

    /// Creates a client with what is found: `NEON_API_KEY` and the other variables of
    /// [`from_env`](Self::from_env), or else the credentials of the official CLI as in
    /// [`from_cli`](Self::from_cli). For programs that people start, and that run in CI as well.
    ///
    /// ```no_run
    /// use neon_api::Neon;
    ///
    /// let neon = Neon::infer()?;
    /// println!("uses {}", neon.credential_source());
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config), as described at [`NeonBuilder::infer`].
    #[cfg(feature = "cli")]
    pub fn infer() -> Result<Self> {
        Self::builder().infer().build()
    }
}
