//! Where the vendored document came from.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::spec::Document;
use crate::spec::counts::Counts;

/// How regen-spec makes what is vendored.
const MADE: &str = "cargo xtask regen-spec: reduced to facts, in canonical order";

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
    /// What the document calls itself: title, version and version of OpenAPI.
    pub document: String,
    /// How the vendored document was made from it.
    pub made: String,
    /// Digest of the vendored document as it was written.
    pub written_sha256: String,
    /// The server's tag for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// How much the vendored document holds.
    pub counts: Counts,
}

impl Provenance {
    /// A note on bytes that were just read.
    pub fn new(source: String, bytes: &[u8], etag: Option<String>, document: &Document) -> Self {
        let root = document.root();
        let fact = |pointer| root.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
        Self {
            source,
            retrieved: chrono::Utc::now().format("%Y-%m-%d").to_string(),
            sha256: sha256(bytes),
            document: format!(
                "{} {}, OpenAPI {}",
                fact("/info/title"),
                fact("/info/version"),
                fact("/openapi")
            ),
            made: MADE.to_owned(),
            written_sha256: sha256(document.to_text().as_bytes()),
            etag,
            counts: Counts::of(root),
        }
    }

    /// Whether these are the bytes that were written.
    pub fn is_as_written(&self, bytes: &[u8]) -> bool {
        self.written_sha256 == sha256(bytes)
    }

    /// Reads a note.
    pub fn parse(source: &str, bytes: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(bytes)
            .map_err(|error| Failure::new(source, format!("is not a note on provenance: {error}")))
    }

    /// Whether both describe the same bytes from the same source, so that the older note, with its
    /// older date and tag, is still valid.
    pub fn is_same_reading(&self, other: &Self) -> bool {
        let facts = |note: &Self| {
            let Self {
                source,
                sha256,
                document,
                made,
                written_sha256,
                counts,
                ..
            } = note.clone();
            (source, sha256, document, made, written_sha256, counts)
        };
        facts(self) == facts(other)
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
        let text = r#"{"openapi":"3.0.3","info":{"title":"T","version":"v2"},"paths":{"/a":{}}}"#;
        let document = crate::spec::load("t", text.as_bytes()).unwrap();
        let note = Provenance::new("v2.json".into(), b"abc", None, &document);
        assert_eq!(note.document, "T v2, OpenAPI 3.0.3");
        assert!(note.is_as_written(document.to_text().as_bytes()));
        assert!(!note.is_as_written(b"abc"));
        let text = note.to_text().unwrap();
        assert_eq!(Provenance::parse("p", text.as_bytes()).unwrap(), note);
        assert!(text.contains("ba7816bf8f01cfea414140de5dae2223"));
        assert!(!text.contains("etag"));
        assert_eq!(note.retrieved.len(), 10);
    }
}
