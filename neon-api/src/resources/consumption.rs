//! What was consumed.

use std::ops::Range;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{OrgId, ProjectId};

use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::{BranchConsumptionV2, ProjectConsumption, ProjectConsumptionV2, Span};

/// What was consumed in a time, hour by hour, day by day or month by month, made by
/// [`Neon::consumption`]. The API rounds the time to whole hours, days or months, looks back for 168
/// hours, 60 days or a year, and tells of paid plans only.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, org: neon_api::ids::OrgId) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
/// use neon_api::chrono::{Days, Utc};
/// use neon_api::enums::ConsumptionHistoryGranularity;
///
/// let now = Utc::now();
/// let week = now - Days::new(7)..now;
/// let consumption = neon.consumption(week, ConsumptionHistoryGranularity::Daily);
/// let metrics = ["compute_unit_seconds", "root_branch_bytes_month"];
/// let mut projects = consumption.by_project_v2(org, metrics);
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
    /// up with one: the metrics of the plans of old, which are not what newer plans are billed by.
    /// [`ProjectConsumption`] shows them.
    pub fn by_project(&self) -> Pager<ProjectConsumption> {
        let org = self.neon.default_org().cloned();
        Pager::new(
            self.neon.clone(),
            ProjectConsumption::new(self.span.clone(), org),
        )
    }

    /// By project of an organization, for the metrics named, one or more
    /// (`getConsumptionHistoryPerProjectV2`): `compute_unit_seconds`, `root_branch_bytes_month`,
    /// `child_branch_bytes_month`, `instant_restore_bytes_month`, `snapshot_storage_bytes_month`,
    /// `public_network_transfer_bytes`, `private_network_transfer_bytes` or `extra_branches_month`.
    /// No metric at all is told by the first poll, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput). [`ProjectConsumptionV2`] shows its filter.
    pub fn by_project_v2(
        &self,
        org: impl Into<OrgId>,
        metrics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Pager<ProjectConsumptionV2> {
        let metrics = metrics.into_iter().map(Into::into).collect();
        let listing = ProjectConsumptionV2::new(self.span.clone(), org.into(), metrics);
        Pager::new(self.neon.clone(), listing)
    }

    /// By branch of some projects of an organization, 1 to 100, for the metrics named, one or more
    /// (`getConsumptionHistoryPerBranchV2`). No project or no metric at all is told by the first poll,
    /// as [`Error::InvalidInput`](crate::Error::InvalidInput). In beta. [`BranchConsumptionV2`] shows
    /// its filter.
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
