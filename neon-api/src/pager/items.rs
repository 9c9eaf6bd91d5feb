//! Walking a list item by item.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;
use neon_api_raw::Route;
use neon_api_raw::ids::ProjectId;

use super::ahead::Signal;
use super::{Cursor, Listing, Page, Pages, Take};
use crate::Result;
use crate::call::IntoId;
use crate::neon::Neon;

/// A list: awaited, all its items; walked with [`try_next`](Self::try_next) or as a stream, one after
/// another.
///
/// Nothing is fetched before the first poll. Each page request passes through the client's limits
/// and [retries](crate::RetryPolicy). While a page is delivered the next one is fetched, unless
/// [`prefetch`](Self::prefetch) is turned off. After an error the items delivered so far stand,
/// [`cursor`](Self::cursor) tells where to go on, and the next poll tries again; only after the last
/// two errors below the walk has ended. What is set on it (filters, [`page_size`](Self::page_size),
/// [`start_after`](Self::start_after)) is to be set before the first poll.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let all: Vec<_> = neon.projects().list().await?;
///
/// let mut projects = neon.projects().list();
/// while let Some(project) = projects.try_next().await? {
///     println!("{}", project.name);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the page's operation, which [`Listing::route`] names;
/// [`Error::RepeatedCursor`](crate::Error::RepeatedCursor) where the API answers with a cursor that
/// it gave before, and [`Error::EmptyPages`](crate::Error::EmptyPages) where a hundred pages in a row
/// are empty.
#[must_use = "a list does nothing until it is polled"]
pub struct Pager<L: Listing> {
    pages: Pages<L>,
    items: VecDeque<L::Item>,
    /// Where the page begins whose items are being delivered.
    current: Option<Cursor>,
    ahead: Option<Ahead<L::Item>>,
    signal: Arc<Signal>,
    prefetches: bool,
    unavailable: Vec<ProjectId>,
    pub(super) allows_partial: bool,
}

/// A page, or its failure, that has come before it was asked for.
struct Ahead<T> {
    begins_after: Option<Cursor>,
    page: Option<Result<Page<T>>>,
}

impl<L: Listing> Pager<L> {
    pub(crate) fn new(neon: Neon, listing: L) -> Self {
        Self {
            pages: Pages::new(neon, listing),
            items: VecDeque::new(),
            current: None,
            ahead: None,
            signal: Signal::set(),
            prefetches: true,
            unavailable: Vec::new(),
            allows_partial: false,
        }
    }

    /// How many items to ask for in one page, 1 to the most that the API gives
    /// ([`Listing::LARGEST_PAGE`]); 0 counts as 1, and more as the most. By default the most, since
    /// requests are what is scarce. The API may give fewer.
    pub fn page_size(mut self, items: u32) -> Self {
        self.pages.limit = items.clamp(1, L::LARGEST_PAGE);
        self
    }

    /// Whether the next page is fetched while one is delivered; it is by default. Without, no page
    /// is fetched that is not needed:
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let latest = project.operations().list().page_size(1).prefetch(false).try_next().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The fetch moves on when items are taken. Should it fail, retries included, that is told to
    /// nobody: when its page is needed it is fetched anew, with all its retries, since the failure
    /// may come of items being taken slowly. So in an outage a walk may take up to twice as long
    /// to fail; who takes longer over an item than an answer may take (30 seconds) is better off
    /// without.
    pub fn prefetch(mut self, prefetches: bool) -> Self {
        self.prefetches = prefetches;
        self
    }

