//! Walking a list page by page.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use neon_api_raw::BoxFuture;

use super::{Cursor, Listing, Page, Take};
use crate::Result;
use crate::error::Error;
use crate::neon::Neon;

/// How many empty pages may come in a row, each with a new cursor. Lists that filter or group may
/// return some; a list that returns more and more would keep its caller waiting forever.
const MOST_EMPTY_PAGES: u32 = 100;

/// A list as a stream of its pages, returned by [`Pager::pages`](crate::Pager::pages). Empty pages
/// are skipped, and nothing is prefetched.
///
/// After an error the page that failed is fetched again by the next poll; after
/// [`Error::RepeatedCursor`] and [`Error::EmptyPages`] the walk has ended, and
/// [`cursor`](Self::cursor) returns where a new one can resume.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut pages = project.operations().list().page_size(100).pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{} operations, then {:?}", page.items.len(), pages.cursor());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`Pager`](crate::Pager).
#[must_use = "a list does nothing until it is polled"]
pub struct Pages<L: Listing> {
    pub(super) neon: Neon,
    pub(super) listing: L,
    pub(super) limit: u32,
    /// The cursor of the next page.
    pub(super) after: Option<Cursor>,
    fetching: Option<BoxFuture<'static, Result<Page<L::Item>>>>,
    seen: SeenCursors,
    /// How many empty pages have come since the last one with items.
    empty_in_a_row: u32,
    /// How many items are left at most.
    left: Option<usize>,
    is_done: bool,
}

impl<L: Listing> Pages<L> {
    pub(super) fn new(neon: Neon, listing: L) -> Self {
        Self {
            neon,
            listing,
            limit: L::LARGEST_PAGE,
            after: None,
            fetching: None,
            seen: SeenCursors::default(),
            empty_in_a_row: 0,
            left: None,
            is_done: false,
        }
    }

    /// The cursor of the next page; `None` means the beginning of the list.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The same list, from another cursor.
    pub(super) fn begin_after(self, cursor: Option<Cursor>) -> Self {
        let Self {
            neon,
            listing,
            limit,
            left,
            ..
        } = self;
        let mut pages = Self::new(neon, listing);
        pages.limit = limit;
        pages.left = left;
        pages.is_done = left == Some(0);
        if let Some(cursor) = &cursor {
            pages.seen.insert(cursor);
        }
        pages.after = cursor;
        pages
    }

    /// The same walk, of this many items at most. If nothing was requested yet, pages are no larger
    /// than that.
    pub(super) fn take(self, items: usize) -> Pages<Take<L>> {
        let left = self.left.map_or(items, |left| left.min(items));
        let is_new = self.after.is_none() && self.fetching.is_none();
        let wanted = u32::try_from(left).unwrap_or(u32::MAX).max(1);
        Pages {
            neon: self.neon,
            listing: Take(self.listing),
            limit: if is_new {
                self.limit.min(wanted)
            } else {
                self.limit
            },
            after: self.after,
            fetching: self.fetching,
            seen: self.seen,
            empty_in_a_row: self.empty_in_a_row,
            left: Some(left),
            is_done: self.is_done || left == 0,
        }
    }

    /// The bound, if there is one, for a walk that fetches so many items once more.
    pub(super) fn and_again(mut self, items: usize) -> Self {
        self.left = self.left.map(|left| left + items);
        self
    }

    pub(super) fn set_neon(&mut self, neon: Neon) {
        self.neon = neon;
        self.fetching = None;
    }

    /// Cuts a page to the items that are left, and ends the walk after the last of them. A walk
    /// from the cursor then begins with the page that was cut.
    fn cut(&mut self, page: &mut Page<L::Item>, begins_after: Option<Cursor>) {
        let Some(left) = &mut self.left else {
            return;
        };
        if page.items.len() > *left {
            page.items.truncate(*left);
            self.after = begins_after;
        }
        *left -= page.items.len();
        self.is_done |= *left == 0;
    }

    /// Moves on to the next page, or detects that the list would never end. The items of a page
    /// whose cursor repeats may have been delivered before, so the page is not.
    fn advance(&mut self, page: &Page<L::Item>) -> Result<()> {
        let is_empty = page.items.is_empty();
        let Some(next) = &page.next else {
            self.is_done = true;
            return Ok(());
        };
        let stands_still = self.after.as_ref() == Some(next);
        let ends = L::EMPTY_PAGE_IS_END && page.unavailable.is_empty();
        if is_empty && (stands_still || ends) {
            self.is_done = true;
        } else if stands_still || !self.seen.insert(next) {
            self.is_done = true;
            return Err(Error::RepeatedCursor(self.listing.route()));
        } else {
            self.after = Some(next.clone());
            self.empty_in_a_row = if is_empty { self.empty_in_a_row + 1 } else { 0 };
            if self.empty_in_a_row >= MOST_EMPTY_PAGES {
                self.is_done = true;
                return Err(Error::EmptyPages(self.listing.route()));
            }
        }
        Ok(())
    }
}

impl<L: Listing> Stream for Pages<L> {
    type Item = Result<Page<L::Item>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.is_done {
                return Poll::Ready(None);
            }
            let fetching = this.fetching.get_or_insert_with(|| {
                this.listing
                    .fetch(this.neon.clone(), this.after.clone(), this.limit)
            });
            let result = ready!(fetching.as_mut().poll(cx));
            this.fetching = None;
            let begins_after = this.after.clone();
            let advanced = result.and_then(|mut page| {
                this.advance(&page)?;
                this.cut(&mut page, begins_after);
                Ok(page)
            });
            match advanced {
                // An empty page without information is skipped.
                Ok(page) if page.items.is_empty() && page.unavailable.is_empty() => {}
                other => return Poll::Ready(Some(other)),
            }
        }
    }
}

impl<L: Listing> fmt::Debug for Pages<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("listing", &self.listing)
            .field("limit", &self.limit)
            .field("after", &self.after)
            .field("is_done", &self.is_done)
            .finish_non_exhaustive()
    }
}

/// The cursors of a walk, as hashes: a walk may be long, and a loop has to be detected wherever it
/// closes.
#[derive(Default)]
struct SeenCursors {
    hashes: HashSet<u64>,
    state: RandomState,
}

impl SeenCursors {
    /// Whether the cursor is new.
    fn insert(&mut self, cursor: &Cursor) -> bool {
        self.hashes.insert(self.state.hash_one(cursor))
    }
}
