//! The API spec: reading, checking, reducing to facts, ordering and comparing.

pub mod canonical;
pub mod counts;
pub mod diff;
pub mod document;
pub mod grammar;
pub mod identity;
pub mod parse;
pub mod paths;
pub mod reduce;
pub mod templates;
pub mod validate;
pub mod walk;

pub use document::Document;

use crate::failure::Failure;

/// Reads a document of any origin into the form in which it is vendored:
/// checked, facts only, in canonical order.
pub fn load(source: &str, bytes: &[u8]) -> Result<Document, Vec<Failure>> {
    let value = parse::parse(source, bytes).map_err(|failure| vec![failure])?;
    validate::validate(source, &value)?;
    Ok(Document::new(canonical::canonical(&reduce::reduce(&value))))
}
