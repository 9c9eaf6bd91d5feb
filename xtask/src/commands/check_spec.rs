//! `check-spec`: the drift check.

use super::{Outcome, Result, load_file, print, vendored};
use crate::cli::{CheckSpec, Common, FailOn, Format};
use crate::failure::Failure;
use crate::report;
use crate::source::{Fetched, Source};
use crate::spec::{self, diff};

/// Runs the command.
pub fn run(common: &Common, options: &CheckSpec) -> Result {
    // The base first: without it, a download would be for nothing.
    let base = match &options.base {
        Some(path) => load_file(path)?,
        None => vendored(&common.folder())?,
    };
    let source = Source::parse(&options.from).map_err(|failure| vec![failure])?;
    let fetched = source
        .read(common.timeout(), None)
        .map_err(|failure| vec![failure])?;
    let Fetched::Body { bytes, .. } = fetched else {
        let what = "the server responded \"not modified\" to an unconditional request";
        return Err(vec![Failure::new(source.to_string(), what)]);
    };
    let new = spec::load(&source.to_string(), &bytes)?;
    let drift = diff::compare(&base, &new);
    print(&match options.format {
        Format::Text => report::text(&drift),
        Format::Json => report::json(&drift),
        Format::Markdown => report::markdown(&drift),
    });
    let found = match options.fail_on {
        FailOn::Any => !drift.is_empty(),
        FailOn::Breaking => !drift.breaking.is_empty(),
        FailOn::Never => false,
    };
    Ok(if found {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}
