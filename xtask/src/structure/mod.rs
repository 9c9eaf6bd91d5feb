//! How a crate is built: which modules use which, how long its files are, and what its builders have.

mod builders;
mod circles;
mod graph;
mod lengths;

pub use builders::builders;
pub use circles::{Allowed, circles};
pub use graph::Graph;
pub use lengths::lengths;

/// Folders whose modules count each by itself.
pub const SPLIT: &[&str] = &["resources"];

/// The folders of the workspace with hand-written sources: libraries, generator, tests, benchmarks and
/// examples.
pub const SOURCES: &[&str] = &[
    "neon-api",
    "neon-api-emulator",
    "neon-api-raw",
    "neon-api-test",
    "neon-api-test-macros",
    "examples",
    "examples-mcp",
    "guide",
    "neon-api-redis",
    "neon-api-sqlx",
    "neon-api-tokio-postgres",
    "tests",
    "xtask",
];

/// The most lines of a file.
pub const LONGEST: usize = 400;

/// What one module uses of another although that one needs it, since each is one half of the same.
pub const ALLOWED: &[Allowed] = &[
    Allowed {
        from: "engine",
        to: "waits",
        why: "a call to a locked project waits for the polls of the project, which are calls",
    },
    Allowed {
        from: "error",
        to: "waits",
        why: "the error of a wait has its token and what polls failed with, which are errors",
    },
];
