//! `check-vendored`: nobody but regen-spec writes the vendored document.

use super::{Outcome, Result, complain};
use crate::cli::Common;
use crate::files::{self, PROVENANCE, SPEC};
use crate::provenance::Provenance;
use crate::spec;
use crate::spec::counts::Counts;

/// Runs the command.
pub fn run(common: &Common) -> Result {
    let folder = common.folder();
    let read = |name| files::read(&folder.file(name)).map_err(|failure| vec![failure]);
    let (bytes, note) = (read(SPEC)?, read(PROVENANCE)?);
    let path = folder.file(SPEC).display().to_string();
    let document = spec::load(&path, &bytes)?;
    let note_path = folder.file(PROVENANCE).display().to_string();
    let note = Provenance::parse(&note_path, &note).map_err(|failure| vec![failure])?;

    let mut outcome = Outcome::Clean;
    let text = document.to_text();
    if text.as_bytes() != bytes {
        outcome = Outcome::Findings;
        let line = first_difference(&text, &String::from_utf8_lossy(&bytes));
        complain(&format!(
            "{path}: differs from the output of regen-spec, from line {line} on"
        ));
    }
    if !note.is_as_written(&bytes) {
        outcome = Outcome::Findings;
        complain(&format!(
            "{path}: differs from what regen-spec wrote: its digest is not the one in {PROVENANCE}; do not edit it, run `cargo xtask regen-spec`"
        ));
    }
    let counts = Counts::of(document.root());
    if counts != note.counts {
        outcome = Outcome::Findings;
        complain(&format!(
            "{note_path}: counts {:?}, but the document has {counts:?}",
            note.counts
        ));
    }
    Ok(outcome)
}

fn first_difference(expected: &str, found: &str) -> usize {
    let same = expected
        .split('\n')
        .zip(found.split('\n'))
        .take_while(|(a, b)| a == b)
        .count();
    same + 1
}
