//! The differences that are known, each with its reason.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use super::exchange::read;
use super::shape::{Difference, Kind};

/// Known differences of one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The sources that show it: a year of recordings, or `published`.
    pub of: Vec<String>,
    /// The operations; all if empty.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Where.
    pub at: Vec<String>,
    /// How.
    pub is: Kind,
    /// Why it stays.
    pub reason: String,
}

/// What was found in one exchange.
#[derive(Debug)]
pub struct Outcome {
    /// A year of recordings, or `published`.
    pub of: String,
    /// The operation.
    pub operation: &'static str,
    /// Where the response differs.
    pub differences: Vec<Difference>,
}

/// A place in the table that must be of use: source, operation and path of a difference.
type Use = (usize, String, Option<String>, String);

impl Row {
    fn uses(&self, row: usize) -> impl Iterator<Item = Use> {
        let operations: Vec<Option<String>> = match self.operations.as_slice() {
            [] => vec![None],
            named => named.iter().cloned().map(Some).collect(),
        };
        let mut all = Vec::new();
        for of in &self.of {
            for operation in &operations {
                for at in &self.at {
                    all.push((row, of.clone(), operation.clone(), at.clone()));
                }
            }
        }
        all.into_iter()
    }

    fn covers(&self, outcome: &Outcome, difference: &Difference) -> bool {
        let operation = outcome.operation.to_owned();
        self.is == difference.is
            && self.of.contains(&outcome.of)
            && (self.operations.is_empty() || self.operations.contains(&operation))
            && self.at.contains(&difference.at)
    }
}

/// The differences that `rows` do not know, with their outcomes.
pub fn unknown<'a>(
    rows: &'a [Row],
    outcomes: &'a [Outcome],
) -> impl Iterator<Item = (&'a Outcome, &'a Difference)> {
    let all = outcomes.iter().flat_map(|outcome| {
        let differences = outcome.differences.iter();
        differences.map(move |difference| (outcome, difference))
    });
    all.filter(|(outcome, difference)| !rows.iter().any(|row| row.covers(outcome, difference)))
}

/// Checks what was found against the table in `file`: a difference without a row and a row without
/// a difference are errors, as is a row without a reason.
///
/// # Errors
///
/// What is wrong, a line each.
pub fn check(file: &str, outcomes: &[Outcome]) -> Result<(), String> {
    let rows: Vec<Row> = read(file);
    check_rows(&rows, outcomes)
}

/// The same, of rows that need not be in a file.
///
/// # Errors
///
/// What is wrong, a line each.
pub fn check_rows(rows: &[Row], outcomes: &[Outcome]) -> Result<(), String> {
    let mut wrong = String::new();
    let mut unused: BTreeSet<Use> = BTreeSet::new();
    for (number, row) in rows.iter().enumerate() {
        unused.extend(row.uses(number));
        if row.reason.trim().is_empty() {
            writeln!(wrong, "row {number}: no reason").ok();
        }
    }
    for outcome in outcomes {
        for difference in &outcome.differences {
            let covers = |(_, row): &(usize, &Row)| row.covers(outcome, difference);
            let Some((number, row)) = rows.iter().enumerate().find(covers) else {
                let (of, operation) = (&outcome.of, outcome.operation);
                writeln!(wrong, "not in the table: {of} {operation} {difference}").ok();
                continue;
            };
            let named = outcome.operation.to_owned();
            let operation = Some(named).filter(|_| !row.operations.is_empty());
            let at = difference.at.clone();
            unused.remove(&(number, outcome.of.clone(), operation, at));
        }
    }
    for (number, of, operation, at) in unused {
        let operation = operation.as_deref().unwrap_or("any operation");
        writeln!(wrong, "stale: row {number}, {of}, {operation}, {at}").ok();
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
