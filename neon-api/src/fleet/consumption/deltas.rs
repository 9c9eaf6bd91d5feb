//! What is new since the last poll.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chrono::{DateTime, SecondsFormat, Utc};
use futures_core::Stream;
use neon_api_raw::routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2 as ROUTE;

use super::series::UsageSeries;
use super::state::{DeltaState, ProjectDeltas, VERSION};
use crate::Result;
use crate::call::maybe;
use crate::error::InvalidInput;
use crate::neon::Neon;

/// One poll of a poller: what the projects of an organization used since the poll before
/// (`getConsumptionHistoryPerProjectV2`), returned by
/// [`Fleet::consumption_deltas`](crate::fleet::Fleet::consumption_deltas): a stream of [`ProjectDeltas`], for projects in which something changed.
///
/// The API refreshes its data about every 15 minutes, and has totals of hours, days or months. A poll
/// reads those that may have changed, which is the open one and those that ended less than the
/// [settling time](DeltaState::settle_after) ago, and returns the differences to what the
/// [state](Self::state) has. So nothing is counted twice, and values that come late or are corrected
/// are returned as changes of their own frame, negative if less was used than reported. A project that
/// is not in the list keeps what was read.
///
/// The state is exact after each item: **save it with what was made of the items**, best in one
/// transaction. A state from the middle of a poll continues it there. If only the state of the last
/// whole poll was saved, the next one returns the same changes again, with
/// [totals](super::UsageDelta::total) that can be written twice without harm.
///
/// 100 projects take one request, and the limit of consumption history is about 30 requests a minute
/// for an account: a poll of 50,000 projects takes 17 minutes.
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, kept: String) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::fleet::consumption::DeltaState;
/// use neon_api::serde_json;
///
/// let state: DeltaState = serde_json::from_str(&kept)?;
/// let mut poll = fleet.consumption_deltas(state);
/// while let Some(project) = poll.try_next().await? {
///     for delta in &project.deltas {
///         println!("{}: {} {:+}", project.project_id, delta.metric, delta.change);
///     }
/// }
/// let kept = serde_json::to_string(poll.state())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) after a pause so long that the API does not
/// have frames any more that were not read, which [`DeltaState::skip_to`] gives up; otherwise those of
/// [`UsageSeries`].
#[must_use = "a poll does nothing until it is polled"]
pub struct UsageDeltas {
    neon: Neon,
    state: DeltaState,
    now: Option<DateTime<Utc>>,
    series: Option<UsageSeries>,
    has_ended: bool,
}

impl UsageDeltas {
    pub(super) fn new(mut neon: Neon, state: DeltaState) -> Self {
        if state.version != VERSION {
            neon.refuse("state", "it was written by another version of this crate");
        }
        Self {
            neon,
            state,
            now: None,
            series: None,
            has_ended: false,
        }
    }

    /// The time that counts as now, in place of this machine's clock: for tests.
    pub fn as_of(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }

    /// What was read, with the item that was returned last.
    pub fn state(&self) -> &DeltaState {
        &self.state
    }

    /// What was read, with the item that was returned last.
    pub fn into_state(self) -> DeltaState {
        self.state
    }

    /// The next item; `None` at the end of the poll. After an error that did not end the poll, the
    /// next call tries again.
    ///
    /// # Errors
    ///
    /// Those of the poll.
    pub async fn try_next(&mut self) -> Result<Option<ProjectDeltas>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
    }

    /// The series that this poll reads; `None` if no frame has begun that is to be read.
    fn begin(&self) -> Result<Option<UsageSeries>> {
        let now = self.now.unwrap_or_else(Utc::now);
        let state = &self.state;
        let settled = state.settled();
        if settled >= now {
            return Ok(None);
        }
        if let Some(earliest) = state.grain.earliest(now).filter(|first| settled < *first) {
            let rule = format!(
                "the {} frames before {} can be read no more: skip_to that time gives them up",
                state.grain.granularity(),
                earliest.to_rfc3339_opts(SecondsFormat::Secs, true),
            );
            return Err(InvalidInput::field_of(&ROUTE, "state", rule).into());
        }
        let neon = self.neon.clone();
        if let Some(walk) = &state.walk {
            return Ok(Some(UsageSeries::resumed(neon, walk.clone())));
        }
        let series = UsageSeries::new(
            neon,
            Some(state.org.clone()),
            settled..now,
            state.grain.granularity(),
            state.metrics.clone(),
        );
        Ok(Some(series.as_of(now)))
    }
}

maybe! { UsageDeltas; maybe_as_of = as_of(DateTime<Utc>) }

impl Stream for UsageDeltas {
    type Item = Result<ProjectDeltas>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.has_ended {
                return Poll::Ready(None);
            }
            let Some(series) = &mut this.series else {
                match this.begin() {
                    Ok(Some(series)) => this.series = Some(series),
                    Ok(None) => this.has_ended = true,
                    Err(error) => {
                        this.has_ended = true;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                continue;
            };
            match ready!(Pin::new(&mut *series).poll_next(cx)) {
                Some(Ok(usage)) => {
                    let deltas = this.state.advance(&usage);
                    this.state.walk = series.cursor().cloned();
                    if let Some(deltas) = deltas {
                        return Poll::Ready(Some(Ok(deltas)));
                    }
                }
                Some(Err(error)) => {
                    this.has_ended = series.has_ended();
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.has_ended = true;
                    if let Some(cursor) = series.cursor().filter(|cursor| cursor.is_end()) {
                        this.state.settle(cursor.as_of());
                    }
                }
            }
        }
    }
}

impl fmt::Debug for UsageDeltas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageDeltas")
            .field("now", &self.now)
            .field("has_ended", &self.has_ended)
            .finish_non_exhaustive()
    }
}
