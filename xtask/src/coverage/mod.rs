//! Which operations the ergonomic crate reaches, and by which methods.
//!
//! Two facts are compared. Which methods the table-driven tests of the crate call, and the operation
//! of the request that came of it: `called.txt`, which those tests keep. And what the crate's sources
//! say of their public methods: the operations that the documentation names, `` (`listProjects`) ``,
//! the aliases by which rustdoc's search finds them, and the generated methods that they call
//! themselves. Code alone cannot tell the operation of a method, since builders send in other
//! functions than those that users call; documentation alone may be wrong.

mod called;
mod methods;
mod optional;
mod rules;
mod warnings;

pub use called::Called;
pub use methods::{Method, methods};
pub use optional::{WITHOUT_OPTION, findings as without_option};
pub use rules::{Checked, OFFICIAL, findings};
pub use warnings::{WARNINGS, Warning};

/// What is found of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage<'a> {
    /// The operation's id.
    pub id: &'a str,
    /// The first of its tags.
    pub tag: &'a str,
    /// The methods that reach it, as the tests have it.
    pub methods: Vec<&'a str>,
}

/// What is found of each operation, given by id and tag; sorted by tag.
pub fn of<'a>(operations: &[(&'a str, &'a str)], called: &'a Called) -> Vec<Coverage<'a>> {
    let mut found: Vec<_> = operations
        .iter()
        .map(|(id, tag)| Coverage {
            id,
            tag,
            methods: called.methods_of(id).collect(),
        })
        .collect();
    found.sort_by_key(|coverage| (coverage.tag, coverage.id));
    found
}
