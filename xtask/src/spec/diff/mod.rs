//! What changed between two interfaces.
//!
//! The comparison is of what goes over the wire, after references are
//! followed: a schema that was taken apart and put together again with the
//! same outcome is no change. What each difference means for callers is said
//! in one place, [`rules`].

mod bounds;
pub mod change;
mod describe;
mod headers;
mod messages;
mod operations;
mod reach;
pub mod rules;
mod schemas;
mod shape;
mod shared;
mod unions;
mod view;

pub use change::{Change, Drift, Subject};

use super::Document;

/// Compares two documents.
pub fn compare(base: &Document, new: &Document) -> Drift {
    let mut changes = change::Changes::default();
    shared::compare(base, new, &mut changes);
    operations::compare(base, new, &mut changes);
    changes.finish()
}
