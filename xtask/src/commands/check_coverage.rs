//! `check-coverage`: that users reach every operation, and read what they must know before a call.

use super::coverage::CALLED;
use super::{Outcome, Result, complain, print, vendored};
use crate::cli::Common;
use crate::coverage::{self, Called, Checked, OFFICIAL, WARNINGS, WITHOUT_OPTION};
use crate::pending::Pending;
use crate::{files, sources};

/// Runs the command. In a `release`, nothing may wait for its method.
pub fn run(common: &Common, release: bool) -> Result {
    let document = vendored(&common.folder())?;
    let one = |failure| vec![failure];
    let root = files::workspace().join("neon-api/src/lib.rs");
    let sources = sources::read("neon_api", &root).map_err(one)?;
    let called = Called::read(&files::workspace().join(CALLED)).map_err(one)?;
    let pending = Pending::read(&common.pending()).map_err(one)?;
    let mut findings = coverage::findings(&Checked {
        ids: document.operations().iter().map(|it| it.id).collect(),
        methods: &coverage::methods(&sources),
        called: &called,
        pending: &pending,
        official: OFFICIAL,
        warnings: WARNINGS,
    });
    findings.extend(coverage::without_option(&sources, WITHOUT_OPTION));
    for (id, day) in pending.iter() {
        print(&format!("pending since {day}: {id}\n"));
    }
    for finding in &findings {
        complain(finding);
    }
    let is_held_up = release && pending.iter().next().is_some();
    if is_held_up {
        complain("a release needs a method for every operation: coverage-pending.txt is not empty");
    }
    Ok(if findings.is_empty() && !is_held_up {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
