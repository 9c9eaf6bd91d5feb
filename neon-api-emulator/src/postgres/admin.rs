//! The superuser's password: of this run, in memory only.

use std::fmt;
use std::io;

pub(super) struct Admin(String);

/// So many bytes from the system's source, in hexadecimal.
pub(super) fn random<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
    Ok(digits.collect())
}

impl Admin {
    pub(super) fn new() -> io::Result<Self> {
        random::<32>().map(Self)
    }

    pub(super) fn password(&self) -> &str {
        &self.0
    }

    /// The password as Postgres keeps it.
    pub(super) fn verifier(&self) -> String {
        postgres_protocol::password::scram_sha_256(self.0.as_bytes())
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Admin")
    }
}
