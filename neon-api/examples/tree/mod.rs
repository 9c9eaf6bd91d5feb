//! Branches as lines of text.

use std::collections::{BTreeMap, BTreeSet};

use neon_api::branches::AnnotatedBranch;
use neon_api::chrono::{DateTime, TimeDelta, Utc};
use neon_api::ids::BranchId;
use neon_api::types::Endpoint;
use unicode_width::UnicodeWidthStr as _;

/// The most columns that the tree takes; longer names are cut.
const WIDEST: usize = 56;

/// Draws a header and a line for each branch, and another one for each further endpoint.
pub(crate) fn draw(
    branches: &[AnnotatedBranch],
    endpoints: &[Endpoint],
    now: DateTime<Utc>,
) -> Vec<String> {
    let header = ["BRANCH", "SIZE", "AGE", "EXPIRES", "ENDPOINT"].map(str::to_owned);
    let mut rows = vec![header];
    for (indent, branch) in ordered(branches) {
        let of_branch = endpoints.iter().filter(|e| e.branch_id == branch.id);
        let mut of_branch = of_branch.map(endpoint);
        let marks = [
            (branch.default, " (default)"),
            (branch.protected, " (protected)"),
        ];
        let marks: String = marks.iter().filter(|m| m.0).map(|m| m.1).collect();
        let room = WIDEST.saturating_sub(indent.width() + marks.width());
        rows.push([
            format!("{indent}{}{marks}", cut(&shown(&branch.name), room.max(12))),
            branch.logical_size.map_or("-".to_owned(), size),
            period(now - branch.created_at),
            branch
                .expires_at
                .map_or("-".to_owned(), |at| expiry(at - now)),
            of_branch.next().unwrap_or("-".to_owned()),
        ]);
        let below = indent.replace("├─ ", "│  ").replace("└─ ", "   ");
        rows.extend(of_branch.map(|endpoint| {
            let none = String::new;
            [below.clone(), none(), none(), none(), endpoint]
        }));
    }
    aligned(&rows)
}

/// The branches in the order of the lines, each after its parent, with what stands before its name.
/// Without recursion, since a chain may be long. A branch whose parent is not listed stands at the
/// top, and so does one of a circle, which the API does not have.
fn ordered(branches: &[AnnotatedBranch]) -> Vec<(String, &AnnotatedBranch)> {
    let known: BTreeSet<&BranchId> = branches.iter().map(|branch| &branch.id).collect();
    let mut children: BTreeMap<Option<&BranchId>, Vec<&AnnotatedBranch>> = BTreeMap::new();
    for branch in branches {
        let parent = branch.parent_id.as_ref().filter(|id| known.contains(id));
        children.entry(parent).or_default().push(branch);
    }
    for list in children.values_mut() {
        list.sort_by_key(|branch| (!branch.default, branch.created_at, &branch.name));
    }
    let roots = children.remove(&None).unwrap_or_default();
    let mut lines = Vec::new();
    let mut open: Vec<_> = roots
        .into_iter()
        .rev()
        .map(|b| (String::new(), None, b))
        .collect();
    loop {
        while let Some((before, is_last, branch)) = open.pop() {
            let (own, below) = match is_last {
                None => ("", ""),
                Some(false) => ("├─ ", "│  "),
                Some(true) => ("└─ ", "   "),
            };
            lines.push((format!("{before}{own}"), branch));
            let list = children.remove(&Some(&branch.id)).unwrap_or_default();
            for (number, child) in list.into_iter().rev().enumerate() {
                open.push((format!("{before}{below}"), Some(number == 0), child));
            }
        }
        match children.pop_first() {
            Some((_, list)) => open.extend(list.into_iter().map(|b| (String::new(), None, b))),
            None => return lines,
        }
    }
}

fn endpoint(endpoint: &Endpoint) -> String {
    let (least, most) = (
        endpoint.autoscaling_limit_min_cu.0,
        endpoint.autoscaling_limit_max_cu.0,
    );
    let size = if least.total_cmp(&most).is_eq() {
        format!("{most} CU")
    } else {
        format!("{least}-{most} CU")
    };
    let kind = endpoint.type_.as_str().replace('_', "-");
    let state = if endpoint.disabled {
        "disabled"
    } else {
        endpoint.current_state.as_str()
    };
    format!("{} {kind}, {size}, {}", endpoint.id, shown(state))
}

fn expiry(left: TimeDelta) -> String {
    if left > TimeDelta::zero() {
        format!("in {}", period(left))
    } else {
        "now".to_owned()
    }
}

#[allow(clippy::cast_precision_loss, reason = "it is shown with two digits")]
fn size(bytes: i64) -> String {
    let mut size = (bytes as f64, "B");
    for unit in ["kB", "MB", "GB", "TB"] {
        if size.0 >= 999.5 {
            size = (size.0 / 1000.0, unit);
        }
    }
    match size {
        (size, unit) if size < 9.95 && unit != "B" => format!("{size:.1} {unit}"),
        (size, unit) => format!("{size:.0} {unit}"),
    }
}

/// The largest unit of which there are at least two.
fn period(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    let units = [
        ("years", 31_536_000),
        ("months", 2_592_000),
        ("days", 86_400),
        ("h", 3600),
        ("min", 60),
    ];
    let found = units.iter().find(|(_, unit)| seconds >= 2 * unit);
    let (name, unit) = found.unwrap_or(&("s", 1));
    format!("{} {name}", seconds / unit)
}

/// A name as a terminal can show it: what controls the terminal is replaced.
pub(crate) fn shown(name: &str) -> String {
    let is_control = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    name.replace(is_control, "\u{fffd}")
}

/// Cut to this many columns.
fn cut(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let mut kept = name.to_owned();
    while kept.width() + 1 > columns && kept.pop().is_some() {}
    format!("{kept}…")
}

/// The columns below each other: numbers to the right, as wide as a terminal shows them.
fn aligned(rows: &[[String; 5]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let space = " ".repeat(width - cell.width());
                match column {
                    1 | 2 => format!("{space}{cell}"),
                    _ => format!("{cell}{space}"),
                }
            });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
