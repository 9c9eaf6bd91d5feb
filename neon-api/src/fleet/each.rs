//! Something for each project.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use neon_api_raw::BoxFuture;
use neon_api_raw::ids::{OrgId, ProjectId, RegionId};
use neon_api_raw::types::{Project, ProjectListItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Fleet;
use super::failure::Failure;
use super::job::sealed::{Base, Items, Sealed};
use super::job::{Job, Work};
use super::state::FleetState;
use crate::Result;
use crate::call::maybe;
use crate::resources::projects::ProjectHandle;

/// What the caller's own work returns: `?` takes any error.
pub type WorkResult<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A project that is worked on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FleetProject {
    /// The project.
    pub project: ProjectHandle,
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: RegionId,
    /// The organization that owns it.
    pub org: Option<OrgId>,
    /// Whether others share it with the user.
    pub is_shared: bool,
}

/// The caller's work on one project.
type Task<T> = Arc<dyn Fn(FleetProject) -> BoxFuture<'static, WorkResult<T>> + Send + Sync>;

/// Work on each project, made by [`Fleet::for_each_project`].
pub struct ForEachProject<T> {
    task: Task<T>,
    search: Option<String>,
    shared: bool,
}

impl Fleet {
    /// Works on each project of the fleet (`listProjects`). The items of the job are the IDs of the
    /// projects.
    ///
    /// All projects are listed first. Those that the API could not reach in time in up to three
    /// attempts come last, and are fetched one by one (`getProject`).
    ///
    /// If the work on a project fails with one of this client's errors that may pass, it is tried
    /// again when the others are through; other errors are final. After a resume, the work is done
    /// again for projects on which it may have been begun. What it returns is saved with the state of
    /// the job, and must not contain secrets.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let week = Duration::from_secs(7 * 24 * 3600);
    /// let job = neon.fleet().for_each_project(move |tenant| async move {
    ///     tenant.project.update().history_retention(week).ready().await?;
    ///     Ok(())
    /// });
    /// job.search("tenant-").await?.check()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_each_project<T, F, R>(&self, work: F) -> Job<ForEachProject<T>>
    where
        T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(FleetProject) -> R + Send + Sync + 'static,
        R: Future<Output = WorkResult<T>> + Send + 'static,
    {
        let work = ForEachProject {
            task: Arc::new(move |project| Box::pin(work(project))),
            search: None,
            shared: false,
        };
        Job::new(self.neon.clone(), self.org.clone(), work)
    }
}

impl<T> Job<ForEachProject<T>>
where
    ForEachProject<T>: Work,
{
    /// Only projects whose name or ID contains this.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.work.search = Some(text.into());
        self
    }

    /// Also the projects that others share with the user (`listSharedProjects`).
    pub fn shared(mut self, shared: bool) -> Self {
        self.work.shared = shared;
        self
    }
}

maybe! { <T> Job<ForEachProject<T>> where ForEachProject<T>: Work;
    maybe_search = search(impl Into<String>);
    maybe_shared = shared(bool);
}

/// A project of a list, or one that the API could not reach then.
#[derive(Debug)]
pub enum Listed {
    Reached(Box<FleetProject>),
    Unreached(ProjectHandle, bool),
}

impl FleetProject {
    fn listed(base: &Base, item: ProjectListItem, is_shared: bool) -> Self {
        Self {
            project: base.neon.project(&item),
            name: item.name,
            region: item.region_id,
            org: item.org_id,
            is_shared,
        }
    }

    fn fetched(project: ProjectHandle, fetched: Project, is_shared: bool) -> Self {
        Self {
            project,
            name: fetched.name,
            region: fetched.region_id,
            org: fetched.org_id,
            is_shared,
        }
    }
}

impl<T> ForEachProject<T> {
    async fn list(&self, base: &Base) -> Result<Items<Listed>> {
        let mut known: HashSet<ProjectId> = HashSet::new();
        let mut items = Vec::new();
        let mut unreached = Vec::new();
        let list = base.neon.projects().list().maybe_org(base.org.as_ref());
        let mut list = list.maybe_search(self.search.as_ref());
        while let Some(item) = list.try_next().await? {
            if known.insert(item.project.id.clone()) {
                items.push(FleetProject::listed(base, item.into(), false));
            }
        }
        unreached.extend(list.unavailable().iter().map(|id| (id.clone(), false)));
        if self.shared {
            let shared = base.neon.projects().list_shared();
            let mut shared = shared.maybe_search(self.search.as_ref());
            while let Some(item) = shared.try_next().await? {
                if known.insert(item.id.clone()) {
                    items.push(FleetProject::listed(base, item, true));
                }
            }
            unreached.extend(shared.unavailable().iter().map(|id| (id.clone(), true)));
        }
        let mut all: Items<Listed> = items
            .into_iter()
            .map(|item| {
                let name = Arc::from(item.project.id().as_str());
                (name, Listed::Reached(Box::new(item)))
            })
            .collect();
        for (id, is_shared) in unreached {
            if known.insert(id.clone()) {
                let project = base.neon.project(&id);
                all.push((
                    Arc::from(id.as_str()),
                    Listed::Unreached(project, is_shared),
                ));
            }
        }
        Ok(all)
    }
}

impl<T> Sealed for ForEachProject<T> {}

impl<T> Work for ForEachProject<T>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Done = T;

    type Item = Listed;

    const JOB: &'static str = "for_each_project";

    fn items(
        self: Arc<Self>,
        base: Base,
        _: Arc<FleetState<T>>,
    ) -> BoxFuture<'static, Result<Items<Listed>>> {
        Box::pin(async move { self.list(&base).await })
    }

    fn run(
        self: Arc<Self>,
        _: Base,
        item: Arc<Listed>,
        _: u32,
    ) -> BoxFuture<'static, Result<T, Failure>> {
        Box::pin(async move {
            let project = match &*item {
                Listed::Reached(project) => (**project).clone(),
                Listed::Unreached(project, is_shared) => {
                    let fetched = project.get().await?;
                    FleetProject::fetched(project.clone(), fetched, *is_shared)
                }
            };
            (self.task)(project).await.map_err(Failure::of_work)
        })
    }
}

impl<T> fmt::Debug for ForEachProject<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEachProject")
            .field("search", &self.search)
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}
