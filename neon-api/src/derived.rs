//! Clients derived of another: they share everything with it, and have options of their own.

use std::time::Duration;

use neon_api_raw::ids::ProjectId;

use crate::call::IntoId;
use crate::engine::{Options, Protected, Recorder, RetryPolicy, ShutdownReport};
use crate::neon::Neon;

/// Options for some calls: each method returns a client that shares connections, limits, retry
/// budget, waits and counters with this one, and keeps its other options. Deriving sends nothing
/// and is cheap, so that a client can be derived for one call. Raw and ergonomic calls, pages and
/// polls obey the options alike.
impl Neon {
    /// A client whose calls are retried by this policy. The number of retries that all calls share
    /// ([`RetryPolicy::budget`]) stays the one that the client was built with.
    ///
    /// A policy that [`NeonBuilder::build`](crate::NeonBuilder::build) would refuse fails each call
    /// with [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent.
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

    /// A client whose requests all carry this `X-Request-ID`, retries and pages included, in place of
    /// a new one for each request: for a trace that goes through several services. The polls of waits
    /// have IDs of their own, since waits of other clients may share them.
    ///
    /// It is 1 to 128 visible ASCII characters. Another one fails each call with
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

    /// A client that reports to this recorder what became of each call, and no longer to the one that
    /// it reported to before. [`Recorder`] has an example.
    #[must_use]
    pub fn with_recorder(&self, recorder: &Recorder) -> Self {
        self.derive(|options| options.set_recorder(recorder))
    }

    /// A client whose calls yield to those of all other clients that share its limits: they wait for
    /// a permit in a lane of their own, of which one call of each operation at most waits in the
    /// [`Limiter`](crate::Limiter)'s queue, and only while no normal call waits there. So a web
    /// request does not wait behind thousands of queued calls of a batch. Alone, the lane reaches
    /// the full rate.
    ///
    /// The polls of waits that were started by this client yield as well. While normal calls use all
    /// of the rate, those of the background lane do not come to pass, however long that lasts. Once
    /// sent, a call has no priority. Changes to one project that its operations lock out (423) keep
    /// their order whatever their lanes.
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

    /// A client that blocks every call that may change something: all but GET and HEAD, and those
    /// that only read although their method is POST (`queryProjectBranchLogs`). A call that is
    /// blocked fails with [`Error::Blocked`](crate::Error::Blocked), before it waits for anything,
    /// and nothing is sent.
    ///
    /// Reading is not harmless: `getConnectionURI` and `getProjectBranchRolePassword` return
    /// passwords. What must not be seen needs a key of its own.
    ///
    /// No derived client takes a guard rail of its parent away.
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

    /// A client that blocks every request that names another project than these, in its path, its
    /// query or its body, and every one that names none: lists of projects, their creation, and what
    /// concerns the account or an organization. Those that reveal nothing of a project pass:
    /// regions, and the owner of the key with their organizations. Consumption is of the projects
    /// that the request names.
    ///
    /// Of a client that is bounded already, the projects stay that both allow; without any, all
    /// requests for projects are blocked. Errors are those of [`read_only`](Self::read_only).
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

    /// A client that blocks every request which would delete, update, restore, reset, restart,
    /// suspend or hand over this project, branch or compute endpoint or what it holds, or delete what
    /// holds it, as far as the request itself shows. Creating something in it is let through, and so
    /// is branching from it. [`Protected`] says what an id alone does not show.
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
        self.derive(|options| options.guards.protect(thing))
    }

    /// A client that sends what reads and holds back what may change something, as
    /// [`read_only`](Self::read_only) does; the error shows the request: method, path and the names
    /// of the fields of its body, without their values
    /// ([`BlockReason::DryRun`](crate::BlockReason::DryRun)).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon, project: neon_api::ids::ProjectId) {
    /// let plan = neon.dry_run();
    /// let error = plan.project(project).branches().create("preview").await.unwrap_err();
    /// // createProjectBranch: not sent, since this is a dry run:
    /// // POST /projects/late-frost-12345678/branches with branch.name
    /// println!("{error}");
    /// # }
    /// ```
    #[must_use]
    pub fn dry_run(&self) -> Self {
        self.derive(|options| options.guards.dry_run())
    }

    /// Ends the changes of this client, its clones and all that are derived of one another. From
    /// the first poll on, no change is sent any more: new ones, and those that wait for a permit or
    /// for a retry, fail with [`Error::Blocked`](crate::Error::Blocked). Those that are in flight
    /// may end. It returns when none is, or when this time has passed, with the changes of which it
    /// is unknown whether they took effect.
    ///
    /// GET and HEAD go on, polls included. It can be called again, with more time. If it is dropped
    /// after its first poll, changes stay blocked.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) {
    /// use std::time::Duration;
    ///
    /// tokio::signal::ctrl_c().await.ok();
    /// let report = neon.shutdown(Duration::from_secs(20)).await;
    /// for change in report.unknown() {
    ///     eprintln!("look before you repeat it: {change}");
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
