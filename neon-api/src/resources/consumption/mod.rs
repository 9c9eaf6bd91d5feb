//! What was consumed.

mod lists;

use std::ops::Range;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{OrgId, ProjectId};

pub use lists::{BranchConsumption, LegacyProjectConsumption, ProjectConsumption};

use crate::call::IntoId;
use crate::neon::Neon;
use crate::pager::Pager;
use lists::Span;

/// What was consumed in a time, hour by hour, day by day or month by month, made by
/// [`Neon::consumption`]. The API rounds the time to whole hours, days or months, looks back for 168
/// hours, 60 days or a year, and tells of paid plans only.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, org: neon_api::ids::OrgId) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{Days, Utc};
/// use neon_api::enums::ConsumptionHistoryGranularity;
///
/// let now = Utc::now();
/// let week = now - Days::new(7)..now;
/// let consumption = neon.consumption(week, ConsumptionHistoryGranularity::Daily);
/// let metrics = ["compute_unit_seconds", "root_branch_bytes_month"];
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
    /// What was consumed from the start of this time to its end, summed up by the hour, day or
    /// month. How far back the API tells depends on which: see [`Consumption`].
    pub fn consumption(
        &self,
        time: Range<DateTime<Utc>>,
        granularity: ConsumptionHistoryGranularity,
    ) -> Consumption {
        Consumption {
            neon: self.clone(),
            span: Span { time, granularity },
        }
    }
}

impl Consumption {
    /// By project (`getConsumptionHistoryPerProject`), of the client's organization if it was set
    /// up with one: the metrics of the plans of old, which are not what newer plans are billed by.
    /// [`LegacyProjectConsumption`] shows them.
    pub fn by_project_legacy(&self) -> Pager<LegacyProjectConsumption> {
        let org = self.neon.default_org().cloned();
        Pager::new(
            self.neon.clone(),
            LegacyProjectConsumption::new(self.span.clone(), org),
        )
    }

    /// By project of an organization, for the metrics named, one or more
    /// (`getConsumptionHistoryPerProjectV2`): `compute_unit_seconds`, `root_branch_bytes_month`,
    /// `child_branch_bytes_month`, `instant_restore_bytes_month`, `snapshot_storage_bytes_month`,
    /// `public_network_transfer_bytes`, `private_network_transfer_bytes` or `extra_branches_month`.
    /// No metric at all is told by the first poll, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput). [`ProjectConsumption`] shows its filter.
    pub fn by_project(
        &self,
        org: impl IntoId<OrgId>,
        metrics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Pager<ProjectConsumption> {
        let metrics = metrics.into_iter().map(Into::into).collect();
        let (neon, org) = self.neon.given(org);
        Pager::new(
            neon,
            ProjectConsumption::new(self.span.clone(), org, metrics),
        )
    }

    /// By branch of some projects of an organization, 1 to 100, for the metrics named, one or more
    /// (`getConsumptionHistoryPerBranchV2`). No project or no metric at all is told by the first poll,
    /// as [`Error::InvalidInput`](crate::Error::InvalidInput). In beta. [`BranchConsumption`] shows
    /// its filter.
    pub fn by_branch(
        &self,
        org: impl IntoId<OrgId>,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
        metrics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Pager<BranchConsumption> {
        let metrics = metrics.into_iter().map(Into::into).collect();
        let (mut neon, org) = self.neon.given(org);
        let projects = projects.into_iter().map(|id| neon.take_id(id)).collect();
        let listing = BranchConsumption::new(self.span.clone(), org, projects, metrics);
        Pager::new(neon, listing)
    }
}
