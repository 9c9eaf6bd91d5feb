//! Passwords, and what identifies contents.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// So many random bytes, in hexadecimal.
pub(crate) fn random<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Database(format!("no random numbers: {error}")))?;
    Ok(hex(&bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// A password as Postgres keeps it. One round of hashing is enough for a random password, which
/// nobody can guess; the usual 4,096 take a test in a debug build longer than its database.
pub(crate) fn verifier(password: &str) -> Result<String> {
    let salt = random::<8>()?;
    let mut first = salt.clone().into_bytes();
    first.extend([0, 0, 0, 1]);
    let salted = mac(password.as_bytes(), &first)?;
    let stored = Sha256::digest(mac(&salted, b"Client Key")?);
    let server = mac(&salted, b"Server Key")?;
    Ok(format!(
        "SCRAM-SHA-256$1:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored),
        STANDARD.encode(server)
    ))
}

fn mac(key: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let mac = Hmac::<Sha256>::new_from_slice(key);
    let mut mac = mac.map_err(|error| Error::Database(error.to_string()))?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

/// Differs wherever one of the parts does.
#[derive(Debug, Clone)]
pub(crate) struct Digester(Sha256);

impl Digester {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Self {
        let part = part.as_ref();
        self.0.update(part.len().to_le_bytes());
        self.0.update(part);
        self
    }

    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}
