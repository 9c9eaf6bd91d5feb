//! Where a series is.

use std::mem;

use chrono::{DateTime, Utc};
use neon_api_raw::ids::{OrgId, ProjectId};
use serde::{Deserialize, Serialize};

use super::frames::{Grain, Segment};
use crate::consumption::Metric;
use crate::pager::Cursor;

/// The form of cursors that this version writes and reads.
pub(super) const VERSION: u32 = 1;

/// How many projects a request may name.
const NAMED: usize = 100;

/// Where a [series](super::UsageSeries) is, with all that it takes to continue it in another process:
/// serializable, and without secrets. It is exact: what was delivered before is not delivered again,
/// and nothing in between is missing.
///
/// The range and the time that counts as now are those of the series' beginning. A page that was
/// delivered in part is requested again, and what was delivered of it is left out.
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, mut series: neon_api::fleet::consumption::UsageSeries) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::fleet::consumption::SeriesCursor;
/// use neon_api::serde_json;
///
/// series.try_next().await?;
/// let kept = series.cursor().map(serde_json::to_string).transpose()?;
///
/// // In another process:
/// if let Some(kept) = kept {
///     let cursor: SeriesCursor = serde_json::from_str(&kept)?;
///     let mut series = fleet.resume_consumption(cursor);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SeriesCursor {
    pub(super) version: u32,
    pub(super) org: OrgId,
    pub(super) metrics: Vec<Metric>,
    /// Only these; all of the organization if there are none.
    pub(super) projects: Vec<ProjectId>,
    segments: Vec<Segment>,
    /// When it was begun.
    pub(super) as_of: DateTime<Utc>,
    /// The segment of the present window; beyond the last one at the end.
    segment: usize,
    /// The beginning of the window.
    start: DateTime<Utc>,
    /// Which of the requests for named projects it is.
    chunk: usize,
    /// The page of it that is being delivered.
    after: Option<Cursor>,
    /// What was delivered of the page.
    delivered: Vec<ProjectId>,
}

/// What a request asks for.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) grain: Grain,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    /// Only these; all if there are none.
    pub(super) projects: Vec<ProjectId>,
    pub(super) after: Option<Cursor>,
}

impl SeriesCursor {
    pub(super) fn new(
        org: OrgId,
        metrics: Vec<Metric>,
        projects: Vec<ProjectId>,
        segments: Vec<Segment>,
        as_of: DateTime<Utc>,
    ) -> Self {
        let start = segments.first().map_or(as_of, |first| first.start);
        Self {
            version: VERSION,
            org,
            metrics,
            projects,
            segments,
            as_of,
            segment: 0,
            start,
            chunk: 0,
            after: None,
            delivered: Vec::new(),
        }
    }

    /// The time that counted as now when the series was begun.
    pub fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// Whether the series has ended.
    pub fn is_end(&self) -> bool {
        self.segment >= self.segments.len()
    }

    /// What to ask for next; `None` at the end.
    pub(super) fn window(&self) -> Option<Window> {
        let segment = self.segments.get(self.segment)?;
        let projects = self.projects.chunks(NAMED).nth(self.chunk);
        Some(Window {
            grain: segment.grain,
            start: self.start,
            end: segment.window_end(self.start),
            projects: projects.unwrap_or_default().to_vec(),
            after: self.after.clone(),
        })
    }

    pub(super) fn was_delivered(&self, project: &ProjectId) -> bool {
        self.delivered.contains(project)
    }

    /// The project was delivered.
    pub(super) fn deliver(&mut self, project: ProjectId) {
        self.delivered.push(project);
    }

    /// The page was delivered, and this one follows.
    pub(super) fn next_page(&mut self, after: Cursor) {
        self.delivered.clear();
        self.after = Some(after);
    }

    /// All projects of the request were delivered.
    pub(super) fn next_list(&mut self) {
        self.delivered.clear();
        self.after = None;
        self.chunk += 1;
        if self.chunk < self.projects.chunks(NAMED).len() {
            return;
        }
        self.chunk = 0;
        let Some(segment) = self.segments.get(self.segment) else {
            return;
        };
        let end = segment.window_end(self.start);
        let begin = mem::replace(&mut self.start, end);
        // Without progress, which only a cursor that was tampered with can bring about, it would
        // never end.
        if end >= segment.end || end <= begin {
            self.segment += 1;
            if let Some(next) = self.segments.get(self.segment) {
                self.start = next.start;
            }
        }
    }
}
