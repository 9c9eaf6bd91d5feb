//! `check-docs`: our documentation covers the vendored spec, and corrected wording does not return.

use super::{Outcome, Result, complain, vendored};
use crate::cli::Common;
use crate::docs::Docs;
use crate::{files, wording};

/// Runs the command.
pub fn run(common: &Common) -> Result {
    let folder = common.folder();
    let document = vendored(&folder)?;
    let docs = Docs::read(&folder)?;
    let problems = docs.problems(&document);
    for problem in &problems {
        complain(&problem.to_string());
    }
    let findings = if common.is_workspace() {
        wording::findings(&files::workspace()).map_err(|failure| vec![failure])?
    } else {
        Vec::new()
    };
    for finding in &findings {
        complain(&finding.to_string());
    }
    Ok(if problems.is_empty() && findings.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
