//! The walk over a series.

use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use chrono::{DateTime, Utc};
use futures_core::Stream;
use http::StatusCode;
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2 as ROUTE;
use neon_api_raw::types::ConsumptionHistoryPerProjectV2;

use super::cursor::{SeriesCursor, VERSION, Window};
use super::frames::{Beyond, Grain, segments};
use super::usage::ProjectUsage;
use crate::Result;
use crate::call::{IntoId, maybe};
use crate::consumption::{Metric, ProjectConsumption};
use crate::error::{Error, InvalidInput};
use crate::neon::Neon;
use crate::pager::{Cursor, Page, Pages};

/// What each project of an organization used over a range, by the hour, the day or the month
/// (`getConsumptionHistoryPerProjectV2`), returned by [`Fleet::consumption`](crate::fleet::Fleet::consumption): a stream of
/// [`ProjectUsage`], one for each project and each part of the range that one request may ask for
/// (168 hours, 60 days or 12 months), the oldest part first.
///
/// Frames are whole: the range is extended to the hours, days or months that it begins and ends in,
/// and ends at the latest with the present one. All requests obey the limit that consumption history
/// has for itself, about 30 a minute for an account, so that 3,000 projects take a minute for each
/// part. [`cursor`](Self::cursor) returns where to resume; the setters count before the first poll
/// only.
///
/// The API has hours of the last 168 hours, days of the last 60 days and months of the last year. A
/// range that begins before that fails, unless [longer frames](Self::coarser) are taken for what is
/// older. The frame at the edge of that time is left out if it would be out of reach within an hour,
/// so that a long walk does not fail in its middle.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{Days, Utc};
/// use neon_api::consumption::Metric;
/// use neon_api::enums::ConsumptionHistoryGranularity::Daily;
///
/// let now = Utc::now();
/// let metrics = [Metric::COMPUTE_UNIT_SECONDS, Metric::ROOT_BRANCH_BYTES_MONTH];
/// let month = now - Days::new(30)..now;
/// let mut series = neon.org("org-ocean-art-12345678").fleet().consumption(month, Daily, metrics);
/// while let Some(project) = series.try_next().await? {
///     for frame in &project.frames {
///         println!("{} on {}: {:?}", project.project_id, frame.start, frame.values);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`] for a range that is empty, in the future or out of reach, and if there is
/// no metric. [`is_missing_from_plan`](Error::is_missing_from_plan) when the plan of the organization
/// is without consumption history: that ends the walk at once, as invalid input does. After other
/// errors the next poll requests the same page again.
#[must_use = "a series does nothing until it is polled"]
pub struct UsageSeries {
    neon: Neon,
    begin: Begin,
    cursor: Option<SeriesCursor>,
    /// The list of the present window.
    pages: Option<(Window, Pages<ProjectConsumption>)>,
    items: vec::IntoIter<ProjectUsage>,
    /// The page after the one whose items are being delivered.
    next_page: Option<Cursor>,
    has_ended: bool,
}

/// How a series begins.
#[derive(Debug)]
struct Begin {
    org: Option<OrgId>,
    time: Range<DateTime<Utc>>,
    granularity: ConsumptionHistoryGranularity,
    metrics: Vec<Metric>,
    only: Option<Vec<ProjectId>>,
    beyond: Beyond,
    now: Option<DateTime<Utc>>,
}

impl UsageSeries {
    pub(super) fn new(
        neon: Neon,
        org: Option<OrgId>,
        time: Range<DateTime<Utc>>,
        granularity: ConsumptionHistoryGranularity,
        metrics: Vec<Metric>,
    ) -> Self {
        Self {
            neon,
            begin: Begin {
                org,
                time,
                granularity,
                metrics,
                only: None,
                beyond: Beyond::Refuse,
                now: None,
            },
            cursor: None,
            pages: None,
            items: Vec::new().into_iter(),
            next_page: None,
            has_ended: false,
        }
    }

    pub(super) fn resumed(mut neon: Neon, cursor: SeriesCursor) -> Self {
        if cursor.version != VERSION {
            neon.refuse("cursor", "it was written by another version of this crate");
        }
        let begin = cursor.as_of();
        let (org, metrics) = (cursor.org.clone(), cursor.metrics.clone());
        let hourly = ConsumptionHistoryGranularity::Hourly;
        let mut series = Self::new(neon, Some(org), begin..begin, hourly, metrics);
        series.cursor = Some(cursor);
        series
    }

    /// Only these projects, one or more: in requests of 100 each.
    pub fn only(mut self, projects: impl IntoIterator<Item = impl IntoId<ProjectId>>) -> Self {
        let mut only: Vec<ProjectId> = Vec::new();
        for id in projects {
            only.push(self.neon.take_id(id));
        }
        only.sort_unstable();
        only.dedup();
        self.begin.only = Some(only);
        self
    }

    /// Whether what is too old for the granularity is read by longer frames: by the day where the API
    /// has no more hours, and by the month where it has no more days. The border is that of a whole
    /// day or month, so that no time is in two frames; the beginning of the range is extended to that
    /// of its longer frame. Off by default.
    pub fn coarser(mut self, coarser: bool) -> Self {
        self.begin.beyond = if coarser {
            Beyond::Coarser
        } else {
            Beyond::Refuse
        };
        self
    }

    /// Requests frames from before what the API is documented to have, instead of failing. The API
    /// responds 406 if it does not have them. Off by default.
    pub fn beyond_reach(mut self, beyond: bool) -> Self {
        self.begin.beyond = if beyond { Beyond::Ask } else { Beyond::Refuse };
        self
    }

    /// The time that counts as now, in place of this machine's clock: for tests.
    pub fn as_of(mut self, now: DateTime<Utc>) -> Self {
        self.begin.now = Some(now);
        self
    }

