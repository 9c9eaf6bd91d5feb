//! The form for terminals.

use std::fmt::Write as _;

use super::{plural, short};
use crate::failure::one_line;
use crate::spec::diff::{Change, Drift};

/// One line for each change, grouped by what it means for callers.
pub fn text(drift: &Drift) -> String {
    if drift.is_empty() {
        return "no changes of the API\n".to_owned();
    }
    let width = drift.all().map(|c| c.kind().len()).max().unwrap_or(0);
    let mut out = String::new();
    for (word, changes) in [("breaking", &drift.breaking), ("additive", &drift.additive)] {
        if changes.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}:", plural(changes.len(), &format!("{word} change")));
        for change in changes {
            let _ = writeln!(out, "  {:width$}  {}", change.kind(), self::change(change));
        }
    }
    out
}

/// One change, without its kind.
pub fn change(change: &Change) -> String {
    let place = one_line(&change.place());
    let (before, after) = (short(&change.before), short(&change.after));
    let keyword = change.keyword.map(|k| format!(" {k}")).unwrap_or_default();
    let facts = match (change.before.is_null(), change.after.is_null()) {
        (true, true) => return format!("{place}{keyword}"),
        (true, false) => format!("+ {after}"),
        (false, true) => format!("- {before}"),
        (false, false) => format!("{before} -> {after}"),
    };
    format!("{place}{keyword}: {facts}")
}
