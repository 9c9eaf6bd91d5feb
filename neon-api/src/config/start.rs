//! Where the setting up of a client starts.

use super::NeonBuilder;
use crate::Result;
use crate::neon::Neon;

impl Neon {
    /// Starts the setting up of a client; [`NeonBuilder::build`] ends it.
    pub fn builder() -> NeonBuilder {
        NeonBuilder::default()
    }

    /// A client set up by the environment: `NEON_API_KEY`, and optionally `NEON_API_HOST`,
    /// `NEON_ORG_ID` and `NEON_PROJECT_ID`, as [`NeonBuilder::env`] reads them.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) when there is no key, or when a variable holds what
    /// no client can work with.
    pub fn from_env() -> Result<Self> {
        Self::builder().env().build()
    }
}
