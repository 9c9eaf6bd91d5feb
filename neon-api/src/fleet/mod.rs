//! Many projects of one account: what is done with all of them, so that one failure stops nothing and
//! a killed process goes on where it was.
//!
//! | workflow | begins with |
//! |---|---|
//! | a project for each tenant | [`fleet.provision(tenants)`](Fleet::provision) |
//! | something for each project | [`fleet.for_each_project(work)`](Fleet::for_each_project) |
//! | something in each database | with the feature `connect`: `fleet.migrate(projects, work)` |
//! | what projects used | [`fleet.consumption(range, …)`](Fleet::consumption), [`fleet.consumption_deltas(state)`](Fleet::consumption_deltas) |
//! | snapshots by a schedule | [`branch.snapshot_step(rule)`](crate::branches::BranchHandle::snapshot_step), which a cron job calls |
//! | projects to another organization | [`fleet.transfer(to, projects)`](Fleet::transfer) |
//!
//! The consumption is a stream, and the step for snapshots one of a branch. The others are [`Job`]s: each
//! works on many items with [bounded concurrency](Job::concurrency), and the client's limiter paces the requests of all. An item that fails is [tried again](Job::attempts) when
//! the others are through, if that may help, and is then in the [report](Report) with its error.
//! What happens meanwhile is a [stream of events](Job::events). With a
//! [checkpoint](Job::checkpoint) the job is [resumed](Job::resume) after its process has ended
//! anywhere.
//!
//! Jobs are made of public calls only, so that limits, retries, guard rails and traces apply. A dropped
//! job leaves nothing running. Events, states and reports contain names and IDs, and no secrets.

pub mod consumption;
mod drive;
mod each;
mod event;
mod failure;
mod feed;
mod job;
mod ledger;
#[cfg(feature = "connect")]
mod migrate;
mod provision;
mod report;
mod run;
pub mod snapshots;
mod state;
mod transfer;

use std::collections::HashSet;

use neon_api_raw::ids::{OrgId, ProjectId};

use crate::call::IntoId;
use crate::neon::Neon;
use crate::resources::orgs::OrgHandle;

pub use crate::error::{Refusal, Refusals};
pub use each::{FleetProject, ForEachProject, WorkResult};
pub use event::{Event, Status};
pub use failure::Failure;
pub use job::{Job, Work};
#[cfg(feature = "connect")]
pub use migrate::{Migrate, Migrated, Target};
pub use provision::{Delivery, Provision, Provisioned};
pub use report::{Incomplete, ItemOutcome, Report};
pub use run::Run;
pub use state::FleetState;
pub use transfer::{Transfer, TransferPlan};

/// The projects of an organization, or of all organizations that the key can see. Nothing is sent
/// until a job is awaited; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
/// let fleet = neon.org("org-ocean-art-12345678").fleet();
/// let tenants = ["ada", "bob"].map(|name| neon.projects().create(name).region("aws-us-east-1"));
/// let report = fleet.provision(tenants).await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Fleet {
    neon: Neon,
    org: Option<OrgId>,
}

impl Neon {
    /// The projects of the client's organization if it was configured with one
    /// ([`default_org`](Self::default_org)); otherwise all that the key can see.
    pub fn fleet(&self) -> Fleet {
        Fleet {
            neon: self.clone(),
            org: self.default_org().cloned(),
        }
    }
}

impl OrgHandle {
    /// The projects of the organization.
    pub fn fleet(&self) -> Fleet {
        Fleet {
            neon: self.neon.clone(),
            org: Some(self.id.clone()),
        }
    }
}

impl Fleet {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The organization, if it is of one.
    pub fn org(&self) -> Option<&OrgId> {
        self.org.as_ref()
    }
}

/// Each project once, in their order. What is wrong with one, all calls of the client fail with.
fn distinct(
    neon: &mut Neon,
    projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
) -> Vec<ProjectId> {
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for project in projects {
        let project = neon.take_id(project);
        if known.insert(project.clone()) {
            all.push(project);
        }
    }
    all
}
