//! Where the vendored document came from.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::spec::counts::Counts;

/// The note that is kept beside the vendored document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The address, or the name of the file.
    pub source: String,
    /// The day on which these bytes were read first.
    pub retrieved: String,
    /// Digest of the bytes as they were read.
    pub sha256: String,
    /// The server's tag for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// How much the vendored document holds.
    pub counts: Counts,
}

impl Provenance {
    /// A note on bytes that were just read.
    pub fn new(source: String, bytes: &[u8], etag: Option<String>, counts: Counts) -> Self {
        Self {
            source,
            retrieved: chrono::Utc::now().format("%Y-%m-%d").to_string(),
            sha256: sha256(bytes),
            etag,
            counts,
        }
    }

    /// Reads a note.
    pub fn parse(source: &str, bytes: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(bytes)
            .map_err(|error| Failure::new(source, format!("is not a note on provenance: {error}")))
    }

    /// Whether both tell of the same bytes from the same place, so that the
    /// older note, with its older date and tag, still holds.
    pub fn is_same_reading(&self, other: &Self) -> bool {
        (&self.source, &self.sha256, &self.counts) == (&other.source, &other.sha256, &other.counts)
    }

    /// The text that is written.
    pub fn to_text(&self) -> Result<String, Failure> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| Failure::new("provenance", error.to_string()))
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip() {
        let note = Provenance::new("v2.json".into(), b"abc", None, Counts::default());
        let text = note.to_text().unwrap();
        assert_eq!(Provenance::parse("p", text.as_bytes()).unwrap(), note);
        assert!(text.contains("ba7816bf8f01cfea414140de5dae2223"));
        assert!(!text.contains("etag"));
        assert_eq!(note.retrieved.len(), 10);
    }
}
