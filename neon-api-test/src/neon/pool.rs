//! A pool of branches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use neon_api::Neon;
use neon_api::chrono::{TimeDelta, Utc};
use neon_api::ids::ProjectId;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use super::background::{self, Background, Tasks};
use super::error::PoolError;
use super::leased::LeasedBranch;
use super::reset::Resets;
use super::slots::{Known, Slot, Slots};
use super::template::{self, Template};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::secret::Digester;

/// How long a test waits for a branch of a pool whose branches are all in use.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);
const STEP: Duration = Duration::from_millis(20);
/// By default.
const SIZE: usize = 4;
const LIFE: Duration = Duration::from_secs(6 * 3600);
/// Branches with less time left than this are given more before they are used.
const MARGIN: Duration = Duration::from_secs(3600);
const OWNER: &str = "neon-api-test";

/// A pool of branches of one or more projects, which the test processes of this machine share. A
/// branch is created once, and reset to its parent's state between two uses, by one
/// `restoreProjectBranch`, which is polled once or twice. That is done in the background, in the
/// runtime in which a [`LeasedBranch`] is dropped; where it was not, or was not completed, the next
/// lease of the branch does it.
///
/// Resets of a project are made one after the other, since the API refuses more at a time: projects
/// multiply the throughput. Branches carry an owner mark
/// ([`OWNER`](neon_api::workflows::OWNER)) and an expiry, which is extended while they are in use;
/// [`close`](Self::close) deletes them, and a [sweep](neon_api::workflows::Sweep) by the owner finds
/// those of machines that are gone. The branch with the migrations, of which they are children, has
/// no expiry; when migrations change, those of earlier ones are deleted that have no children and are
/// older than a branch lives.
#[derive(Debug)]
pub struct Pool {
    neon: Neon,
    projects: Vec<String>,
    parent: Option<String>,
    owner: String,
    life: Duration,
    size: usize,
    folder: PathBuf,
    plan: Plan,
    resets: Arc<Resets>,
    runtime: Option<Handle>,
    tasks: Tasks,
    ready: OnceCell<Ready>,
}

/// What is found out once.
#[derive(Debug)]
struct Ready {
    id: String,
    slots: Slots,
    parents: Vec<OnceCell<String>>,
}

impl Pool {
    /// A pool of four branches of the default branches of these projects.
    pub fn new<I>(neon: Neon, projects: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self {
            neon,
            projects: projects.into_iter().map(Into::into).collect(),
            parent: None,
            owner: OWNER.to_owned(),
            life: LIFE,
            size: SIZE,
            folder: crate::local::base(),
            plan: Plan::default(),
            resets: Arc::default(),
            runtime: None,
            tasks: Tasks::default(),
            ready: OnceCell::new(),
        }
    }

    /// The name of the branch whose contents tests begin with; each project's default branch if not
    /// set.
    #[must_use]
    pub fn parent(mut self, name: impl Into<String>) -> Self {
        self.parent = Some(name.into());
        self
    }

    /// How many branches there are, spread over the projects; at least one.
    #[must_use]
    pub fn size(mut self, size: usize) -> Self {
        self.size = size.max(1);
        self
    }

