//! Lists of usage.

use std::ops::Range;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity;
use neon_api_raw::ids::{BranchId, OrgId, ProjectId};
use neon_api_raw::types::{
    ConsumptionHistoryPerBranchV2, ConsumptionHistoryPerProject, ConsumptionHistoryPerProjectV2,
    ConsumptionHistoryQueryMetrics, GetConsumptionHistoryPerBranchV2Query,
    GetConsumptionHistoryPerProjectQuery, GetConsumptionHistoryPerProjectV2Query,
};
use neon_api_raw::{Route, routes};

use super::Metric;
use crate::Result;
use crate::call::{IntoId, maybe};
use crate::error::InvalidInput;
use crate::pager::{Page, Pager, after_last_item, listing, page_of};

/// The time range, and the granularity of its frames.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) time: Range<DateTime<Utc>>,
    pub(crate) granularity: ConsumptionHistoryGranularity,
}

/// Refuses a list without anything in it: a query has no form for it, and the API would take it for
/// one that was left out, and list everything.
fn some_named(route: &'static Route, field: &'static str, count: Option<usize>) -> Result<()> {
    if count != Some(0) {
        return Ok(());
    }
    let rule = "the list is empty; at least one is required";
    Err(InvalidInput::field_of(route, field, rule).into())
}

/// Metrics as a query has them.
fn names_of(
    metrics: impl IntoIterator<Item = impl Into<Metric>>,
) -> ConsumptionHistoryQueryMetrics {
    let metrics = metrics
        .into_iter()
        .map(|metric| String::from(metric.into()));
    metrics.collect::<Vec<_>>().into()
}

/// The usage of each project (`getConsumptionHistoryPerProject`), returned by
/// [`Consumption::by_project_legacy`](super::Consumption::by_project_legacy): pages of up to 100
/// projects.
///
/// ```no_run
/// # async fn run(consumption: neon_api::consumption::Consumption) -> Result<(), neon_api::Error> {
/// let mut projects = consumption.by_project_legacy();
/// while let Some(project) = projects.try_next().await? {
///     let frames = project.periods.iter().flat_map(|period| &period.consumption);
///     let seconds: u64 = frames.map(|frame| frame.compute_time_seconds).sum();
///     println!("{} computed for {seconds} seconds", project.project_id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LegacyProjectConsumption {
    span: Span,
    query: GetConsumptionHistoryPerProjectQuery,
}

impl LegacyProjectConsumption {
    pub(crate) fn new(span: Span, org: Option<OrgId>) -> Self {
        let mut query = GetConsumptionHistoryPerProjectQuery::default();
        query.org_id = org;
        Self { span, query }
    }
}

listing!(LegacyProjectConsumption => ConsumptionHistoryPerProject, 100, true, GET_CONSUMPTION_HISTORY_PER_PROJECT, |this, neon, after, limit| {
    let Span { time, granularity } = this.span;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT, "project_ids", this.query.project_ids.as_ref().map(Vec::len))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT, "metrics", this.query.metrics.as_ref().map(|metrics| metrics.len()))?;
    let query = page_of!(this.query, after, limit);
    let raw = neon.raw();
    let response = raw
        .get_consumption_history_per_project(&time.start, &granularity, &query, &time.end)
        .await?
        .into_inner();
    Ok(Page::new(response.projects, after_last_item(response.pagination)))
});

/// Filters of [`Consumption::by_project_legacy`](super::Consumption::by_project_legacy).
impl Pager<LegacyProjectConsumption> {
    /// Only these projects, 1 to 100; the API refuses more. If there is none, the first poll fails
    /// with [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn only(mut self, projects: impl IntoIterator<Item = impl IntoId<ProjectId>>) -> Self {
        let projects = projects.into_iter().map(|id| self.take_id(id)).collect();
        self.listing_mut().query.project_ids = Some(projects);
        self
    }

    /// Only these metrics, one or more. If there is none, the first poll fails with
    /// [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = impl Into<Metric>>) -> Self {
        self.listing_mut().query.metrics = Some(names_of(metrics));
        self
    }

    /// Only projects of this organization, in place of the client's
    /// ([`Neon::default_org`](crate::Neon::default_org)).
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        let org = self.take_id(org);
        self.listing_mut().query.org_id = Some(org);
        self
    }

    /// Whether to return the metrics of the first version of this operation as well.
    #[deprecated(note = "name the metrics: `metrics(…)`")]
    pub fn include_v1_metrics(mut self, include: bool) -> Self {
        #[allow(deprecated, reason = "the setter says so")]
        {
            self.listing_mut().query.include_v1_metrics = Some(include);
        }
        self
    }
}

maybe! { Pager<LegacyProjectConsumption>;
    maybe_only = only(impl IntoIterator<Item = impl IntoId<ProjectId>>);
    maybe_metrics = metrics(impl IntoIterator<Item = impl Into<Metric>>);
    maybe_org = org(impl IntoId<OrgId>);
    maybe_include_v1_metrics = include_v1_metrics(bool);
}

