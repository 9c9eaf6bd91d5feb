//! What a poller has read.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{OrgId, ProjectId};
use serde::{Deserialize, Serialize};

use super::cursor::SeriesCursor;
use super::frames::Grain;
use super::usage::ProjectUsage;
use crate::Result;
use crate::call::{IntoId, maybe};
use crate::consumption::Metric;
use crate::error::InvalidInput;

/// The form of states that this version writes and reads.
pub(super) const VERSION: u32 = 1;

/// How long after its end a frame is read again by default, in seconds: the API's data are up to an
/// hour late.
const SETTLE: i64 = 6 * 3_600;

/// What a poller of consumption has read, kept from one
/// [`consumption_deltas`](crate::fleet::Fleet::consumption_deltas) to the next: serializable, and without secrets.
///
/// It has the last totals of each project's frames that may still change: the open one, and those
/// that ended less than the [settling time](Self::settle_after) ago. So it stays small, about 100 to
/// 200 bytes a project.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::chrono::{DateTime, Utc};
/// use neon_api::consumption::Metric;
/// use neon_api::enums::ConsumptionHistoryGranularity::Hourly;
/// use neon_api::fleet::consumption::DeltaState;
/// use neon_api::serde_json;
///
/// let since: DateTime<Utc> = "2026-11-26T10:20:00Z".parse()?;
/// let metrics = [Metric::COMPUTE_UNIT_SECONDS];
/// let state = DeltaState::new("org-ocean-art-12345678", Hourly, metrics, since)?;
/// assert_eq!(state.settled(), "2026-11-26T10:00:00Z".parse::<DateTime<Utc>>()?);
/// let kept = serde_json::to_string(&state)?;
/// assert_eq!(serde_json::from_str::<DeltaState>(&kept)?, state);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[must_use = "a state has to be kept"]
pub struct DeltaState {
    pub(super) version: u32,
    pub(super) org: OrgId,
    pub(super) metrics: Vec<Metric>,
    pub(super) grain: Grain,
    settle_seconds: i64,
    /// Frames before this are not read again.
    settled: DateTime<Utc>,
    /// The totals that were read last, of frames from there on.
    read: BTreeMap<ProjectId, Vec<ReadFrame>>,
    /// Where a poll is that did not end.
    pub(super) walk: Option<SeriesCursor>,
}

/// The totals of a frame, in the order of the state's metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
struct ReadFrame(DateTime<Utc>, Vec<i64>);

/// What a project used since it was read last, returned by
/// [`consumption_deltas`](crate::fleet::Fleet::consumption_deltas).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ProjectDeltas {
    /// The project.
    pub project_id: ProjectId,
    /// The changes, by frame and metric; at least one.
    pub deltas: Vec<UsageDelta>,
}

/// A change of one metric in one frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UsageDelta {
    /// The metric.
    pub metric: Metric,
    /// The beginning of the frame.
    pub start: DateTime<Utc>,
    /// What came to it since it was read last; negative where the API corrected it.
    pub change: i64,
    /// The frame's total now: the sum of its changes. Writing it under project, metric and frame
    /// twice does no harm.
    pub total: i64,
}

impl DeltaState {
    /// The state of a poller that has read nothing yet, and reads whole frames from the one that
    /// `since` is in: hours, days or months of these metrics of an organization's projects.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the ID is not valid, there is no metric,
    /// or the granularity is not one of these.
    #[expect(clippy::needless_pass_by_value, reason = "as in `Fleet::consumption`")]
    pub fn new(
        org: impl IntoId<OrgId>,
        granularity: ConsumptionHistoryGranularity,
        metrics: impl IntoIterator<Item = impl Into<Metric>>,
        since: DateTime<Utc>,
    ) -> Result<Self> {
        let (org, fault) = org.given().checked();
        if let Some(fault) = fault {
            return Err(InvalidInput::without_route(fault.into()).into());
        }
        let mut metrics: Vec<Metric> = metrics.into_iter().map(Into::into).collect();
        metrics.sort_unstable();
        metrics.dedup();
        if metrics.is_empty() {
            let rule = "the list is empty; at least one is required";
            return Err(InvalidInput::of_value("metrics", rule).into());
        }
        let grain = Grain::of(&granularity).ok_or_else(|| {
            InvalidInput::of_value("granularity", "expected hourly, daily or monthly")
        })?;
        let mut state = Self {
            version: VERSION,
            org,
            metrics,
            grain,
            settle_seconds: SETTLE,
            settled: since,
            read: BTreeMap::new(),
            walk: None,
        };
        state.skip_to(since)?;
        Ok(state)
    }