    /// The owner mark of the branches; `neon-api-test` by default.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// How long a branch lives at most after its last use; six hours by default, and at least two.
    #[must_use]
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.life = period.max(2 * MARGIN);
        self
    }

    /// Where the files are by which processes share the branches; by default in the folder that
    /// `NEON_TEST_DIR` names, or one of this user in that for temporary files.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    pub(super) fn with_plan(mut self, plan: Plan) -> Self {
        self.plan = plan;
        self
    }

    /// With resets in a runtime of this process, since those of tests end with them.
    pub(super) fn in_background(mut self) -> Self {
        self.runtime = background::runtime();
        self
    }

    async fn ready(&self) -> Result<&Ready> {
        self.ready.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Ready> {
        if self.projects.is_empty() {
            let why = "a pool needs at least one project";
            return Err(Error::Setting("NEON_TEST_PROJECTS", why.to_owned()));
        }
        for project in &self.projects {
            // Files have their names.
            ProjectId::new(project.as_str())
                .map_err(|fault| Error::Setting("NEON_TEST_PROJECTS", fault.to_string()))?;
        }
        let mut digester = Digester::new();
        digester.add(self.neon.raw().base_url()).add(&self.owner);
        digester
            .add(self.parent.as_deref().unwrap_or_default())
            .add(self.plan.key()?);
        for project in &self.projects {
            digester.add(project);
        }
        let key: String = digester.finish().chars().take(16).collect();
        crate::local::private(&self.folder)?;
        let slots = Slots::new(self.folder.join(format!("pool-{key}")), self.size);
        Ok(Ready {
            id: format!("{}{}", template::PREFIX, slots.id().await?),
            slots,
            parents: self.projects.iter().map(|_| OnceCell::new()).collect(),
        })
    }

    /// Creates the branches that there are not yet, so that no test has to. Those in use are left
    /// alone.
    ///
    /// # Errors
    ///
    /// Those of the calls, and of the files.
    pub async fn prepare(&self) -> Result<()> {
        let ready = self.ready().await?;
        for number in 0..self.size {
            if let Some(mut slot) = ready.slots.hold(number)?
                && slot.known.is_none()
            {
                self.create(ready, &mut slot).await?;
            }
        }
        Ok(())
    }

    /// A branch that no other test has, with what its parent holds.
    ///
    /// # Errors
    ///
    /// [`PoolError::Exhausted`] if all are in use for five minutes; those of the calls, and of the
    /// files.
    pub async fn lease(&self) -> Result<LeasedBranch> {
        let ready = self.ready().await?;
        let end = Instant::now() + PATIENCE;
        let mut slot = loop {
            match ready.slots.take()? {
                Some(slot) => break slot,
                None if Instant::now() < end => sleep(STEP).await,
                None => return Err(Error::Neon(PoolError::Exhausted(self.size, PATIENCE))),
            }
        };
        let known = self.made_clean(ready, &mut slot).await?;
        let (project, branch, url) = (
            known.project.clone(),
            known.branch.clone(),
            known.url.clone(),
        );
        slot.keep(Known {
            is_dirty: true,
            ..known
        })?;
        let background = Background {
            neon: self.neon.clone(),
            resets: Arc::clone(&self.resets),
            slots: ready.slots.clone(),
            runtime: self.runtime.clone(),
            tasks: self.tasks.clone(),
        };
        Ok(LeasedBranch {
            project,
            branch,
            url,
            slot: Some(slot),
            background,
        })
    }

    /// Resets what a test has written to, gives more time to what would expire, and creates what is
    /// not there.
    async fn made_clean(&self, ready: &Ready, slot: &mut Slot) -> Result<Known> {
        if slot.known.is_none() {
            return self.create(ready, slot).await;
        }
        match self.used_again(ready, slot).await {
            Ok(known) => Ok(known),
            // Somebody has deleted it, or it has expired.
            Err(Error::Neon(PoolError::Api(error))) if error.is_not_found() => {
                slot.forget()?;
                self.create(ready, slot).await
            }
            Err(error) => Err(error),
        }
    }

    async fn used_again(&self, ready: &Ready, slot: &mut Slot) -> Result<Known> {
        let mut known = slot.known()?;
        let left = known.expires_at.signed_duration_since(Utc::now());
        if left < TimeDelta::from_std(MARGIN).unwrap_or(TimeDelta::MAX) {
            let branch = self
                .neon
                .project(known.project.as_str())
                .branch(known.branch.as_str());
            let until = self.end()?;
            branch
                .update()
                .expires_at(until)
                .ready()
                .await
                .map_err(neon_api::Error::from)?;
            known.expires_at = until;
            slot.keep(known.clone())?;
        }
        if known.is_dirty {
            self.resets.reset(&self.neon, &ready.slots, slot).await?;
        }
        slot.known()
    }

    fn end(&self) -> Result<neon_api::chrono::DateTime<Utc>> {
        let life = TimeDelta::from_std(self.life).ok();
        let end = life.and_then(|life| Utc::now().checked_add_signed(life));
        end.ok_or_else(|| Error::Setting("expires_in", "it is too long".to_owned()))
    }

    async fn create(&self, ready: &Ready, slot: &mut Slot) -> Result<Known> {
        let at = slot.number % self.projects.len();
        let (Some(project), Some(parent)) = (self.projects.get(at), ready.parents.get(at)) else {
            return Err(Error::Setting(
                "NEON_TEST_PROJECTS",
                "it is empty".to_owned(),
            ));
        };
        // One after the other, as resets are.
        let lock = ready.slots.locked(project).await?;
        let template = Template {
            neon: &self.neon,
            project,
            parent: self.parent.as_deref(),
            owner: &self.owner,
            life: self.life,
        };
        let parent = parent.get_or_try_init(|| async {
            let parent = template.ensure(&self.plan, &ready.id).await;
            parent.map(|parent| parent.to_string())
        });
        let parent = parent.await?.clone();
        let expires_at = self.end()?;
        let branches = self.neon.project(project.as_str()).branches();
        let ensure = branches.ensure(format!("{}/{}", ready.id, slot.number));
        let ensure = ensure
            .with_compute()
            .parent(parent.as_str())
            .owner(&self.owner);
        let ensured = ensure
            .expires_in(self.life)
            .ready()
            .await
            .map_err(neon_api::Error::from)?;
        let branch = self
            .neon
            .project(project.as_str())
            .branch(&ensured.branch.branch);
        let url = match ensured.connection_uri() {
            Ok(url) => url.expose().to_owned(),
            Err(_) => template::url(&branch).await?,
        };
        // One that was found may be one that a killed process has used.
        let is_dirty = !ensured.is_created();
        slot.keep(Known {
            project: project.clone(),
            branch: branch.id().to_string(),
            parent,
            url,
            expires_at,
            is_dirty,
            resetting: None,
        })?;
        drop(lock);
        if is_dirty {
            self.resets.reset(&self.neon, &ready.slots, slot).await?;
        }
        slot.known()
    }

    /// Deletes the branches of this machine that nobody uses, and forgets them.
    ///
    /// # Errors
    ///
    /// Those of the calls, and of the files.
    pub async fn close(&self) -> Result<()> {
        let ready = self.ready().await?;
        self.tasks.done().await;
        let mut is_all = true;
        let mut held = Vec::new();
        for number in 0..self.size {
            match ready.slots.hold(number)? {
                Some(slot) => held.push(slot),
                None => is_all = false,
            }
        }
        for slot in &mut held {
            if let Some(known) = &slot.known {
                let project = self.neon.project(known.project.as_str());
                let branch = project.branch(known.branch.as_str());
                branch
                    .delete()
                    .ready()
                    .await
                    .map_err(neon_api::Error::from)?;
            }
            slot.forget()?;
        }
        if is_all && !self.plan.is_empty() {
            for project in &self.projects {
                let name = format!("{}/{}", ready.id, self.plan.key()?);
                let project = self.neon.project(project.as_str());
                if let Some(template) = project.branches().find(&name).await? {
                    let deleted = project.branch(&template).delete().ready().await;
                    deleted.map_err(neon_api::Error::from)?;
                }
            }
        }
        if is_all { ready.slots.remove() } else { Ok(()) }
    }
}
