//! Derived clients: they share everything with their parent and have options of their own.

use std::time::Duration;

use neon_api_raw::ids::ProjectId;

use crate::call::IntoId;
use crate::engine::{Options, Protected, Recorder, RetryPolicy, ShutdownReport};
use crate::neon::Neon;

/// Options for some calls: each method returns a client that shares connections, limits, retry
/// budget, waits and counters with this one, and keeps its other options. Deriving sends nothing
/// and is cheap enough to do for a single call. The options apply to raw and ergonomic calls, pages
/// and polls.
impl Neon {
    /// Returns a client whose calls use this retry policy. The shared retry budget
    /// ([`RetryPolicy::budget`]) stays the one that the client was built with.
    ///
    /// If the policy is one that [`NeonBuilder::build`](crate::NeonBuilder::build) would reject,
    /// each call fails with [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is
    /// sent.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// use neon_api::RetryPolicy;
    ///
    /// // A health check: one attempt.
    /// let project = neon.with_retry(RetryPolicy::never()).project(id).get().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        self.derive(|options| options.set_policy(policy))
    }

    /// Returns a client whose requests all have this `X-Request-ID`, including retries and pages,
    /// instead of a new one for each request: to correlate traces across services. Polls of waits
    /// have IDs of their own, since waits of other clients may share them.
    ///
    /// The ID must be 1 to 128 visible ASCII characters; otherwise each call fails with
    /// [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// let project = neon.with_request_id("checkout-7f3a").project(id).get().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_request_id(&self, id: impl AsRef<str>) -> Self {
        self.derive(|options| options.set_request_id(id.as_ref()))
    }

    /// Returns a client that reports each call to this recorder, replacing an earlier one.
    /// [`Recorder`] has an example.
    #[must_use]
    pub fn with_recorder(&self, recorder: &Recorder) -> Self {
        self.derive(|options| options.set_recorder(recorder))
    }

    /// Returns a client whose calls yield to those of all other clients that share its limits. They
    /// wait for a permit in a background lane, from which at most one call of each operation enters
    /// the [`Limiter`](crate::Limiter)'s queue, and only while no normal call waits there. So a web
    /// request does not wait behind thousands of queued calls of a batch. Without other calls, the
    /// lane reaches the full rate.
    ///
    /// The polls of waits that were started by this client yield as well. While normal calls use
    /// the full rate, background calls are starved, however long that lasts. Priority applies only
    /// until a call is sent, and again for its retries. Of the changes to one project that are locked
    /// out by its operations (423), and of the calls that wait for the retry budget, those of this
    /// client are sent last.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, tenants: Vec<String>) -> Result<(), neon_api::Error> {
    /// use futures::{StreamExt, TryStreamExt, stream};
    ///
    /// let batch = neon.background();
    /// let creates = tenants.iter().map(|name| batch.projects().create(name).into_future());
    /// let all: Vec<_> = stream::iter(creates).buffer_unordered(64).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn background(&self) -> Self {
        self.derive(Options::set_background)
    }

    /// Returns a client that blocks every call that may change something: all except GET, HEAD and
    /// POST requests that only read (`queryProjectBranchLogs`). A blocked call fails immediately
    /// with [`Error::Blocked`](crate::Error::Blocked), and nothing is sent.
    ///
    /// Reads can return secrets: `getConnectionURI` and `getProjectBranchRolePassword` return
    /// passwords. To prevent that, use a key with fewer permissions.
    ///
    /// Guard rails cannot be removed by deriving a client.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) {
    /// let report = neon.read_only();
    /// let error = report.project(id).delete().await.unwrap_err();
    /// assert!(error.is_blocked());
    /// # }
    /// ```
    #[must_use]
    pub fn read_only(&self) -> Self {
        self.derive(|options| options.guards.read_only())
    }

    /// Returns a client that blocks every request that names a project other than these in its
    /// path, query or body, and every request that names no project: listing and creating projects,
    /// and requests for the account or an organization. Requests that reveal nothing about a
    /// project are allowed: regions, and the owner of the key with their organizations. Consumption
    /// is allowed for requests that name these projects.
    ///
    /// If the client is already restricted, the result allows the projects in both lists; with an
    /// empty list, all requests for projects are blocked. Errors are those of
    /// [`read_only`](Self::read_only).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
    /// let tenant = neon.only_projects([&id]);
    /// let branches = tenant.project(&id).branches().list();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn only_projects(
        &self,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
    ) -> Self {
        let mut neon = self.clone();
        let projects = projects.into_iter().map(|id| neon.take_id(id)).collect();
        neon.derive(|options| options.guards.only_projects(projects))
    }

    /// Returns a client that blocks every request that would delete, update, restore, reset,
    /// restart, suspend or transfer this project, branch or compute endpoint or anything in it, or
    /// delete what contains it, as far as the request itself shows. Creating something in it and
    /// branching from it are allowed. [`Protected`] describes what an ID alone does not show.
    ///
    /// Errors are those of [`read_only`](Self::read_only).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, project: neon_api::projects::ProjectHandle, main: neon_api::ids::BranchId) {
    /// let careful = neon.protect(&project.branch(&main));
    /// let error = careful.project(project.id()).delete().await.unwrap_err();
    /// assert!(error.is_blocked());
    /// # }
    /// ```
    #[must_use]
    pub fn protect(&self, thing: impl Into<Protected>) -> Self {
        let thing = thing.into();
        self.derive(|options| {
            if let Some(fault) = thing.fault() {
                options.refuse(fault.clone());
            }
            options.guards.protect(thing);
        })
    }

    /// Returns a client that blocks every call that may change something, like
    /// [`read_only`](Self::read_only), with an error that shows the request: method, path and the
    /// field names of its body, without values
    /// ([`BlockReason::DryRun`](crate::BlockReason::DryRun)).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, project: neon_api::ids::ProjectId) {
    /// let plan = neon.dry_run();
    /// let error = plan.project(project).branches().create("preview").await.unwrap_err();
    /// // createProjectBranch: not sent, because this is a dry run:
    /// // POST /projects/late-frost-12345678/branches with branch.name
    /// println!("{error}");
    /// # }
    /// ```
    #[must_use]
    pub fn dry_run(&self) -> Self {
        self.derive(|options| options.guards.dry_run())
    }

    /// Stops sending changes from this client, its clones and all derived clients. From the first
    /// poll on, new changes and those that wait for a permit or a retry fail with
    /// [`Error::Blocked`](crate::Error::Blocked), and changes in flight may complete. It returns
    /// when none is in flight or after this time, with the changes whose outcome is unknown.
    ///
    /// GET and HEAD requests, including polls, continue to work. It can be called again with more
    /// time. If the future is dropped after its first poll, changes stay blocked.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) {
    /// use std::time::Duration;
    ///
    /// tokio::signal::ctrl_c().await.ok();
    /// let report = neon.shutdown(Duration::from_secs(20)).await;
    /// for change in report.unknown() {
    ///     eprintln!("outcome unknown, check before retrying: {change}");
    /// }
    /// # }
    /// ```
    pub fn shutdown(
        &self,
        deadline: Duration,
    ) -> impl Future<Output = ShutdownReport> + Send + use<> {
        self.engine().shutdown(deadline)
    }
}
