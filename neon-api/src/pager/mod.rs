//! Paginated lists.

mod ahead;
mod awaited;
mod cursors;
mod items;
mod listing;
mod pages;
mod plain;
mod take;
#[cfg(test)]
mod tests;

use std::fmt;

use neon_api_raw::ids::ProjectId;
use neon_api_raw::{BoxFuture, Route};
use serde::{Deserialize, Serialize};

use crate::neon::Neon;

pub(crate) use cursors::{after_last_item, if_truncated, next_page};
pub use items::Pager;
pub(crate) use listing::{listing, page_of};
pub use pages::Pages;
pub use plain::Plain;
pub(crate) use plain::list;
pub use take::Take;

/// A position from which a list can be resumed. Opaque; it can be stored and used in another
/// process, for the same list with the same filters and order. The API does not document how long a
/// cursor stays valid.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
/// use neon_api::Cursor;
///
/// let mut projects = neon.projects().list();
/// let first = projects.try_next().await?;
/// let kept: Option<String> = projects.cursor().map(|cursor| cursor.as_str().to_owned());
///
/// // In another process:
/// let mut projects = neon.projects().list();
/// if let Some(kept) = kept {
///     projects = projects.start_after(Cursor::new(kept));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Creates a cursor from a stored string.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The cursor as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0
    }
}

/// One page of a list.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut pages = neon.projects().list().pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{} projects, {} could not be reached", page.items.len(), page.unavailable.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in the API's order.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` at the end of the list. Some lists have one even on the
    /// last page.
    pub next: Option<Cursor>,
    /// Projects that are missing from the items because the API could not reach them in time in up
    /// to three attempts. Empty for lists other than those of projects.
    pub unavailable: Vec<ProjectId>,
}

impl<T> Page<T> {
    /// A page with all its items.
    pub(crate) fn new(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self {
            items,
            next,
            unavailable: Vec::new(),
        }
    }
}

/// A list of the API: the request, and how one page of it is fetched.
///
/// Implemented by the lists of this crate; this trait is sealed. [`Pager`] walks them all.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use neon_api::{Listing, Pager};
///
/// /// The first items of any list.
/// async fn first<L: Listing>(list: Pager<L>, count: u32) -> neon_api::Result<Vec<L::Item>> {
///     let mut list = list.prefetch(false).page_size(count);
///     let mut items = Vec::new();
///     while items.len() < count as usize
///         && let Some(item) = list.try_next().await?
///     {
///         items.push(item);
///     }
///     Ok(items)
/// }
/// ```
pub trait Listing: sealed::Sealed + fmt::Debug + Send + Sync + Unpin + 'static {
    /// The type of the items.
    type Item: fmt::Debug + Send + Unpin + 'static;

    /// The maximum number of items per page, according to the API's spec.
    const LARGEST_PAGE: u32;

    /// Whether an empty page is the end even if it has a cursor, as for cursors that mark the last
    /// item of their page. With cursors that name the next page, there may be an empty page in
    /// between.
    const EMPTY_PAGE_IS_END: bool;

    /// The operation that fetches a page.
    fn route(&self) -> &'static Route;

    /// Fetches the page after a cursor, or the first one, with at most this many items, 1 to
    /// [`LARGEST_PAGE`](Self::LARGEST_PAGE).
    ///
    /// # Errors
    ///
    /// Those of the [`operation`](Self::route).
    fn fetch(
        &self,
        neon: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, crate::Result<Page<Self::Item>>>;
}

/// A list that ends, and can be awaited: all but the operations of a project and its logs, which go
/// back for months. [`Pager::take`] bounds those.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let newest = project.operations().list().take(20).await?;
/// # Ok(())
/// # }
/// ```
///
/// Without `take`, it does not compile:
///
/// ```compile_fail,E0277
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let all = project.operations().list().await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "this list may be too long to be awaited",
    label = "walk it with `try_next`, or limit it with `.take(count)`"
)]
pub trait Finite: Listing {}

/// Seals [`Listing`], so that it can be extended.
pub(crate) mod sealed {
    pub trait Sealed {}
}