    /// How long after its end a frame is read again, for values that come late or are corrected; 6
    /// hours by default, and at most half of what the API has. What the API changes later is not noticed, except by a
    /// [series](super::UsageSeries) over that time.
    pub fn settle_after(mut self, time: Duration) -> Self {
        self.settle_seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// The beginning of the first frame that is read again.
    pub fn settled(&self) -> DateTime<Utc> {
        self.settled
    }

    /// Whether a poll was begun and did not end, so that the next one continues it.
    pub fn is_partial(&self) -> bool {
        self.walk.is_some()
    }

    /// Gives up the frames before the one that a time is in: after a pause so long that the API does
    /// not have them any more. What they were read as before stays as it was delivered.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) for a time beyond the calendar.
    pub fn skip_to(&mut self, time: DateTime<Utc>) -> Result<()> {
        let settled = self.grain.floor(time);
        self.settled =
            settled.ok_or_else(|| InvalidInput::of_value("time", "it is beyond the calendar"))?;
        self.walk = None;
        self.forget();
        Ok(())
    }

    /// What is new in a part of the series; `None` if nothing is.
    ///
    /// A frame that the API has for the project no more counts as zero, since it leaves out frames
    /// without consumption: the sum of all changes is what the API has.
    pub(super) fn advance(&mut self, usage: &ProjectUsage) -> Option<ProjectDeltas> {
        let mut now: BTreeMap<DateTime<Utc>, Vec<i64>> = BTreeMap::new();
        for frame in &usage.frames {
            // One that began before was given up.
            if frame.start < self.settled {
                continue;
            }
            let totals = now
                .entry(frame.start)
                .or_insert_with(|| vec![0; self.metrics.len()]);
            for (metric, total) in self.metrics.iter().zip(totals) {
                let value = frame.values.get(metric).copied().unwrap_or_default();
                *total = total.saturating_add(value);
            }
        }
        let read = self.read.remove(&usage.project_id).unwrap_or_default();
        let mut deltas = Vec::new();
        let mut kept = Vec::new();
        for frame in read {
            if frame.0 < usage.start || frame.0 >= usage.end {
                kept.push(frame);
                continue;
            }
            let totals = now.remove(&frame.0);
            let totals = totals.unwrap_or_else(|| vec![0; self.metrics.len()]);
            changes(&self.metrics, frame.0, &frame.1, &totals, &mut deltas);
            kept.push(ReadFrame(frame.0, totals));
        }
        for (start, totals) in now {
            changes(&self.metrics, start, &[], &totals, &mut deltas);
            kept.push(ReadFrame(start, totals));
        }
        kept.retain(|frame| frame.1.iter().any(|total| *total != 0));
        if !kept.is_empty() {
            kept.shrink_to_fit();
            self.read.insert(usage.project_id.clone(), kept);
        }
        (!deltas.is_empty()).then(|| ProjectDeltas {
            project_id: usage.project_id.clone(),
            deltas,
        })
    }

    /// A poll that was begun at that time has ended: what had ended long before does not change any
    /// more.
    pub(super) fn settle(&mut self, as_of: DateTime<Utc>) {
        self.walk = None;
        let time = TimeDelta::try_seconds(self.settle_seconds);
        let wanted = time.and_then(|time| as_of.checked_sub_signed(time));
        // So that the next poll is in time, whatever was wished for.
        let earliest = self.grain.earliest(as_of);
        let latest = earliest.map(|earliest| earliest + (as_of - earliest) / 2);
        let settled = wanted.max(latest).and_then(|time| self.grain.floor(time));
        if let Some(settled) = settled.filter(|settled| *settled > self.settled) {
            self.settled = settled;
            self.forget();
        }
    }

    fn forget(&mut self) {
        let settled = self.settled;
        self.read.retain(|_, frames| {
            frames.retain(|frame| frame.0 >= settled);
            !frames.is_empty()
        });
    }
}

maybe! { DeltaState; maybe_settle_after = settle_after(Duration) }

/// What differs between two readings of a frame.
fn changes(
    metrics: &[Metric],
    start: DateTime<Utc>,
    before: &[i64],
    now: &[i64],
    deltas: &mut Vec<UsageDelta>,
) {
    let before = before.iter().copied().chain(std::iter::repeat(0));
    for ((metric, total), before) in metrics.iter().zip(now).zip(before) {
        if *total != before {
            deltas.push(UsageDelta {
                metric: metric.clone(),
                start,
                change: total.saturating_sub(before),
                total: *total,
            });
        }
    }
}