    /// Where the series is: after the item that was returned last. `None` before the first poll.
    pub fn cursor(&self) -> Option<&SeriesCursor> {
        self.cursor.as_ref()
    }

    /// Whether there is nothing more, because of an error or because it is the end.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The next item; `None` at the end. After an error that did not end the walk, the next call
    /// tries again.
    ///
    /// # Errors
    ///
    /// Those of the series.
    pub async fn try_next(&mut self) -> Result<Option<ProjectUsage>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
    }

    fn begin(&mut self) -> Result<SeriesCursor> {
        let Begin {
            org,
            time,
            granularity,
            metrics,
            only,
            beyond,
            now,
        } = &self.begin;
        let fault = |field, rule| InvalidInput::field_of(&ROUTE, field, rule);
        let Some(org) = org else {
            let rule = "the fleet is not that of one organization: neon.org(id).fleet() is";
            return Err(fault("org_id", rule.into()).into());
        };
        if metrics.is_empty() {
            return Err(fault(
                "metrics",
                "the list is empty; at least one is required".into(),
            )
            .into());
        }
        if only.as_ref().is_some_and(Vec::is_empty) {
            let rule = "the list is empty; at least one is required";
            return Err(fault("project_ids", rule.into()).into());
        }
        let unknown = || fault("granularity", "expected hourly, daily or monthly".into());
        let grain = Grain::of(granularity).ok_or_else(unknown)?;
        let now = now.unwrap_or_else(Utc::now);
        let segments = segments(time, grain, now, *beyond).map_err(|rule| fault("range", rule))?;
        let only = only.clone().unwrap_or_default();
        Ok(SeriesCursor::new(
            org.clone(),
            metrics.clone(),
            only,
            segments,
            now,
        ))
    }

    /// The list of a window.
    fn list(neon: &Neon, cursor: &SeriesCursor, window: &Window) -> Pages<ProjectConsumption> {
        let time = window.start..window.end;
        let consumption = neon.consumption(time, window.grain.granularity());
        let mut list = consumption.by_project(&cursor.org, cursor.metrics.iter().cloned());
        if !window.projects.is_empty() {
            list = list.only(&window.projects);
        }
        if let Some(after) = &window.after {
            list = list.start_after(after.clone());
        }
        list.pages()
    }

    /// Takes a page, without what was delivered of it.
    fn take(&mut self, window: &Window, page: Page<ConsumptionHistoryPerProjectV2>) -> Result<()> {
        let Some(cursor) = &mut self.cursor else {
            return Ok(());
        };
        // All that were named came, so that what follows can only be the end.
        let is_all = !window.projects.is_empty() && page.items.len() >= window.projects.len();
        let mut items = Vec::with_capacity(page.items.len());
        for project in page.items {
            if !cursor.was_delivered(&project.project_id) {
                items.push(ProjectUsage::read(
                    project,
                    window.grain,
                    window.start,
                    window.end,
                )?);
            }
        }
        self.next_page = page.next.filter(|_| !is_all);
        self.items = items.into_iter();
        Ok(())
    }

    /// Goes on behind the page whose items were all delivered.
    fn leave_page(&mut self) {
        let Some(cursor) = &mut self.cursor else {
            return;
        };
        if let Some(next) = self.next_page.take() {
            cursor.next_page(next);
        } else {
            cursor.next_list();
            self.pages = None;
        }
    }
}

maybe! { UsageSeries;
    maybe_only = only(impl IntoIterator<Item = impl IntoId<ProjectId>>);
    maybe_coarser = coarser(bool);
    maybe_beyond_reach = beyond_reach(bool);
    maybe_as_of = as_of(DateTime<Utc>);
}

impl Stream for UsageSeries {
    type Item = Result<ProjectUsage>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.has_ended {
                return Poll::Ready(None);
            }
            if this.cursor.is_none() {
                match this.begin() {
                    Ok(cursor) => this.cursor = Some(cursor),
                    Err(error) => {
                        this.has_ended = true;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
            let Some(cursor) = &mut this.cursor else {
                return Poll::Ready(None);
            };
            if let Some(item) = this.items.next() {
                cursor.deliver(item.project_id.clone());
                if this.items.as_slice().is_empty() {
                    this.leave_page();
                }
                return Poll::Ready(Some(Ok(item)));
            }
            if this.pages.is_none() {
                let Some(window) = cursor.window() else {
                    this.has_ended = true;
                    continue;
                };
                let list = Self::list(&this.neon, cursor, &window);
                this.pages = Some((window, list));
            }
            let Some((window, pages)) = &mut this.pages else {
                continue;
            };
            match ready!(Pin::new(pages).poll_next(cx)) {
                Some(Ok(page)) => {
                    let window = window.clone();
                    if let Err(error) = this.take(&window, page) {
                        // The page is requested again.
                        this.pages = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                    if this.items.as_slice().is_empty() {
                        this.leave_page();
                    }
                }
                Some(Err(error)) => {
                    this.has_ended = is_final(&error);
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.next_page = None;
                    this.leave_page();
                }
            }
        }
    }
}

/// Whether an error is the end of a walk: the next request would fail like it, or the list cannot be
/// continued.
fn is_final(error: &Error) -> bool {
    let ends = matches!(
        error,
        Error::InvalidInput(_) | Error::RepeatedCursor(_) | Error::EmptyPages(_)
    );
    let refused = error.status() == Some(StatusCode::NOT_ACCEPTABLE);
    ends || refused || error.is_missing_from_plan()
}

impl fmt::Debug for UsageSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageSeries")
            .field("begin", &self.begin)
            .field("cursor", &self.cursor)
            .field("has_ended", &self.has_ended)
            .finish_non_exhaustive()
    }
}
