//! Lists that come in pages.

mod listings;
mod stream;

use std::fmt;

use neon_api_raw::{BoxFuture, Operation};
use serde::{Deserialize, Serialize};

use crate::neon::Neon;

pub use listings::{ListBranches, ListOperations, ListProjects};
pub use stream::{Pager, Pages};

/// Where a list goes on. Opaque; it can be kept and used in another process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor that was kept as text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The cursor as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in the API's order.
    pub items: Vec<T>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<Cursor>,
}

/// A list of the API: what is asked for, and how one page of it is fetched.
///
/// The lists of this crate implement it; [`Pager`] walks them all.
pub trait Listing: Clone + fmt::Debug + Send + Sync + Unpin + 'static {
    /// What the list holds.
    type Item: fmt::Debug + Send + Unpin + 'static;

    /// The most items that the API gives in one page.
    const LARGEST_PAGE: u32;

    /// The operation that fetches a page.
    fn operation() -> &'static Operation;

    /// Fetches the page behind a cursor, or the first one.
    fn fetch(
        &self,
        neon: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, crate::Result<Page<Self::Item>>>;
}
