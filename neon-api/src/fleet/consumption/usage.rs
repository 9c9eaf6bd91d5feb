//! What a project used.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::ConsumptionHistoryPerProjectV2;
use serde::{Deserialize, Serialize};

use super::frames::Grain;
use crate::Result;
use crate::consumption::Metric;
use crate::error::Error;

/// What a project used in a part of a [series](super::UsageSeries), as long as one request may ask
/// for.
///
/// ```no_run
/// # async fn run(mut series: neon_api::fleet::consumption::UsageSeries) -> Result<(), neon_api::Error> {
/// use neon_api::consumption::Metric;
///
/// while let Some(project) = series.try_next().await? {
///     let seconds = project.total(&Metric::COMPUTE_UNIT_SECONDS);
///     println!("{}: {seconds} from {} to {}", project.project_id, project.start, project.end);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ProjectUsage {
    /// The project.
    pub project_id: ProjectId,
    /// Where the part begins.
    pub start: DateTime<Utc>,
    /// Where it ends. Every frame lies in it.
    pub end: DateTime<Utc>,
    /// The frames in which something was used, by billing period, and in the API's order in each. The
    /// API leaves out frames without consumption.
    pub frames: Vec<UsageFrame>,
}

/// What a project used in an hour, a day or a month. A frame in which the billing period changed comes
/// twice, with what was used in each of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UsageFrame {
    /// Its beginning.
    pub start: DateTime<Utc>,
    /// Its end.
    pub end: DateTime<Utc>,
    /// The ID of the billing period.
    pub period_id: String,
    /// The plan of the billing period.
    pub plan: String,
    /// The values by metric. The API leaves out those that are zero.
    pub values: BTreeMap<Metric, i64>,
}

impl ProjectUsage {
    /// The sum of a metric's values.
    pub fn total(&self, metric: &Metric) -> i64 {
        let values = self
            .frames
            .iter()
            .filter_map(|frame| frame.values.get(metric));
        values.fold(0, |sum, value| sum.saturating_add(*value))
    }

    /// What a response has for the frames from `start` to `end`.
    pub(super) fn read(
        project: ConsumptionHistoryPerProjectV2,
        grain: Grain,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Self> {
        const NO_TIME: Error = Error::NotInResponse(
            "a frame of the consumption history has no time, so that it is unknown what it counts for",
        );
        let mut frames = Vec::new();
        for period in project.periods {
            for frame in period.consumption {
                let from = frame.timeframe_start.ok_or(NO_TIME)?;
                // How the API rounds the ends of a range is not documented in full.
                if from < start || from >= end {
                    continue;
                }
                let until = frame.timeframe_end.or_else(|| grain.after(from, 1));
                let mut values = BTreeMap::new();
                for value in frame.metrics.into_iter().flatten() {
                    let sum: &mut i64 = values.entry(Metric::from(value.metric_name)).or_default();
                    *sum = sum.saturating_add(value.value);
                }
                frames.push(UsageFrame {
                    start: from,
                    end: until.ok_or(NO_TIME)?,
                    period_id: period.period_id.clone(),
                    plan: period.period_plan.clone(),
                    values,
                });
            }
        }
        Ok(Self {
            project_id: project.project_id,
            start,
            end,
            frames,
        })
    }
}
