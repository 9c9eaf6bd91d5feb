//! The form for an issue.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{plural, short};
use crate::failure::one_line;
use crate::spec::diff::{Change, Drift};

/// The forge refuses longer issue bodies (65,536 characters); some room is
/// left for what a workflow puts around the report.
const MAX_LENGTH: usize = 60_000;

/// Tables of the changes, with the reasons for those that break.
pub fn markdown(drift: &Drift) -> String {
    let mut out = String::from("## API changes\n\n");
    if drift.is_empty() {
        out.push_str("The API has not changed.\n");
        return out;
    }
    let _ = writeln!(
        out,
        "{}, {} additive.",
        plural(drift.breaking.len(), "breaking change"),
        drift.additive.len()
    );
    section(&mut out, "Breaking", &drift.breaking);
    reasons(&mut out, &drift.breaking);
    section(&mut out, "Additive", &drift.additive);
    out.push_str(
        "\nTo accept the changes, run `cargo xtask regen-spec`, review the diff of `openapi/v2.json`, and write the documentation that `cargo xtask check-docs` asks for.\n",
    );
    out
}

fn section(out: &mut String, title: &str, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "\n### {title} ({})\n\n| change | where | before | after |\n| --- | --- | --- | --- |\n",
        changes.len()
    );
    for (index, change) in changes.iter().enumerate() {
        let row = row(change);
        if out.len() + row.len() > MAX_LENGTH {
            let left = changes.len() - index;
            let _ = writeln!(
                out,
                "\n{} more; `check-spec --format json` lists them all.",
                plural(left, "change")
            );
            return;
        }
        out.push_str(&row);
    }
}

fn row(change: &Change) -> String {
    let kind = match change.keyword {
        // Its kind says it already.
        None | Some("default" | "x-sensitive") => change.kind().to_owned(),
        Some(keyword) => format!("{} ({keyword})", change.kind()),
    };
    format!(
        "| {kind} | {} | {} | {} |\n",
        code(&change.place()),
        code(&short(&change.before)),
        code(&short(&change.after)),
    )
}

/// Each reason once, in the order of the table above it.
fn reasons(out: &mut String, changes: &[Change]) {
    let mut seen = BTreeMap::new();
    for change in changes {
        let place = (change.rule.rank(), change.rule.reason());
        seen.entry(place).or_insert(change.kind());
    }
    if !seen.is_empty() {
        out.push_str("\nWhy these break:\n\n");
    }
    for ((_, reason), kind) in seen {
        let _ = writeln!(out, "- {kind}: {reason}");
    }
}

/// Outside text as code, so that it can neither end the cell nor mention
/// anyone. Backticks inside a span cannot be escaped, bars must be.
fn code(text: &str) -> String {
    let text = one_line(text).replace('`', "'").replace('|', "\\|");
    if text.trim().is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_stays_in_its_cell() {
        assert_eq!(code("a|b`c\nd"), "`a\\|b'c d`");
        assert_eq!(code(" "), "");
    }
}
