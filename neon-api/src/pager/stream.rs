//! Walking a list, page by page or item by item.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use neon_api_raw::BoxFuture;

use super::{Cursor, Listing, Page};
use crate::Result;
use crate::error::Error;
use crate::neon::Neon;

/// A list as a stream of its items.
///
/// Pages are fetched as needed: nothing before the first poll. Each page request passes through the
/// client's limits and retries. After an error the items delivered so far stand, and
/// [`cursor`](Self::cursor) tells where to go on.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut projects = neon.projects().list();
/// while let Some(project) = projects.try_next().await? {
///     println!("{}", project.name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list does nothing until it is polled"]
pub struct Pager<L: Listing> {
    pages: Pages<L>,
    items: VecDeque<L::Item>,
    /// Where the page begins whose items are being delivered.
    current: Option<Cursor>,
}

impl<L: Listing> Pager<L> {
    pub(crate) fn new(neon: Neon, listing: L) -> Self {
        Self {
            pages: Pages {
                neon,
                listing,
                limit: L::LARGEST_PAGE,
                after: None,
                fetching: None,
                is_done: false,
            },
            items: VecDeque::new(),
            current: None,
        }
    }

    /// How many items to ask for in one page, 1 to the most that the API gives; more is cut down.
    /// By default the most, since requests are what is scarce.
    pub fn page_size(mut self, items: u32) -> Self {
        self.pages.limit = items.clamp(1, L::LARGEST_PAGE);
        self
    }

    /// Begins behind a cursor that an earlier walk gave, instead of at the beginning.
    pub fn start_after(mut self, cursor: Cursor) -> Self {
        self.current = Some(cursor.clone());
        self.pages.after = Some(cursor);
        self
    }

    /// Where to begin again so that no item is missed: items of the page that is being delivered
    /// come once more. `None` stands for the beginning of the list.
    pub fn cursor(&self) -> Option<&Cursor> {
        if self.items.is_empty() {
            self.pages.after.as_ref()
        } else {
            self.current.as_ref()
        }
    }

    /// The list page by page.
    pub fn pages(self) -> Pages<L> {
        self.pages
    }

    pub(super) fn listing_mut(&mut self) -> &mut L {
        &mut self.pages.listing
    }
}

impl<L: Listing> Stream for Pager<L> {
    type Item = Result<L::Item>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            let begins_after = self.pages.after.clone();
            match ready!(Pin::new(&mut self.pages).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    self.current = begins_after;
                    self.items = page.items.into();
                }
            }
        }
    }
}

impl<L: Listing> fmt::Debug for Pager<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("pages", &self.pages)
            .field("items_left", &self.items.len())
            .finish_non_exhaustive()
    }
}

/// A list as a stream of its pages.
#[must_use = "a list does nothing until it is polled"]
pub struct Pages<L: Listing> {
    neon: Neon,
    listing: L,
    limit: u32,
    /// Where the next page begins.
    after: Option<Cursor>,
    fetching: Option<BoxFuture<'static, Result<Page<L::Item>>>>,
    is_done: bool,
}

impl<L: Listing> Pages<L> {
    /// Where the next page begins; `None` stands for the beginning of the list.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    fn accept(&mut self, page: &Page<L::Item>) -> Result<()> {
        match &page.next {
            // Cursors mark the last item, so one comes with the last page too; behind it there is
            // nothing, or nothing new.
            None => self.is_done = true,
            Some(_) if page.items.is_empty() => self.is_done = true,
            Some(next) if self.after.as_ref() == Some(next) => {
                self.is_done = true;
                return Err(Error::RepeatedCursor(L::operation()));
            }
            Some(next) => self.after = Some(next.clone()),
        }
        Ok(())
    }
}

impl<L: Listing> Stream for Pages<L> {
    type Item = Result<Page<L::Item>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let fetching = this.fetching.get_or_insert_with(|| {
            this.listing
                .fetch(this.neon.clone(), this.after.clone(), this.limit)
        });
        let result = ready!(fetching.as_mut().poll(cx));
        this.fetching = None;
        Poll::Ready(match result {
            Ok(page) => match this.accept(&page) {
                Ok(()) if page.items.is_empty() => None,
                Ok(()) => Some(Ok(page)),
                Err(error) => Some(Err(error)),
            },
            Err(error) => Some(Err(error)),
        })
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
