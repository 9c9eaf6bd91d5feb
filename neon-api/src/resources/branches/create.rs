//! Creating a branch.

use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::EndpointType;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    AnnotationValueData, BranchCreateRequestBranch, BranchCreateRequestEndpointOptions,
    CreateProjectBranchRequest, RealtimeOptions,
};
use neon_api_raw::{Route, routes};

use super::{CreatedBranch, EndpointOptions, changes, expiry};
use crate::Result;
use crate::call::{Call, IntoId, maybe, request};
use crate::input::{self, Longest};
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
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what cannot be: a name that is empty or
/// too long, both a [time](Self::at) and a [place in the log](Self::at_lsn), a second read-write
/// endpoint, autoscaling limits that are not in order, an expiry of a protected branch or one that
/// is too far away. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateBranch {
    pub(crate) neon: Neon,
    pub(crate) project: ProjectId,
    branch: BranchCreateRequestBranch,
    endpoints: Vec<BranchCreateRequestEndpointOptions>,
    annotations: AnnotationValueData,
    expires_in: Option<Duration>,
}

impl CreateBranch {
    pub(super) fn new(mut neon: Neon, project: ProjectId, name: String) -> Self {
        neon.refuse_if(input::name("branch.name", &name, Longest::BRANCH));
        Self {
            neon,
            project,
            branch: BranchCreateRequestBranch::default().with_name(name),
            endpoints: Vec::new(),
            annotations: AnnotationValueData::default(),
            expires_in: None,
        }
    }

    /// The parent; the project's default branch if not set.
    pub fn parent(mut self, parent: impl IntoId<BranchId>) -> Self {
        let (neon, id) = self.neon.given_in(&self.project, parent);
        self.neon = neon;
        self.branch.parent_id = Some(id);
        self
    }

    /// Branches from the parent as it was at that time, which must lie within the project's
    /// history.
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

    /// Branches from the parent at that place in its write-ahead log, such as `0/1FE3A28`.
    pub fn at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        self.neon.refuse_if(input::lsn("parent_lsn", &lsn));
        self.branch.parent_lsn = Some(lsn);
        self
    }

    /// Deletes the branch after this time, counted from the sending of the request, by this
    /// machine's clock. A time that ends after the year 9999 fails the call, as
    /// [`Error::InvalidInput`](crate::Error::InvalidInput).
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.branch.expires_at = None;
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
        self.with_endpoint(EndpointOptions::read_write())
    }

    /// With a compute endpoint of your own choice, in addition to those chosen before. A branch has
    /// one read-write endpoint at most.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::branches::EndpointOptions;
    ///
    /// let large = EndpointOptions::read_write().autoscaling(1.0..=4.0);
    /// let load_test = project.branches().create("load-test").with_endpoint(large).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_endpoint(mut self, endpoint: impl Into<EndpointOptions>) -> Self {
        let EndpointOptions { options, fault } = endpoint.into();
        self.neon.refuse_if(fault);
        self.endpoints.push(options);
        self
    }

    /// Whether the branch is protected against deletion and reset, and so cannot expire. Branches
    /// of it get new passwords for its roles.
    pub fn protected(mut self, protected: bool) -> Self {
        self.branch.protected = Some(protected);
        self
    }

    /// What the branch is initialised from: `parent-data`, which is the default, or `schema-only`
    /// for the parent's schema without its data.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let create = project.branches().create("schema-only").init_source("schema-only");
    /// println!("{}", create.ready().await?.branch.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn init_source(mut self, source: impl Into<String>) -> Self {
        self.branch.init_source = Some(source.into());
        self
    }

    /// Whether the branch is created in the archived state.
    pub fn archived(mut self, archived: bool) -> Self {
        self.branch.archived = Some(archived);
        self
    }

    /// Enables Realtime on the branch, with these options. In beta.
    pub fn realtime(mut self, options: RealtimeOptions) -> Self {
        self.branch.realtime = Some(options);
        self
    }

    /// Changes the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// // The API chooses the name.
    /// let create = project.branches().create("unnamed").with(|branch| branch.name = None);
    /// println!("{}", create.ready().await?.branch.name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut BranchCreateRequestBranch)) -> Self {
        if changes(&mut self.branch, |it| &it.expires_at, change) {
            self.expires_in = None;
        }
        self
    }

    /// Lets the call fail where the settings exclude each other.
    pub(crate) fn check(&mut self) {
        let branch = &self.branch;
        let (lsn, time) = (
            branch.parent_lsn.is_some(),
            branch.parent_timestamp.is_some(),
        );
        let place = input::one_of(("parent_lsn", lsn), ("parent_timestamp", time));
        let expires = branch.expires_at.is_some() || self.expires_in.is_some();
        let protected = branch.protected == Some(true);
        let expiry = input::one_of(("expires_at", expires), ("protected", protected));
        let is_writer =
            |e: &&BranchCreateRequestEndpointOptions| e.type_ == EndpointType::ReadWrite;
        let rule = "a branch has one read-write endpoint at most";
        let writers = self.endpoints.iter().filter(is_writer).count();
        let second = (writers > 1).then(|| ("endpoints", rule.into()));
        let scaling = self.endpoints.iter().find_map(|endpoint| {
            let min = endpoint.autoscaling_limit_min_cu.as_ref();
            input::scaling_order(min, endpoint.autoscaling_limit_max_cu.as_ref())
        });
        for fault in [place, expiry, second, scaling] {
            self.neon.refuse_if(fault);
        }
    }

    /// The body, whose expiry counts from now.
    pub(crate) fn body(self, route: &'static Route) -> Result<CreateProjectBranchRequest> {
        let mut branch = self.branch;
        if let Some(period) = self.expires_in {
            branch.expires_at = Some(expiry(route, period)?);
        }
        let mut body = CreateProjectBranchRequest::default().with_branch(branch);
        body.endpoints = Some(self.endpoints).filter(|endpoints| !endpoints.is_empty());
        body.annotation_value = Some(self.annotations).filter(|all| !all.is_empty());
        Ok(body)
    }

    fn call(mut self) -> Call<Started<CreatedBranch>> {
        self.check();
        Call::of(self.neon.clone(), |client| async move {
            let neon = client.get();
            let project = self.project.clone();
            let body = self.body(&routes::CREATE_PROJECT_BRANCH)?;
            let response = neon.raw().create_project_branch(&project, &body).await?;
            Ok(CreatedBranch::started(&neon, response.into_inner()))
        })
    }
}

request!(CreateBranch => Started<CreatedBranch>);

maybe! { CreateBranch;
    maybe_parent = parent(impl IntoId<BranchId>);
    maybe_at = at(DateTime<Utc>);
    maybe_at_lsn = at_lsn(impl Into<String>);
    maybe_expires_in = expires_in(Duration);
    maybe_expires_at = expires_at(DateTime<Utc>);
    maybe_protected = protected(bool);
    maybe_init_source = init_source(impl Into<String>);
    maybe_archived = archived(bool);
    maybe_realtime = realtime(RealtimeOptions);
    maybe_annotate = annotate(impl Into<String>, impl Into<String>);
    maybe_with_endpoint = with_endpoint(impl Into<EndpointOptions>);
}