/// The usage of each project of an organization, by metric
/// (`getConsumptionHistoryPerProjectV2`), returned by
/// [`Consumption::by_project`](super::Consumption::by_project): pages of up to 100 projects.
///
/// ```no_run
/// # async fn run(
/// #     consumption: neon_api::consumption::Consumption,
/// #     org: neon_api::ids::OrgId,
/// #     tenants: Vec<neon_api::ids::ProjectId>,
/// # ) -> Result<(), neon_api::Error> {
/// use neon_api::consumption::Metric;
///
/// for some in tenants.chunks(100) {
///     let list = consumption.by_project(&org, [Metric::COMPUTE_UNIT_SECONDS]);
///     let mut projects = list.only(some);
///     while let Some(project) = projects.try_next().await? {
///         let frames = project.periods.iter().flat_map(|period| &period.consumption);
///         let metrics = frames.flat_map(|frame| frame.metrics.iter().flatten());
///         let seconds: i64 = metrics.map(|metric| metric.value).sum();
///         println!("{} used {seconds} seconds of compute units", project.project_id);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectConsumption {
    span: Span,
    org: OrgId,
    metrics: ConsumptionHistoryQueryMetrics,
    query: GetConsumptionHistoryPerProjectV2Query,
}

impl ProjectConsumption {
    pub(crate) fn new(
        span: Span,
        org: OrgId,
        metrics: impl IntoIterator<Item = impl Into<Metric>>,
    ) -> Self {
        Self {
            span,
            org,
            metrics: names_of(metrics),
            query: GetConsumptionHistoryPerProjectV2Query::default(),
        }
    }
}

listing!(ProjectConsumption => ConsumptionHistoryPerProjectV2, 100, true, GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, |this, neon, after, limit| {
    let Self { span: Span { time, granularity }, org, metrics, query } = this;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, "metrics", Some(metrics.len()))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, "project_ids", query.project_ids.as_ref().map(Vec::len))?;
    let query = page_of!(query, after, limit);
    let raw = neon.raw();
    let response = raw
        .get_consumption_history_per_project_v2(&time.start, &granularity, &metrics, &org, &query, &time.end)
        .await?
        .into_inner();
    Ok(Page::new(response.projects, after_last_item(response.pagination)))
});

/// Filters of [`Consumption::by_project`](super::Consumption::by_project).
impl Pager<ProjectConsumption> {
    /// Only these projects, 1 to 100; the API refuses more. If there is none, the first poll fails
    /// with [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn only(mut self, projects: impl IntoIterator<Item = impl IntoId<ProjectId>>) -> Self {
        let projects = projects.into_iter().map(|id| self.take_id(id)).collect();
        self.listing_mut().query.project_ids = Some(projects);
        self
    }
}

maybe! { Pager<ProjectConsumption>;
    maybe_only = only(impl IntoIterator<Item = impl IntoId<ProjectId>>);
}

/// The usage of each branch of some projects, by metric (`getConsumptionHistoryPerBranchV2`),
/// returned by [`Consumption::by_branch`](super::Consumption::by_branch): pages of up to 1,000
/// branches. In beta.
///
/// ```no_run
/// # async fn run(
/// #     consumption: neon_api::consumption::Consumption,
/// #     org: neon_api::ids::OrgId,
/// #     project: neon_api::ids::ProjectId,
/// # ) -> Result<(), neon_api::Error> {
/// use neon_api::consumption::Metric;
///
/// let metrics = [Metric::CHILD_BRANCH_BYTES_MONTH];
/// let mut branches = consumption.by_branch(org, [project], metrics);
/// while let Some(branch) = branches.try_next().await? {
///     for frame in branch.periods.iter().flat_map(|period| &period.consumption) {
///         println!("{} from {:?}: {:?}", branch.branch_id, frame.timeframe_start, frame.metrics);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BranchConsumption {
    span: Span,
    org: OrgId,
    projects: Vec<ProjectId>,
    metrics: ConsumptionHistoryQueryMetrics,
    query: GetConsumptionHistoryPerBranchV2Query,
}

impl BranchConsumption {
    pub(crate) fn new(
        span: Span,
        org: OrgId,
        projects: Vec<ProjectId>,
        metrics: impl IntoIterator<Item = impl Into<Metric>>,
    ) -> Self {
        Self {
            span,
            org,
            projects,
            metrics: names_of(metrics),
            query: GetConsumptionHistoryPerBranchV2Query::default(),
        }
    }
}

listing!(BranchConsumption => ConsumptionHistoryPerBranchV2, 1000, true, GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, |this, neon, after, limit| {
    let Self { span: Span { time, granularity }, org, projects, metrics, query } = this;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, "project_ids", Some(projects.len()))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, "metrics", Some(metrics.len()))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, "branch_ids", query.branch_ids.as_ref().map(Vec::len))?;
    let query = page_of!(query, after, limit);
    let raw = neon.raw();
    let response = raw
        .get_consumption_history_per_branch_v2(
            &time.start, &granularity, &metrics, &org, &projects, &query, &time.end,
        )
        .await?
        .into_inner();
    Ok(Page::new(response.branches, after_last_item(response.pagination)))
});

/// Filters of [`Consumption::by_branch`](super::Consumption::by_branch).
impl Pager<BranchConsumption> {
    /// Only these branches, 1 to 100; the API refuses more. If there is none, the first poll fails
    /// with [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn only(mut self, branches: impl IntoIterator<Item = impl IntoId<BranchId>>) -> Self {
        let branches = branches.into_iter().map(|id| self.take_id(id)).collect();
        self.listing_mut().query.branch_ids = Some(branches);
        self
    }
}

maybe! { Pager<BranchConsumption>;
    maybe_only = only(impl IntoIterator<Item = impl IntoId<BranchId>>);
}
