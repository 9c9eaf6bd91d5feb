//! The files of Neon's official CLI: who has signed in, and which project a folder belongs to.
//!
//! They are only read. What each contains, and where it is, is that of version 6.2.3 of the CLI.

mod config;
mod context;
mod credentials;
mod file;
mod json;
mod profiles;
mod provider;
#[cfg(not(unix))]
#[path = "trust_other.rs"]
mod trust;
#[cfg(unix)]
mod trust;

#[cfg(test)]
mod tests;

pub use self::config::CliConfig;
pub use self::context::{CliBranch, CliContext};
pub(crate) use self::provider::CliKey;
