//! `coverage`: which operations the ergonomic crate reaches.

use std::fmt::Write as _;

use super::{Outcome, Result, print, vendored};
use crate::cli::Common;
use crate::coverage::{self, Coverage};
use crate::pending::Pending;
use crate::{files, sources};

/// Runs the command. With `require_all`, an operation that is not reached is a finding.
pub fn run(common: &Common, require_all: bool) -> Result {
    let document = vendored(&common.folder())?;
    let operations = document.operations();
    let ids: Vec<&str> = operations.iter().map(|operation| operation.id).collect();
    let root = files::workspace().join("neon-api/src/lib.rs");
    let sources = sources::read("neon_api", &root).map_err(|failure| vec![failure])?;
    let found = coverage::of(&ids, &sources);
    print(&report(&found));
    let pending = Pending::read(&common.pending()).map_err(|failure| vec![failure])?;
    for (id, day) in pending.iter() {
        print(&format!("pending since {day}: {id}\n"));
    }
    let is_complete = found.iter().all(Coverage::is_covered);
    Ok(if require_all && !is_complete {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn report(found: &[Coverage]) -> String {
    let mut out = String::new();
    for coverage in found {
        let by = match (coverage.is_called, coverage.methods.as_slice()) {
            (true, []) => "called, but not documented by a public method".to_owned(),
            (true, methods) => methods.join(", "),
            (false, []) => "-".to_owned(),
            (false, methods) => format!("documented by {}, but not called", methods.join(", ")),
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{:<48} {by}", coverage.id);
    }
    let covered = found.iter().filter(|c| c.is_covered()).count();
    let _ = writeln!(out, "\n{covered} of {} operations", found.len());
    out
}
