//! How long files are.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// What is built or installed below a folder.
const NOT_OURS: [&str; 2] = ["target", "node_modules"];

/// Each file of sources below a folder that has more lines than this. Folders behind links are left to
/// the place where they are.
///
/// # Errors
///
/// Folders and files that cannot be read.
pub fn lengths(folder: &Path, longest: usize) -> Result<Vec<String>, Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(
            path.display().to_string(),
            format!("could not read: {error}"),
        )
    };
    let mut findings = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        let is_ours = !path.is_symlink() && !NOT_OURS.iter().any(|name| path.ends_with(name));
        if path.is_dir() && is_ours {
            findings.extend(lengths(&path, longest)?);
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            let lines = text.lines().count();
            if lines > longest {
                let path = path.display();
                findings.push(format!("{path} has {lines} lines, more than {longest}"));
            }
        }
    }
    findings.sort();
    Ok(findings)
}
