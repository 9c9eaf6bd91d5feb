//! Usage of projects and branches over a time range.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use neon_api::chrono::{Days, Utc};
//! use neon_api::consumption::Metric;
//! use neon_api::enums::ConsumptionHistoryGranularity;
//!
//! let now = Utc::now();
//! let week = now - Days::new(7)..now;
//! let consumption = neon.consumption(week, ConsumptionHistoryGranularity::Daily);
//! let org = "org-ocean-art-12345678";
//! for project in consumption.by_project(org, [Metric::COMPUTE_UNIT_SECONDS]).await? {
//!     println!("{}: {:?}", project.project_id, project.periods);
//! }
//! # Ok(())
//! # }
//! ```

mod lists;
mod metric;

use std::ops::Range;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{OrgId, ProjectId};

pub use lists::{BranchConsumption, LegacyProjectConsumption, ProjectConsumption};
pub use metric::Metric;

use crate::call::IntoId;
use crate::neon::Neon;
use crate::pager::Pager;
use lists::Span;

/// Usage over a time range, by the hour, the day or the month, returned by [`Neon::consumption`].
/// The API rounds the time to whole hours, days or months, goes back for 168 hours, 60 days or a
/// year, and has data of paid plans only. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, org: neon_api::ids::OrgId) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{Days, Utc};
/// use neon_api::consumption::Metric;
/// use neon_api::enums::ConsumptionHistoryGranularity;
///
/// let now = Utc::now();
/// let week = now - Days::new(7)..now;
/// let consumption = neon.consumption(week, ConsumptionHistoryGranularity::Daily);
/// let metrics = [Metric::COMPUTE_UNIT_SECONDS, Metric::ROOT_BRANCH_BYTES_MONTH];
/// let mut projects = consumption.by_project(org, metrics);
/// while let Some(project) = projects.try_next().await? {
///     println!("{}: {} billing periods", project.project_id, project.periods.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Consumption {
    neon: Neon,
    span: Span,
}

impl Neon {
    /// Usage over this time range, by the hour, the day or the month.
    /// How far back the API goes depends on which: see [`Consumption`]. With a range that ends
    /// before it starts the lists fail with [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn consumption(
        &self,
        time: Range<DateTime<Utc>>,
        granularity: ConsumptionHistoryGranularity,
    ) -> Consumption {
        let mut neon = self.clone();
        if time.end < time.start {
            neon.refuse(
                "to",
                "expected a time that is not before the start of the range",
            );
        }
        Consumption {
            neon,
            span: Span { time, granularity },
        }
    }
}

impl Consumption {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// By project of an organization, for these metrics, one or more
    /// (`getConsumptionHistoryPerProjectV2`). [`ProjectConsumption`] shows its filter. Retried as a
    /// read.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when there is no metric.
    #[doc(alias = "getConsumptionHistoryPerProjectV2")]
    pub fn by_project(
        &self,
        org: impl IntoId<OrgId>,
        metrics: impl IntoIterator<Item = impl Into<Metric>>,
    ) -> Pager<ProjectConsumption> {
        let (neon, org) = self.neon.given(org);
        let listing = ProjectConsumption::new(self.span.clone(), org, metrics);
        Pager::new(neon, listing)
    }

    /// By branch of some projects of an organization, 1 to 100, for these metrics, one or more
    /// (`getConsumptionHistoryPerBranchV2`). [`BranchConsumption`] shows its filter. In beta.
    /// Retried as a read.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if no project or no metric is given.
    #[doc(alias = "getConsumptionHistoryPerBranchV2")]
    pub fn by_branch(
        &self,
        org: impl IntoId<OrgId>,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
        metrics: impl IntoIterator<Item = impl Into<Metric>>,
    ) -> Pager<BranchConsumption> {
        let (mut neon, org) = self.neon.given(org);
        let projects = projects.into_iter().map(|id| neon.take_id(id)).collect();
        let listing = BranchConsumption::new(self.span.clone(), org, projects, metrics);
        Pager::new(neon, listing)
    }

    /// By project (`getConsumptionHistoryPerProject`), of the client's organization if it has one:
    /// the metrics of older plans, which are not what newer plans are billed by.
    /// [`LegacyProjectConsumption`] shows its filters. Retried as a read.
    ///
    /// # Errors
    ///
    /// Those of the API.
    #[doc(alias = "getConsumptionHistoryPerProject")]
    pub fn by_project_legacy(&self) -> Pager<LegacyProjectConsumption> {
        let org = self.neon.default_org().cloned();
        let listing = LegacyProjectConsumption::new(self.span.clone(), org);
        Pager::new(self.neon.clone(), listing)
    }
}
