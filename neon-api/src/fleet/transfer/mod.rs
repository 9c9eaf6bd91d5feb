//! Projects to another organization.

mod batch;
mod plan;

use std::fmt;
use std::sync::Arc;

use neon_api_raw::BoxFuture;
use neon_api_raw::ids::{OrgId, ProjectId};

use super::Fleet;
use super::failure::Failure;
use super::job::sealed::{Base, Items, Sealed};
use super::job::{Job, Work};
use super::state::FleetState;
use crate::Result;
use crate::call::{Call, IntoId, maybe};
use crate::error::{Error, Refusal, Refusals};
use batch::Batches;

/// How many projects one request may name.
const BATCH: usize = 400;

/// The transfer of projects, made by [`Fleet::transfer`].
pub struct Transfer {
    to: OrgId,
    projects: Vec<ProjectId>,
    limit: Option<usize>,
    skip_refused: bool,
    batches: Batches,
}

/// What a transfer would do.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let fleet = neon.org("org-ocean-art-12345678").fleet();
/// let transfer = fleet.transfer("org-silent-sky-87654321", ["late-frost-12345678"]);
/// let plan = transfer.plan().await?;
/// println!("{} to move, {} are there", plan.to_move.len(), plan.moved.len());
/// for refusal in &plan.refusals {
///     println!("{refusal}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferPlan {
    /// The projects that can be moved, as far as that can be known.
    pub to_move: Vec<ProjectId>,
    /// The projects that the receiving organization has already.
    pub moved: Vec<ProjectId>,
    /// What the API would refuse.
    pub refusals: Vec<Refusal>,
}

/// What is to be done with a project.
#[derive(Debug)]
pub enum Item {
    /// It is there.
    Moved,
    Move(ProjectId),
    Refused(Refusal),
}

impl Fleet {
    /// Moves projects of the fleet's organization to another one, up to 400 by a request
    /// (`transferProjectsFromOrgToOrg`). The items of the job are the IDs of the projects, which stay
    /// available. Requires a personal API key.
    ///
    /// Before the first change it is checked what the API would refuse ([`Refusal`]): the kind of the
    /// key (`getAuthDetails`), the receiving organization (`getOrganization`), and the projects of
    /// both organizations (`listProjects`). If there is anything, nothing is changed, unless refused
    /// projects are to be [skipped](Job::skip_refused). The API publishes no limits of organizations:
    /// the number of projects is checked if [its limit is given](Job::project_limit), and is otherwise
    /// refused by the API, as a whole for each request.
    ///
    /// Projects that the receiving organization has already are done. After a lost response both
    /// organizations are listed again, so that a job can be run again, whatever happened.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// use neon_api::Error;
    ///
    /// let old = neon.org("org-ocean-art-12345678").fleet();
    /// let projects = ["late-frost-12345678", "calm-sky-87654321"];
    /// match old.transfer("org-silent-sky-87654321", projects).project_limit(1_000).await {
    ///     Ok(report) => println!("{} moved", report.check()?.len()),
    ///     Err(Error::Refused(refusals)) => println!("nothing was changed: {refusals}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the API would refuse something;
    /// [`Error::Partial`] if a list of projects is incomplete;
    /// [`Error::InvalidInput`] if the fleet is of no organization, or of the
    /// receiving one.
    pub fn transfer(
        &self,
        to: impl IntoId<OrgId>,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
    ) -> Job<Transfer> {
        let mut neon = self.neon.clone();
        let to = neon.take_id(to);
        let projects = super::distinct(&mut neon, projects);
        match &self.org {
            None => neon.refuse("from", "neon.org(id).fleet() is a fleet of an organization"),
            Some(from) if *from == to => neon.refuse("to", "it is the fleet's own organization"),
            Some(_) => {}
        }
        let work = Transfer {
            to,
            projects,
            limit: None,
            skip_refused: false,
            batches: Batches::default(),
        };
        Job::new(neon, self.org.clone(), work).concurrency(BATCH)
    }
}

impl Job<Transfer> {
    /// How many projects the plan of the receiving organization allows, which the API does not
    /// publish: more are [refused](Refusal::Limit) before the first change.
    pub fn project_limit(mut self, projects: usize) -> Self {
        self.work.limit = Some(projects);
        self
    }

    /// Whether to move the other projects if some are refused, which then fail with that.
    pub fn skip_refused(mut self, skip: bool) -> Self {
        self.work.skip_refused = skip;
        self
    }

    /// Returns the plan when awaited, and changes nothing.
    pub fn plan(self) -> Call<TransferPlan> {
        let (org, work) = (self.org, self.work);
        Call::of(self.neon.clone(), |client| async move {
            let neon = client.get();
            crate::workflows::admit(&neon)?;
            work.planned(&Base { neon, org }).await
        })
    }
}

maybe! { Job<Transfer>;
    maybe_project_limit = project_limit(usize);
    maybe_skip_refused = skip_refused(bool);
}

impl Sealed for Transfer {}

impl Work for Transfer {
    type Done = ();

    type Item = Item;

    const JOB: &'static str = "transfer";

    fn items(
        self: Arc<Self>,
        base: Base,
        _: Arc<FleetState<()>>,
    ) -> BoxFuture<'static, Result<Items<Item>>> {
        Box::pin(async move {
            let plan = self.planned(&base).await?;
            let is_refused = |refusal: &Refusal| !self.skip_refused || refusal.project().is_none();
            if plan.refusals.iter().any(is_refused) {
                return Err(Error::Refused(Box::new(Refusals::new(plan.refusals))));
            }
            let name = |project: &ProjectId| Arc::<str>::from(project.as_str());
            let mut items: Items<Item> = Vec::new();
            for refusal in plan.refusals {
                items.extend(
                    refusal
                        .project()
                        .map(name)
                        .map(|name| (name, Item::Refused(refusal.clone()))),
                );
            }
            items.extend(
                plan.moved
                    .iter()
                    .map(|project| (name(project), Item::Moved)),
            );
            items.extend(
                plan.to_move
                    .into_iter()
                    .map(|project| (name(&project), Item::Move(project))),
            );
            Ok(items)
        })
    }

    fn run(
        self: Arc<Self>,
        base: Base,
        item: Arc<Item>,
        _: u32,
    ) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(async move {
            match &*item {
                Item::Moved => Ok(()),
                Item::Move(project) => self.in_batch(&base, project.clone()).await,
                Item::Refused(refusal) => {
                    let refusals = Refusals::new(vec![refusal.clone()]);
                    Err(Error::Refused(Box::new(refusals)).into())
                }
            }
        })
    }
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("to", &self.to)
            .field("projects", &self.projects.len())
            .finish_non_exhaustive()
    }
}
