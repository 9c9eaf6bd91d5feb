//! The rules that adapt the document to the generator, each with its reason, applied in this order.
//!
//! Pure, JSON to JSON. Together they lose no operation, parameter, property or enum value of the
//! API: what is removed from the document is listed in [`Normal`], and a test counts both.

mod bounds;
mod by_hand;
mod compose;
mod described_refs;
mod enums;
mod ids;
mod inline_bodies;
mod leftovers;
mod lift;
mod mocks;
mod query;
mod responses;
mod secrets;
mod security;
mod three_state;
mod unions;
mod unsupported;
mod variants;

use serde_json::Value;

use super::Result;

pub use by_hand::OPERATIONS as WRITTEN_BY_HAND;
pub use enums::OpenEnum;
pub use unions::Union;

/// A component schema whose Rust type is written by hand or by [`super::emit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The schema's name as a Rust type.
    pub name: String,
    /// The path below the raw crate.
    pub path: String,
    /// Whether the type has `Display` and `FromStr`.
    pub is_text: bool,
}

impl Replacement {
    fn new(name: &str, path: impl Into<String>, is_text: bool) -> Self {
        Self {
            name: name.to_owned(),
            path: path.into(),
            is_text,
        }
    }
}

/// The normalized document and what was removed from it.
#[derive(Debug)]
pub struct Normal {
    /// The document that the generator reads.
    pub document: Value,
    /// Types that the generator refers to and does not generate.
    pub replacements: Vec<Replacement>,
    /// Enums, which are open in our types.
    pub enums: Vec<OpenEnum>,
    /// Unions discriminated by a property.
    pub unions: Vec<Union>,
    /// Operations that the generator does not support.
    pub by_hand: Vec<String>,
}

/// What the generator generates from the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The client and its types.
    Client,
    /// Typed mocks, which need individual parameters and errors.
    Mocks,
}

/// Applies all rules.
///
/// # Errors
///
/// If the document contains a form that no rule covers, with the place.
pub fn normalize(mut document: Value, purpose: Purpose) -> Result<Normal> {
    let mut replacements = Vec::new();
    unsupported::check(&document)?;
    security::check(&mut document)?;
    variants::check(&document)?;
    inline_bodies::inline(&mut document)?;
    let by_hand = by_hand::take_out(&mut document)?;
    secrets::mark(&mut document)?;
    responses::keep_one_success(&mut document)?;
    lift::bodies(&mut document)?;
    // Before composing, so that a part's inner types are shared by all that compose it, and after
    // it, for what the compositions define themselves.
    lift::nested(&mut document)?;
    compose::flatten(&mut document)?;
    lift::nested(&mut document)?;
    let enums = enums::open(&mut document, &mut replacements)?;
    let unions = unions::tagged(&mut document, &mut replacements)?;
    ids::share(&mut document, &mut replacements)?;
    secrets::hide(&mut document, &mut replacements)?;
    three_state::keep_null(&mut document, &unions, &mut replacements)?;
    bounds::strip(&mut document)?;
    leftovers::refuse(&document)?;
    match purpose {
        Purpose::Client => query::fold_optional(&mut document)?,
        Purpose::Mocks => mocks::fit(&mut document)?,
    }
    described_refs::wrap(&mut document)?;
    Ok(Normal {
        document,
        replacements,
        enums,
        unions,
        by_hand,
    })
}
