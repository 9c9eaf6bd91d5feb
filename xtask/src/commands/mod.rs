//! One module for each command.

pub mod check_coverage;
pub mod check_deps;
pub mod check_docs;
pub mod check_spec;
pub mod check_structure;
pub mod check_vendored;
pub mod coverage;
pub mod regen_spec;
pub mod surface;
pub mod take_spec;

use std::io::Write as _;

use crate::failure::Failure;
use crate::files::{self, Folder, SPEC};
use crate::spec::{self, Document};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to complain about.
    Clean,
    /// The work was done, and there is something to look at.
    Findings,
}

/// A command's outcome, or why it could not do its work.
pub type Result = std::result::Result<Outcome, Vec<Failure>>;

/// The vendored document.
fn vendored(folder: &Folder) -> std::result::Result<Document, Vec<Failure>> {
    load_file(&folder.file(SPEC))
}

fn load_file(path: &std::path::Path) -> std::result::Result<Document, Vec<Failure>> {
    let bytes = files::read(path).map_err(|failure| vec![failure])?;
    spec::load(&path.display().to_string(), &bytes)
}

/// Prints a line for people on stderr, which may be gone as well.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a report. A reader that stops early (`| head`) is no error.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
