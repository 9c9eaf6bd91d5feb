//! The superuser's password: of this run, in memory only.

use std::fmt;
use std::fmt::Write;
use std::io;

pub(super) struct Admin(String);

impl Admin {
    pub(super) fn new() -> io::Result<Self> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut password = String::new();
        for byte in random {
            write!(password, "{byte:02x}").map_err(io::Error::other)?;
        }
        Ok(Self(password))
    }

    pub(super) fn password(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Admin")
    }
}
