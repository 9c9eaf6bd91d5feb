//! Versions of Rust, as `rust-version` states them.

use std::fmt;
use std::str::FromStr;

/// A version: `1.88` is `1.88.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RustVersion([u64; 3]);

impl FromStr for RustVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("states an invalid rust-version: {text:?}");
        let mut parts = text.split('.');
        let mut version = [0; 3];
        for part in &mut version {
            let Some(number) = parts.next() else { break };
            *part = number.parse().map_err(|_| invalid())?;
        }
        match parts.next() {
            None => Ok(Self(version)),
            Some(_) => Err(invalid()),
        }
    }
}

impl fmt::Display for RustVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}")?;
        if patch > 0 {
            write!(f, ".{patch}")?;
        }
        Ok(())
    }
}
