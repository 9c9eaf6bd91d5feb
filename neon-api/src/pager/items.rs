//! Walking a list item by item.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::vec;

use futures_core::Stream;
use neon_api_raw::Route;
use neon_api_raw::ids::ProjectId;

use super::ahead::Signal;
use super::{Cursor, Listing, Page, Pages, Take};
use crate::Result;
use crate::call::IntoId;
use crate::neon::Neon;

/// A list: await it for all items, or walk it item by item with [`try_next`](Self::try_next) or as
/// a stream.
///
/// Nothing is fetched before the first poll. Each page request passes through the client's limits
/// and [retries](crate::RetryPolicy). While a page is delivered the next one is fetched, unless
/// [`prefetch`](Self::prefetch) is disabled. After an error the items delivered so far stay valid,
/// [`cursor`](Self::cursor) returns where to resume, and the next poll tries again; only after the
/// last two errors below the walk has ended. Settings (filters, [`page_size`](Self::page_size),
/// [`start_after`](Self::start_after)) must be set before the first poll.
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
/// Those of the page's operation ([`Listing::route`]);
/// [`Error::RepeatedCursor`](crate::Error::RepeatedCursor) if the API returns a cursor that it
/// returned before, and [`Error::EmptyPages`](crate::Error::EmptyPages) if a hundred pages in a row
/// are empty.
#[must_use = "a list does nothing until it is polled"]
pub struct Pager<L: Listing> {
    pages: Pages<L>,
    items: vec::IntoIter<L::Item>,
    /// The cursor of the page whose items are being delivered.
    current: Option<Cursor>,
    ahead: Option<Ahead<L::Item>>,
    signal: Arc<Signal>,
    prefetches: bool,
    unavailable: Vec<ProjectId>,
    /// How many items of the current page were delivered.
    delivered: usize,
    pub(super) allows_partial: bool,
}

/// A prefetched page, or its failure.
struct Ahead<T> {
    begins_after: Option<Cursor>,
    page: Option<Result<Page<T>>>,
}

impl<L: Listing> Pager<L> {
    pub(crate) fn new(neon: Neon, listing: L) -> Self {
        Self {
            pages: Pages::new(neon, listing),
            items: Vec::new().into_iter(),
            current: None,
            ahead: None,
            signal: Signal::set(),
            prefetches: true,
            unavailable: Vec::new(),
            delivered: 0,
            allows_partial: false,
        }
    }

    /// Sets the number of items to request per page, clamped to 1 to the maximum of the API
    /// ([`Listing::LARGEST_PAGE`]). By default the maximum, since requests are rate-limited. The
    /// API may return fewer.
    pub fn page_size(mut self, items: u32) -> Self {
        self.pages.limit = items.clamp(1, L::LARGEST_PAGE);
        self
    }

    /// Whether the next page is fetched while one is delivered; on by default. If disabled, no page
    /// is fetched that is not needed:
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let latest = project.operations().list().page_size(1).prefetch(false).try_next().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The fetch makes progress when items are taken. If it fails, retries included, the failure is
    /// not reported: the page is fetched again, with all retries, when it is needed, since items
    /// may have been taken too slowly. So in an outage a walk may take up to twice as long to fail.
    /// Disable it if processing an item may take longer than the attempt timeout (30 seconds by
    /// default).
    pub fn prefetch(mut self, prefetches: bool) -> Self {
        self.prefetches = prefetches;
        self
    }

    /// Limits the list to the next items, this many at most. Pages are no larger than needed,
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
        let taken: Vec<_> = this.items.take(items).collect();
        let mut left = items - taken.len();
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
            items: taken.into_iter(),
            current: this.current,
            ahead: this.ahead,
            signal: this.signal,
            prefetches: this.prefetches,
            unavailable: this.unavailable,
            delivered: this.delivered,
            allows_partial: this.allows_partial,
        }
    }

    /// Starts after a cursor from an earlier walk of the same list, instead of at the beginning.
    /// [`Cursor`] has an example.
    pub fn start_after(mut self, cursor: Cursor) -> Self {
        self.current = Some(cursor.clone());
        self.pages = self.pages.begin_after(Some(cursor));
        self
    }

    /// Returns where to resume so that no item is missed: items of the page that is being delivered
    /// are delivered again. `None` means the beginning of the list.
    pub fn cursor(&self) -> Option<&Cursor> {
        if !self.items.as_slice().is_empty() {
            self.current.as_ref()
        } else if let Some(ahead) = &self.ahead {
            ahead.begins_after.as_ref()
        } else {
            self.pages.cursor()
        }
    }

    /// Projects that are missing from the list because the API could not reach them in time in up
    /// to three attempts. Empty for lists other than those of projects.
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

    /// Returns the list page by page. If items were taken already, it begins with their page, which
    /// is fetched again.
    pub fn pages(self) -> Pages<L> {
        if self.items.as_slice().is_empty() && self.ahead.is_none() {
            return self.pages;
        }
        let cursor = self.cursor().cloned();
        let ahead = self.ahead.as_ref().map_or(0, |ahead| match &ahead.page {
            Some(Ok(page)) => page.items.len(),
            _ => 0,
        });
        // The page that is fetched once more counts once more.
        let again = if self.items.as_slice().is_empty() {
            ahead
        } else {
            self.delivered + self.items.len() + ahead
        };
        self.pages.and_again(again).begin_after(cursor)
    }

    pub(crate) fn listing_mut(&mut self) -> &mut L {
        &mut self.pages.listing
    }

    /// The ID; if it is not valid, the list fails with that error.
    pub(crate) fn take_id<I>(&mut self, id: impl IntoId<I>) -> I {
        self.pages.neon.take_id(id)
    }

    /// The ID of something in a project; if it is not valid, or a value of another project, the
    /// list fails with that error.
    pub(crate) fn take_id_in<I>(&mut self, project: &ProjectId, id: impl IntoId<I>) -> I {
        let (neon, id) = self.pages.neon.given_in(project, id);
        self.pages.neon = neon;
        id
    }

    /// The operation that fetches its pages.
    pub fn route(&self) -> &'static Route {
        self.pages.listing.route()
    }

    pub(super) fn neon(&self) -> &Neon {
        &self.pages.neon
    }

    /// A page that is under way is asked for again, with the options of the new client.
    pub(super) fn set_neon(&mut self, neon: Neon) {
        self.pages.set_neon(neon);
    }

    /// Drives the fetch of the next page while items are delivered.
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
            if let Some(item) = this.items.next() {
                this.delivered += 1;
                this.fetch_ahead(cx);
                return Poll::Ready(Some(Ok(item)));
            }
            // A prefetch that failed is made again: the walk was not polled meanwhile, which alone
            // may be the cause.
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
                    this.items = page.items.into_iter();
                    this.delivered = 0;
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
