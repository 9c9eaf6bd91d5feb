//! What a run created, and may therefore change and delete.
//!
//! Everything that a run creates has a name with a prefix of its own, and its ID is written to a
//! file before anything else happens with it: a run that was killed is cleaned up by the next.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The beginning of the name of everything that a run creates.
pub const MARK: &str = "neon-api-contract-";

/// What this program created.
#[derive(Debug)]
pub struct Ledger {
    file: Option<PathBuf>,
    projects: BTreeSet<String>,
    keys: BTreeSet<String>,
}

/// The operations that show or create what belongs to nobody else.
const HARMLESS: [&str; 9] = [
    "createApiKey",
    "createOrgApiKey",
    "createProject",
    "getConsumptionHistoryPerProject",
    "getCurrentUserInfo",
    "listApiKeys",
    "listProjects",
    "listSharedProjects",
    "listOrgApiKeys",
];

impl Ledger {
    /// One without a file.
    pub fn in_memory() -> Self {
        Self {
            file: None,
            projects: BTreeSet::new(),
            keys: BTreeSet::new(),
        }
    }

    /// One that goes on with what an earlier run wrote to this file.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be read.
    pub fn open(file: &Path) -> std::io::Result<Self> {
        let mut ledger = Self {
            file: Some(file.to_owned()),
            ..Self::in_memory()
        };
        match std::fs::read_to_string(file) {
            Ok(text) => ledger.projects.extend(text.lines().map(str::to_owned)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(ledger)
    }

    /// The projects that this program, or one before it, created and did not delete.
    pub fn projects(&self) -> Vec<String> {
        self.projects.iter().cloned().collect()
    }

    /// Whether this request touches only what was created here: asked before anything is sent.
    ///
    /// # Errors
    ///
    /// Why it must not be sent.
    pub fn allow(&self, operation: &str, path: &str, body: &Value) -> Result<(), String> {
        let path = path.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (operation, segments.as_slice()) {
            ("revokeApiKey" | "revokeOrgApiKey", [.., id]) if self.keys.contains(*id) => Ok(()),
            ("createProject" | "createApiKey" | "createOrgApiKey", _) => {
                let names = [body.pointer("/project/name"), body.get("key_name")];
                let mut names = names.into_iter().flatten().filter_map(Value::as_str);
                // A body without a name is refused by the API: it creates nothing.
                let is_empty = body.as_object().is_some_and(serde_json::Map::is_empty);
                if is_empty || names.any(|name| name.starts_with(MARK)) {
                    return Ok(());
                }
                Err(format!(
                    "{operation} without a name that begins with {MARK}"
                ))
            }
            (operation, _) if HARMLESS.contains(&operation) => Ok(()),
            (_, ["projects", id, ..]) if self.projects.contains(*id) => Ok(()),
            _ => Err(format!("{operation} of what was not created here: {path}")),
        }
    }

    /// Notes what a response shows to be created or deleted.
    ///
    /// # Panics
    ///
    /// If the file cannot be written: what was created would be forgotten.
    pub fn note(&mut self, operation: &str, path: &str, status: u16, response: &Value) {
        if !(200..300).contains(&status) {
            return;
        }
        match operation {
            "createProject" => {
                let id = response.pointer("/project/id").and_then(Value::as_str);
                self.projects.insert(id.unwrap_or_default().to_owned());
                self.write();
            }
            "deleteProject" => {
                let id = path.rsplit('/').next().unwrap_or_default();
                self.projects.remove(id);
                self.write();
            }
            "createApiKey" | "createOrgApiKey" => {
                let id = response.get("id").map(ToString::to_string);
                self.keys.insert(id.unwrap_or_default());
            }
            _ => {}
        }
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).open(file);
        let ids: Vec<&str> = self.projects.iter().map(String::as_str).collect();
        let lines = ids.join("\n");
        let written = file.and_then(|mut file| {
            file.write_all(lines.as_bytes())?;
            file.sync_all()
        });
        written.expect("the IDs of created projects are written down");
    }
}
