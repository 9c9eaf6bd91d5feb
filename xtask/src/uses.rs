//! Where hand-written sources name an operation.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The folders with sources that name operations.
const FOLDERS: [&str; 9] = [
    "neon-api",
    "neon-api-emulator",
    "neon-api-raw/src",
    "neon-api-raw/codegen",
    "neon-api-test",
    "neon-api-redis",
    "neon-api-sqlx",
    "neon-api-tokio-postgres",
    "tests",
];

/// A line that names an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The file, below the workspace's folder.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// All hand-written sources of the workspace.
#[derive(Debug)]
pub struct Sources(Vec<(String, String)>);

impl Sources {
    /// Reads them.
    pub fn read(root: &Path) -> Result<Self, Failure> {
        let mut found = Vec::new();
        for folder in FOLDERS {
            read_into(root, &root.join(folder), &mut found)?;
        }
        found.sort();
        Ok(Self(found))
    }

    /// The lines that name an operation: by its ID, by the name of its generated method, or by that
    /// of its constant.
    pub fn uses(&self, id: &str) -> Vec<Use> {
        let folded = fold(id);
        let mut uses = Vec::new();
        for (file, text) in &self.0 {
            for (at, line) in text.lines().enumerate() {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let mut words = line.split(|c| !is_word(c));
                if words.any(|word| word.len() >= id.len() && fold(word) == folded) {
                    let (file, line) = (file.clone(), at + 1);
                    uses.push(Use { file, line });
                }
            }
        }
        uses
    }
}

/// The same for `getConnectionURI`, `get_connection_uri` and `GET_CONNECTION_URI`.
fn fold(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

fn read_into(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let failed = |path: &Path, e: std::io::Error| {
        Failure::new(path.display().to_string(), format!("could not read: {e}"))
    };
    let entries = fs::read_dir(folder).map_err(|e| failed(folder, e))?;
    for entry in entries {
        let path: PathBuf = entry.map_err(|e| failed(folder, e))?.path();
        if path.is_symlink() || path.ends_with("target") || path.ends_with("node_modules") {
            continue;
        }
        if path.is_dir() {
            read_into(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            let name = path.strip_prefix(root).unwrap_or(&path);
            found.push((name.display().to_string(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn an_operation_is_found_by_each_of_its_names() {
        let sources = Sources(vec![(
            "a.rs".to_owned(),
            "raw.get_connection_uri()\n\"getConnectionURI\" =>\n&GET_CONNECTION_URI\nget_connection_uris"
                .to_owned(),
        )]);
        let lines: Vec<_> = sources
            .uses("getConnectionURI")
            .iter()
            .map(|u| u.line)
            .collect();
        assert_eq!(lines, [1, 2, 3]);
    }

    #[test]
    fn what_is_written_by_hand_is_found() {
        let sources = Sources::read(&files::workspace()).unwrap();
        let has = |id: &str, file: &str| sources.uses(id).iter().any(|u| u.file == file);
        assert!(has(
            "createProjectBranchFunctionDeployment",
            "neon-api-raw/codegen/rules/by_hand.rs"
        ));
        assert!(has(
            "createProject",
            "neon-api/src/resources/projects/create.rs"
        ));
        assert!(has("createOrgApiKey", "neon-api/src/limiter/rates.rs"));
    }
}
