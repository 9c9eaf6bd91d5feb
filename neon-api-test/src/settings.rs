//! Environment variables.

use std::env;
use std::ffi::OsString;

/// What a variable is set to. An empty one is not set: that is how the settings of CI systems and of
/// `.cargo/config.toml` unset one.
pub(crate) fn path(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|set| !set.is_empty())
}

/// The same, as a string. What is none has characters that no valid setting has.
pub(crate) fn string(name: &str) -> Option<String> {
    path(name).map(|set| set.to_string_lossy().into_owned())
}