    /// The first of the items that are left, this many at most. Pages are as large as they need to be,
    /// unless their size was set before.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// for operation in project.operations().list().take(20).await? {
    ///     println!("{} is {}", operation.action, operation.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn take(self, items: usize) -> Pager<Take<L>> {
        let mut this = self;
        this.items.truncate(items);
        let mut left = items - this.items.len();
        if let Some(Ahead {
            page: Some(Ok(page)),
            ..
        }) = &mut this.ahead
        {
            page.items.truncate(left);
            left -= page.items.len();
        }
        Pager {
            pages: this.pages.take(left),
            items: this.items,
            current: this.current,
            ahead: this.ahead,
            signal: this.signal,
            prefetches: this.prefetches,
            unavailable: this.unavailable,
            allows_partial: this.allows_partial,
        }
    }

    /// Begins behind a cursor that an earlier walk of the same list gave, instead of at the beginning.
    /// [`Cursor`] shows how.
    pub fn start_after(mut self, cursor: Cursor) -> Self {
        self.current = Some(cursor.clone());
        self.pages = self.pages.begin_after(Some(cursor));
        self
    }

    /// Where to begin again so that no item is missed: items of the page that is being delivered
    /// come once more. `None` stands for the beginning of the list.
    pub fn cursor(&self) -> Option<&Cursor> {
        if !self.items.is_empty() {
            self.current.as_ref()
        } else if let Some(ahead) = &self.ahead {
            ahead.begins_after.as_ref()
        } else {
            self.pages.cursor()
        }
    }

    /// Projects that the API could not reach in time so far, although it was asked up to three times
    /// for their page, and that are missing from the list. Empty for other lists than those of
    /// projects.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let mut projects = neon.projects().list();
    /// while let Some(project) = projects.try_next().await? {
    ///     println!("{}", project.name);
    /// }
    /// if !projects.unavailable().is_empty() {
    ///     println!("and {} more that could not be reached", projects.unavailable().len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn unavailable(&self) -> &[ProjectId] {
        &self.unavailable
    }

    /// The list page by page. Where items were taken already it begins with the page that they are
    /// of, which is fetched once more.
    pub fn pages(self) -> Pages<L> {
        if self.items.is_empty() && self.ahead.is_none() {
            return self.pages;
        }
        let cursor = self.cursor().cloned();
        self.pages.begin_after(cursor)
    }

    pub(crate) fn listing_mut(&mut self) -> &mut L {
        &mut self.pages.listing
    }

    /// The ID; if it is none, the list fails with that.
    pub(crate) fn take_id<I>(&mut self, id: impl IntoId<I>) -> I {
        self.pages.neon.take_id(id)
    }

    /// The operation that fetches its pages.
    pub fn route(&self) -> &'static Route {
        self.pages.listing.route()
    }

    pub(super) fn neon(&self) -> &Neon {
        &self.pages.neon
    }

    pub(super) fn set_neon(&mut self, neon: Neon) {
        self.pages.neon = neon;
    }

    /// Lets the next page come closer while items are delivered.
    fn fetch_ahead(&mut self, cx: &mut Context<'_>) {
        if !self.prefetches || self.ahead.is_some() || self.pages.is_done() || !self.signal.take() {
            return;
        }
        self.signal.wakes(cx.waker());
        let begins_after = self.pages.after.clone();
        let waker = Waker::from(Arc::clone(&self.signal));
        let polled = Pin::new(&mut self.pages).poll_next(&mut Context::from_waker(&waker));
        if let Poll::Ready(page) = polled {
            self.ahead = Some(Ahead { begins_after, page });
        }
    }
}

impl<L: Listing> Stream for Pager<L> {
    type Item = Result<L::Item>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.items.pop_front() {
                this.fetch_ahead(cx);
                return Poll::Ready(Some(Ok(item)));
            }
            // A page that failed ahead of time is fetched anew: the walk was not polled meanwhile,
            // and the failure may be of that alone.
            let ahead = this
                .ahead
                .take()
                .filter(|ahead| this.pages.is_done() || !matches!(ahead.page, Some(Err(_))));
            let (begins_after, page) = if let Some(ahead) = ahead {
                (ahead.begins_after, ahead.page)
            } else {
                let begins_after = this.pages.after.clone();
                (
                    begins_after,
                    ready!(Pin::new(&mut this.pages).poll_next(cx)),
                )
            };
            match page {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    this.current = begins_after;
                    this.items = page.items.into();
                    this.unavailable.extend(page.unavailable);
                    this.signal = Signal::set();
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
