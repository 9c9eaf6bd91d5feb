//! Lists of what was consumed.

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

use crate::Result;
use crate::error::{InputFault, InvalidInput};
use crate::pager::{Page, Pager, after_last_item, listing, page_of};

/// The time that consumption is asked for, and how it is summed up.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) time: Range<DateTime<Utc>>,
    pub(crate) granularity: ConsumptionHistoryGranularity,
}

/// Refuses a list without anything in it: a query has no form for it, and the API would take it for
/// one that was left out, and list everything.
fn some_named(route: &'static Route, what: &str, count: Option<usize>) -> Result<()> {
    if count != Some(0) {
        return Ok(());
    }
    let rule = format!("the list of {what} is empty; at least one is required");
    Err(InvalidInput::new(route, InputFault::Rule(rule.into())).into())
}

/// What each project consumed (`getConsumptionHistoryPerProject`), made by
/// [`Consumption::by_project_legacy`](super::Consumption::by_project_legacy): pages of up to 100 projects.
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
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT, "projects", this.query.project_ids.as_ref().map(Vec::len))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT, "metrics", this.query.metrics.as_ref().map(|metrics| metrics.len()))?;
    let query = page_of!(this.query, after, limit);
    let raw = neon.raw();
    let answer = raw
        .get_consumption_history_per_project(&time.start, &granularity, &query, &time.end)
        .await?
        .into_inner();
    Ok(Page::new(answer.projects, after_last_item(answer.pagination)))
});

/// Filters of [`Consumption::by_project_legacy`](super::Consumption::by_project_legacy).
impl Pager<LegacyProjectConsumption> {
    /// Only these projects, 1 to 100; the API refuses more. None at all is told by the first poll, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn only(mut self, projects: impl IntoIterator<Item = ProjectId>) -> Self {
        self.listing_mut().query.project_ids = Some(projects.into_iter().collect());
        self
    }

    /// Only these metrics, one or more, by the API's names. None at all is told by the first poll, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let metrics: Vec<String> = metrics.into_iter().map(Into::into).collect();
        self.listing_mut().query.metrics = Some(ConsumptionHistoryQueryMetrics::from(metrics));
        self
    }
}

/// What each project of an organization consumed, by metric
/// (`getConsumptionHistoryPerProjectV2`), made by
/// [`Consumption::by_project`](super::Consumption::by_project): pages of up to 100 projects.
///
/// ```no_run
/// # async fn run(
/// #     consumption: neon_api::consumption::Consumption,
/// #     org: neon_api::ids::OrgId,
/// #     tenants: Vec<neon_api::ids::ProjectId>,
/// # ) -> Result<(), neon_api::Error> {
/// for some in tenants.chunks(100) {
///     let list = consumption.by_project(&org, ["compute_unit_seconds"]);
///     let mut projects = list.only(some.iter().cloned());
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
    pub(crate) fn new(span: Span, org: OrgId, metrics: Vec<String>) -> Self {
        Self {
            span,
            org,
            metrics: metrics.into(),
            query: GetConsumptionHistoryPerProjectV2Query::default(),
        }
    }
}

listing!(ProjectConsumption => ConsumptionHistoryPerProjectV2, 100, true, GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, |this, neon, after, limit| {
    let Self { span: Span { time, granularity }, org, metrics, query } = this;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, "metrics", Some(metrics.len()))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, "projects", query.project_ids.as_ref().map(Vec::len))?;
    let query = page_of!(query, after, limit);
    let raw = neon.raw();
    let answer = raw
        .get_consumption_history_per_project_v2(&time.start, &granularity, &metrics, &org, &query, &time.end)
        .await?
        .into_inner();
    Ok(Page::new(answer.projects, after_last_item(answer.pagination)))
});

/// Filters of [`Consumption::by_project`](super::Consumption::by_project).
impl Pager<ProjectConsumption> {
    /// Only these projects, 1 to 100; the API refuses more. None at all is told by the first poll, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn only(mut self, projects: impl IntoIterator<Item = ProjectId>) -> Self {
        self.listing_mut().query.project_ids = Some(projects.into_iter().collect());
        self
    }
}

/// What each branch of some projects consumed, by metric (`getConsumptionHistoryPerBranchV2`), made
/// by [`Consumption::by_branch`](super::Consumption::by_branch): pages of up to 1,000 branches.
/// In beta.
///
/// ```no_run
/// # async fn run(
/// #     consumption: neon_api::consumption::Consumption,
/// #     org: neon_api::ids::OrgId,
/// #     project: neon_api::ids::ProjectId,
/// # ) -> Result<(), neon_api::Error> {
/// let mut branches = consumption.by_branch(org, [project], ["child_branch_bytes_month"]);
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
        metrics: Vec<String>,
    ) -> Self {
        Self {
            span,
            org,
            projects,
            metrics: metrics.into(),
            query: GetConsumptionHistoryPerBranchV2Query::default(),
        }
    }
}

listing!(BranchConsumption => ConsumptionHistoryPerBranchV2, 1000, true, GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, |this, neon, after, limit| {
    let Self { span: Span { time, granularity }, org, projects, metrics, query } = this;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, "projects", Some(projects.len()))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, "metrics", Some(metrics.len()))?;
    some_named(&routes::GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, "branches", query.branch_ids.as_ref().map(Vec::len))?;
    let query = page_of!(query, after, limit);
    let raw = neon.raw();
    let answer = raw
        .get_consumption_history_per_branch_v2(
            &time.start, &granularity, &metrics, &org, &projects, &query, &time.end,
        )
        .await?
        .into_inner();
    Ok(Page::new(answer.branches, after_last_item(answer.pagination)))
});

/// Filters of [`Consumption::by_branch`](super::Consumption::by_branch).
impl Pager<BranchConsumption> {
    /// Only these branches, 1 to 100; the API refuses more. None at all is told by the first poll, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    pub fn only(mut self, branches: impl IntoIterator<Item = BranchId>) -> Self {
        self.listing_mut().query.branch_ids = Some(branches.into_iter().collect());
        self
    }
}
