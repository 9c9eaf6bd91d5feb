//! Creating a branch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Utc};
use neon_api_raw::enums::EndpointType;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    AnnotationValueData, BranchCreateRequestBranch, BranchCreateRequestEndpointOptions,
    CreateProjectBranchRequest,
};
use neon_api_raw::{Route, routes};

use super::CreatedBranch;
use crate::Result;
use crate::call::{Call, IntoId, maybe, request};
use crate::error::InvalidInput;
use crate::neon::Neon;
use crate::waits::Started;

/// A branch that is to be created. Awaiting it sends the request (`createProjectBranch`).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let preview = project
///     .branches()
///     .create("preview/pr-42")
///     .with_compute()
///     .expires_in(Duration::from_secs(7 * 24 * 3600))
///     .ready()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a branch of that name exists,
/// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the plan's limit is reached,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the time of expiry is too far away. The
/// request is never repeated when its answer is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) tells. While operations lock the project (423)
/// it waits for them, and is sent again.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateBranch {
    neon: Neon,
    project: ProjectId,
    branch: BranchCreateRequestBranch,
    endpoints: Vec<BranchCreateRequestEndpointOptions>,
    annotations: AnnotationValueData,
    expires_in: Option<Duration>,
}

impl CreateBranch {
    pub(super) fn new(neon: Neon, project: ProjectId, name: String) -> Self {
        Self {
            neon,
            project,
            branch: BranchCreateRequestBranch::default().with_name(name),
            endpoints: Vec::new(),
            annotations: AnnotationValueData::default(),
            expires_in: None,
        }
    }

    /// The parent; the project's default branch where none is named.
    pub fn parent(mut self, parent: impl IntoId<BranchId>) -> Self {
        let (neon, id) = self.neon.given_in(&self.project, parent);
        self.neon = neon;
        self.branch.parent_id = Some(id);
        self
    }

    /// Branches from the parent as it was at that time, which must lie within the project's history.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::chrono::{TimeDelta, Utc};
    ///
    /// let before = Utc::now() - TimeDelta::minutes(10);
    /// let rescued = project.branches().create("before-the-accident").at(before).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.branch.parent_timestamp = Some(time);
        self
    }

    /// Deletes the branch after this time, counted from the sending of the request, by this machine's
    /// clock. A time that ends after the year 9999 fails the call, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.expires_in = Some(period);
        self
    }

    /// Deletes the branch at this time, which must lie ahead.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expires_in = None;
        self.branch.expires_at = Some(time);
        self
    }

    /// Annotates the branch: a key and a value that lists of branches, and
    /// [`get`](super::BranchHandle::get), return with it.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let preview = project.branches().create("preview").annotate("commit", "6f1d2c0").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.0.insert(key.into(), value.into());
        self
    }

    /// With a read-write compute endpoint, without which nothing can connect to the branch.
    pub fn with_compute(self) -> Self {
        self.with_endpoint(BranchCreateRequestEndpointOptions::new(
            EndpointType::ReadWrite,
        ))
    }

    /// With a compute endpoint of your own choice, in addition to those chosen before. A branch has
    /// one read-write endpoint at most.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::EndpointType;
    /// use neon_api::types::{BranchCreateRequestEndpointOptions, ComputeUnit};
    ///
    /// let large = BranchCreateRequestEndpointOptions::new(EndpointType::ReadWrite)
    ///     .with_autoscaling_limit_min_cu(ComputeUnit(1.0))
    ///     .with_autoscaling_limit_max_cu(ComputeUnit(4.0));
    /// let load_test = project.branches().create("load-test").with_endpoint(large).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_endpoint(mut self, endpoint: BranchCreateRequestEndpointOptions) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Whether the branch is protected against deletion and reset. Branches of it get new passwords for its roles.
    pub fn protected(mut self, protected: bool) -> Self {
        self.branch.protected = Some(protected);
        self
    }

    /// Sets what has no method of its own.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let empty = project
    ///     .branches()
    ///     .create("schema-only")
    ///     .with(|branch| branch.init_source = Some("schema-only".to_owned()))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut BranchCreateRequestBranch)) -> Self {
        change(&mut self.branch);
        self
    }

    fn call(self) -> Call<Started<CreatedBranch>> {
        let Self {
            neon,
            project,
            mut branch,
            endpoints,
            annotations,
            expires_in,
        } = self;
        Call::new(&neon, move |neon| async move {
            if let Some(period) = expires_in {
                branch.expires_at = Some(expiry(&routes::CREATE_PROJECT_BRANCH, period)?);
            }
            let mut body = CreateProjectBranchRequest::default().with_branch(branch);
            body.endpoints = Some(endpoints).filter(|endpoints| !endpoints.is_empty());
            body.annotation_value = Some(annotations).filter(|annotations| !annotations.is_empty());
            let response = neon.raw().create_project_branch(&project, &body).await?;
            Ok(CreatedBranch::started(&neon, response.into_inner()))
        })
    }
}

request!(CreateBranch => Started<CreatedBranch>);

maybe! { CreateBranch;
    maybe_parent = parent(impl IntoId<BranchId>);
    maybe_at = at(DateTime<Utc>);
    maybe_expires_in = expires_in(Duration);
    maybe_expires_at = expires_at(DateTime<Utc>);
    maybe_protected = protected(bool);
}

/// The time of expiry for this operation; a time after the year 9999 has no form in RFC 3339.
pub(super) fn expiry(route: &'static Route, period: Duration) -> Result<DateTime<Utc>> {
    let time = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let time = now.checked_add(period)?;
        let seconds = i64::try_from(time.as_secs()).ok()?;
        DateTime::from_timestamp(seconds, time.subsec_nanos()).filter(|time| time.year() <= 9999)
    };
    let rule = "the time of expiry is too far away";
    time().ok_or_else(|| InvalidInput::field_of(route, "expires_at", rule).into())
}
