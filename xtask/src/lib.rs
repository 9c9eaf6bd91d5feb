//! Developer tool of this workspace: it maintains the vendored API spec (`openapi/`), reports
//! upstream changes, and shows how the published crates cover it.
//!
//! The library half exists so that every step can be tested by itself; the
//! binary only parses arguments and turns the outcome into an exit code.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod cli;
pub mod commands;
pub mod coverage;
pub mod docs;
pub mod failure;
pub mod files;
pub mod pending;
pub mod provenance;
pub mod report;
pub mod source;
pub mod sources;
pub mod spec;
pub mod structure;
pub mod surface;
pub mod uses;
pub mod wording;
