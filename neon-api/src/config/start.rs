//! The two ways to start the configuration of a client.

use super::NeonBuilder;
use crate::Result;
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
}
