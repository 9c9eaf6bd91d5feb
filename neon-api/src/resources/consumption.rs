//! What was consumed.

use std::ops::Range;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{OrgId, ProjectId};

use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::{BranchConsumptionV2, ProjectConsumption, ProjectConsumptionV2, Span};

/// What was consumed in a time, hour by hour, day by day or month by month.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use chrono::{DateTime, Days, Utc};
/// use futures::TryStreamExt;
/// use neon_api::enums::ConsumptionHistoryGranularity;
///
/// let end: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().expect("a time");
/// let week = end - Days::new(7)..end;
/// let consumption = neon.consumption(week, ConsumptionHistoryGranularity::Daily);
/// let mut projects = consumption.by_project();
/// while let Some(project) = projects.try_next().await? {
///     println!("{project:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Consumption {
    neon: Neon,
    span: Span,
}

impl Consumption {
    pub(crate) fn new(
        neon: Neon,
        time: Range<DateTime<Utc>>,
        granularity: ConsumptionHistoryGranularity,
    ) -> Self {
        let span = Span { time, granularity };
        Self { neon, span }
    }

    /// By project (`getConsumptionHistoryPerProject`), of the client's organization if it was set
    /// up with one.
    pub fn by_project(&self) -> Pager<ProjectConsumption> {
        let org = self.neon.default_org().cloned();
        Pager::new(
            self.neon.clone(),
            ProjectConsumption::new(self.span.clone(), org),
        )
    }

    /// By project of an organization, for the metrics named
    /// (`getConsumptionHistoryPerProjectV2`).
    pub fn by_project_v2(
        &self,
        org: impl Into<OrgId>,
        metrics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Pager<ProjectConsumptionV2> {
        let metrics = metrics.into_iter().map(Into::into).collect();
        let listing = ProjectConsumptionV2::new(self.span.clone(), org.into(), metrics);
        Pager::new(self.neon.clone(), listing)
    }

    /// By branch of some projects of an organization, 1 to 100, for the metrics named
    /// (`getConsumptionHistoryPerBranchV2`).
    pub fn by_branch_v2(
        &self,
        org: impl Into<OrgId>,
        projects: impl IntoIterator<Item = ProjectId>,
        metrics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Pager<BranchConsumptionV2> {
        let projects = projects.into_iter().collect();
        let metrics = metrics.into_iter().map(Into::into).collect();
        let listing = BranchConsumptionV2::new(self.span.clone(), org.into(), projects, metrics);
        Pager::new(self.neon.clone(), listing)
    }
}
