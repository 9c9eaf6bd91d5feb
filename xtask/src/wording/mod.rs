//! Wording that was corrected once and must not come back, in the documentation, messages and
//! comments of all crates.

mod phrases;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

use self::phrases::{PHRASES, Phrase};

/// The files and folders that users or contributors read, below the workspace.
const PLACES: [&str; 21] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "guide",
    "README.md",
    "SECURITY.md",
    "codegen",
    "neon-api",
    "neon-api-emulator",
    "neon-api-raw",
    "neon-api-raw/build.rs",
    "neon-api-raw/openapi/docs.operations.json",
    "neon-api-raw/openapi/docs.schemas.json",
    "neon-api-test",
    "neon-api-test-macros",
    "examples",
    "examples-mcp",
    "neon-api-redis",
    "neon-api-sqlx",
    "neon-api-tokio-postgres",
    "xtask",
];

/// Folders and files that are not read: tests and benchmarks, and the phrases themselves.
const SKIPPED: [&str; 6] = [
    "benches",
    "target",
    "tests",
    "tests.rs",
    "phrases.rs",
    "node_modules",
];

/// A phrase in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, below the root folder.
    pub file: String,
    /// The line on which the phrase begins, counted from 1.
    pub line: usize,
    /// The phrase.
    pub phrase: &'static str,
    /// What to write instead.
    pub instead: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            phrase,
            instead,
        } = self;
        write!(f, "{file}:{line}: write \"{instead}\", not \"{phrase}\"")
    }
}

/// Finds the phrases in the workspace at `root`, in the order of the files.
///
/// # Errors
///
/// If a file cannot be read.
pub fn findings(root: &Path) -> Result<Vec<Finding>, Failure> {
    let mut files = Vec::new();
    for place in PLACES {
        collect(&root.join(place), &mut files)?;
    }
    files.sort();
    files.dedup();
    let mut found = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
        let name = path.strip_prefix(root).unwrap_or(&path);
        found.extend(in_text(&name.display().to_string(), &text));
    }
    Ok(found)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let is_skipped = path
        .file_name()
        .is_some_and(|name| SKIPPED.iter().any(|skipped| name == *skipped));
    if is_skipped || path.is_symlink() || !path.exists() {
        return Ok(());
    }
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(|e| unreadable(path, &e))? {
        let path = entry.map_err(|e| unreadable(path, &e))?.path();
        let has_text = path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "md" || extension == "toml");
        if has_text || path.is_dir() {
            collect(&path, files)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        path.display().to_string(),
        format!("could not read: {error}"),
    )
}

/// The phrases in one file. Line breaks, comment markers and continuations of string literals count
/// as spaces.
fn in_text(file: &str, text: &str) -> Vec<Finding> {
    let mut joined = String::from(" ");
    let mut starts = Vec::new();
    for line in text.lines() {
        starts.push(joined.len());
        let line = line.trim().trim_start_matches("//").trim_end_matches('\\');
        for word in line.trim_start_matches(['/', '!']).split_whitespace() {
            joined.push_str(word);
            joined.push(' ');
        }
    }
    let mut found = Vec::new();
    for &Phrase { phrase, instead } in PHRASES {
        for form in [phrase.to_owned(), capitalized(phrase)] {
            for (at, _) in joined.match_indices(&form) {
                if is_whole(&joined, at, form.len()) {
                    let line = starts.partition_point(|&start| start <= at);
                    found.push(Finding {
                        file: file.to_owned(),
                        line,
                        phrase,
                        instead,
                    });
                }
            }
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

/// The phrase at the beginning of a sentence.
fn capitalized(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Whether the phrase is neither preceded nor followed by a part of a word.
fn is_whole(text: &str, at: usize, length: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at + length..).and_then(|text| text.chars().next());
    !before.is_some_and(is_word) && !after.is_some_and(is_word)
}

#[cfg(test)]
mod tests;
