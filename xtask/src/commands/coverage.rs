//! `coverage`: which operations the ergonomic crate reaches.

use std::fmt::Write as _;

use super::{Outcome, Result, print, vendored};
use crate::cli::Common;
use crate::coverage::{self, Called, Coverage};
use crate::files;
use crate::pending::Pending;

/// Where the tests of the ergonomic crate list the methods that they call.
pub(super) const CALLED: &str = "neon-api/tests/methods/called.txt";

/// Runs the command.
pub fn run(common: &Common) -> Result {
    let document = vendored(&common.folder())?;
    let operations = document.operations();
    let operations: Vec<_> = operations.iter().map(|it| (it.id, it.tag())).collect();
    let one = |failure| vec![failure];
    let called = Called::read(&files::workspace().join(CALLED)).map_err(one)?;
    let pending = Pending::read(&common.pending()).map_err(one)?;
    print(&report(&coverage::of(&operations, &called), &pending));
    Ok(Outcome::Clean)
}

/// The operations with their methods, by tag, and how many have one.
fn report(found: &[Coverage<'_>], pending: &Pending) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    for of_tag in found.chunk_by(|one, next| one.tag == next.tag) {
        let tag = of_tag.first().map_or("", |coverage| coverage.tag);
        let _ = writeln!(out, "{tag}: {}", count(of_tag));
        for coverage in of_tag {
            let day = pending.iter().find(|(id, _)| *id == coverage.id);
            let by = match (coverage.methods.as_slice(), day) {
                ([], Some((_, day))) => format!("pending since {day}"),
                ([], None) => "-".to_owned(),
                (methods, _) => methods.join(", "),
            };
            let _ = writeln!(out, "  {:<46} {by}", coverage.id);
        }
    }
    let _ = writeln!(out, "\n{} operations", count(found));
    out
}

fn count(found: &[Coverage<'_>]) -> String {
    let covered = found.iter().filter(|it| !it.methods.is_empty()).count();
    format!("{covered} of {}", found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stand_below_their_tag_with_their_methods() {
        let called = Called::parse("getThing Handle::get\ngetThing Handle::get_opt\n").unwrap();
        let operations = [("newThing", "B"), ("getThing", "B"), ("other", "A")];
        let mut pending = Pending::default();
        pending.add(["newThing"], "2026-11-25");
        let report = report(&coverage::of(&operations, &called), &pending);
        let lines: Vec<_> = report.lines().map(str::trim_end).collect();
        let row = |id: &str, by: &str| format!("  {id:<46} {by}");
        assert_eq!(
            lines,
            [
                "A: 0 of 1",
                &row("other", "-"),
                "B: 1 of 2",
                &row("getThing", "Handle::get, Handle::get_opt"),
                &row("newThing", "pending since 2026-11-25"),
                "",
                "1 of 3 operations",
            ]
        );
    }
}
