//! What the projects of an organization used: as a series over a range, and as changes for a poller.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use neon_api::chrono::{Days, Utc};
//! use neon_api::consumption::Metric;
//! use neon_api::enums::ConsumptionHistoryGranularity::Daily;
//!
//! let fleet = neon.org("org-ocean-art-12345678").fleet();
//! let now = Utc::now();
//! let month = now - Days::new(30)..now;
//! let mut series = fleet.consumption(month, Daily, [Metric::COMPUTE_UNIT_SECONDS]);
//! while let Some(project) = series.try_next().await? {
//!     println!("{}: {}", project.project_id, project.total(&Metric::COMPUTE_UNIT_SECONDS));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Only plans with consumption history have it, others end a walk at once with an error for which
//! [`is_missing_from_plan`](crate::Error::is_missing_from_plan) is true. The requests wake no
//! compute.

mod cursor;
mod deltas;
mod frames;
mod series;
mod state;
mod usage;

use std::ops::Range;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;

pub use cursor::SeriesCursor;
pub use deltas::UsageDeltas;
pub use series::UsageSeries;
pub use state::{DeltaState, ProjectDeltas, UsageDelta};
pub use usage::{ProjectUsage, UsageFrame};

use super::Fleet;
use crate::consumption::Metric;

impl Fleet {
    /// What each project used over a range, by the hour, the day or the month, for these metrics, one
    /// or more (`getConsumptionHistoryPerProjectV2`). The fleet has to be that of one organization.
    /// [`UsageSeries`] describes the frames, the order and how it fails.
    pub fn consumption(
        &self,
        time: Range<DateTime<Utc>>,
        granularity: ConsumptionHistoryGranularity,
        metrics: impl IntoIterator<Item = impl Into<Metric>>,
    ) -> UsageSeries {
        let metrics = metrics.into_iter().map(Into::into).collect();
        UsageSeries::new(
            self.neon.clone(),
            self.org.clone(),
            time,
            granularity,
            metrics,
        )
    }

    /// Continues a series where its cursor was taken (`getConsumptionHistoryPerProjectV2`), with the
    /// organization, the range and the metrics of its beginning.
    pub fn resume_consumption(&self, cursor: SeriesCursor) -> UsageSeries {
        UsageSeries::resumed(self.neon.clone(), cursor)
    }

    /// What each project used since the poll before (`getConsumptionHistoryPerProjectV2`); the state
    /// says of which organization, and which metrics. [`UsageDeltas`] describes what is returned, and
    /// how the state is kept.
    pub fn consumption_deltas(&self, state: DeltaState) -> UsageDeltas {
        UsageDeltas::new(self.neon.clone(), state)
    }
}
