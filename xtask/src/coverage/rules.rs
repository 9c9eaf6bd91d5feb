//! What must hold of operations and methods.

use std::collections::BTreeSet;

use super::methods::folded;
use super::warnings::{self, Warning};
use super::{Called, Method};
use crate::pending::Pending;

/// Methods that are another one in other words. They have no alias, so that a search by an operation
/// shows the method that is about it.
const DERIVED: [&str; 3] = ["find", "get_opt", "status_opt"];

/// Operations that the official TypeScript SDK wraps by hand: its users find each of them here.
pub const OFFICIAL: &str = include_str!("../../data/official-sdk.txt");

/// What is checked.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The operations of the document, by id.
    pub ids: BTreeSet<&'a str>,
    /// The public methods of the sources.
    pub methods: &'a [Method],
    /// What tests call.
    pub called: &'a Called,
    /// Operations that may wait for a method.
    pub pending: &'a Pending,
    /// Operations that have to be there by name, a line each, with comments.
    pub official: &'a str,
    /// What documentation has to say before some calls.
    pub warnings: &'a [Warning],
}

/// Everything that does not hold, a line each, sorted.
pub fn findings(checked: &Checked<'_>) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(without_method(checked));
    found.extend(pending(checked));
    found.extend(official(checked));
    found.extend(said_of_called(checked));
    found.extend(said_of_calls(checked));
    found.extend(not_called(checked));
    found.extend(warnings::findings(checked));
    found.sort();
    found.dedup();
    found
}

impl Checked<'_> {
    pub(super) fn is_covered(&self, id: &str) -> bool {
        self.called.methods_of(id).next().is_some()
    }

    pub(super) fn methods_named<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Method> {
        self.methods
            .iter()
            .filter(move |method| method.name == name)
    }

    fn is_operation(&self, folded_name: &str) -> bool {
        self.ids.iter().any(|id| folded(id) == folded_name)
    }
}

/// Each operation has a method that a test calls, or waits for one.
fn without_method(checked: &Checked<'_>) -> Vec<String> {
    let is_pending = |id: &str| checked.pending.iter().any(|(pending, _)| pending == id);
    let ids = checked.ids.iter();
    ids.filter(|id| !checked.is_covered(id) && !is_pending(id))
        .map(|id| format!("{id}: no method calls it, and it is not in coverage-pending.txt"))
        .collect()
}

/// Nothing waits that is there, or that is unknown.
fn pending(checked: &Checked<'_>) -> Vec<String> {
    let ids = checked.pending.iter().map(|(id, _)| id);
    ids.filter_map(|id| {
        if checked.is_covered(id) {
            Some(format!(
                "{id}: has a method; delete it from coverage-pending.txt"
            ))
        } else if checked.ids.contains(id) {
            None
        } else {
            Some(format!(
                "{id}: in coverage-pending.txt, and not in the spec"
            ))
        }
    })
    .collect()
}

/// What the official SDK wraps has a method, even where others may wait for one.
fn official(checked: &Checked<'_>) -> Vec<String> {
    let ids = checked
        .official
        .lines()
        .filter(|line| !line.starts_with('#'));
    ids.filter(|id| !checked.is_covered(id))
        .map(|id| format!("{id}: the official SDK wraps it, and no method calls it"))
        .collect()
}

/// Methods that tests call say so in documentation and alias.
fn said_of_called(checked: &Checked<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (id, name) in checked.called.iter() {
        if !checked.ids.contains(id) {
            found.push(format!(
                "{name}: called.txt names {id}, which is not in the spec"
            ));
        }
        let mut same = checked.methods_named(name).peekable();
        if same.peek().is_none() {
            found.push(format!("{name}: in called.txt, and no public method"));
            continue;
        }
        let same: Vec<_> = same.collect();
        if !same
            .iter()
            .any(|method| method.named.iter().any(|named| named == id))
        {
            found.push(format!(
                "{name}: calls {id}, and its documentation does not name it"
            ));
        }
        let is_derived = DERIVED
            .iter()
            .any(|derived| name.ends_with(&format!("::{derived}")));
        let has_alias = |method: &&Method| method.aliases.iter().any(|alias| alias == id);
        if !is_derived && !same.iter().any(has_alias) {
            found.push(format!(
                "{name}: calls {id}, and lacks #[doc(alias = \"{id}\")]"
            ));
        }
    }
    found
}

/// Methods that make a call themselves say so, whether or not a test calls them.
fn said_of_calls(checked: &Checked<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for method in checked.methods {
        let named: BTreeSet<String> = method.named.iter().map(|id| folded(id)).collect();
        for call in &method.calls {
            if checked.is_operation(call) && !named.contains(call) {
                let name = &method.name;
                found.push(format!(
                    "{name}: calls {call}, and its documentation does not name it"
                ));
            }
        }
    }
    found
}

/// Methods with an operation's alias are called by a test.
fn not_called(checked: &Checked<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for method in checked.methods {
        for id in &method.aliases {
            let name = &method.name;
            if !checked.ids.contains(&**id) {
                found.push(format!("{name}: its alias {id} is not in the spec"));
            } else if !checked.called.has(id, name) {
                found.push(format!("{name}: no row of the tests calls it ({id})"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
