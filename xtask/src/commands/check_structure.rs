//! `check-structure`: that modules do not use each other in a circle, that files are short, and that
//! builders are no more than calls with options.

use super::{Outcome, Result, complain};
use crate::structure::{ALLOWED, Graph, LONGEST, SOURCES, SPLIT, builders, circles, lengths};
use crate::{files, sources, surface};

/// Runs the command.
pub fn run() -> Result {
    let one = |failure| vec![failure];
    let folder = files::workspace().join("neon-api/src");
    let root = sources::read("neon_api", &folder.join("lib.rs")).map_err(one)?;
    let mut findings = circles(&Graph::of(&root, SPLIT), ALLOWED);
    for folder in SOURCES {
        let folder = files::workspace().join(folder);
        findings.extend(lengths(&folder, LONGEST).map_err(one)?);
    }
    findings.extend(builders(&surface::of(&root)));
    for finding in &findings {
        complain(finding);
    }
    Ok(if findings.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
