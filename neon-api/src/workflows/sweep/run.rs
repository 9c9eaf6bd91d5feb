//! Planning and running.

use std::time::Duration;

use chrono::Utc;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Endpoint;

use super::criteria::Criteria;
use super::plan::{Fate, KeepReason, PlannedBranch, SweepPlan};
use super::report::SweepReport;
use crate::Result;
use crate::call::Call;
use crate::error::Error;
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::resources::projects::ProjectHandle;
use crate::waits::Started;
use crate::workflows::checkpoint::Saver;
use crate::workflows::{admit, running};

/// How often a deletion is sent at most, if it is unknown whether it took effect.
const ATTEMPTS: u32 = 3;

pub(super) async fn plan(
    neon: &Neon,
    project: &ProjectId,
    criteria: Criteria,
) -> Result<SweepPlan> {
    let handle = neon.project(project);
    let all = handle.branches().list().await?;
    let endpoints = match criteria.idle_for {
        Some(_) => handle.endpoints().list().await?,
        None => Vec::new(),
    };
    let now = Utc::now();
    let rule = criteria.clone();
    let mut plan = SweepPlan::new(project.clone(), criteria, &all, |branch| {
        let of_branch = |endpoint: &&Endpoint| endpoint.branch_id == branch.id;
        rule.names(branch)
            && rule.is_old(branch, now)
            && rule.is_idle(branch, endpoints.iter().filter(of_branch), now)
    });
    if let (Some(root), true) = (&rule.subtree, plan.branches.is_empty()) {
        plan.branches.push(PlannedBranch {
            id: root.clone(),
            name: String::new(),
            parent: None,
            fate: Fate::Kept(KeepReason::Gone),
        });
    }
    Ok(plan)
}

/// Runs a plan, children first.
pub(super) async fn run(neon: &Neon, mut plan: SweepPlan, saver: &Saver) -> Result<SweepReport> {
    admit(neon)?;
    let project = neon.project(&plan.project);
    let open: Vec<BranchId> = plan.to_delete().map(|branch| branch.id.clone()).collect();
    for id in open {
        let Some(fate) = plan.fate_mut(&id) else {
            continue;
        };
        let was_begun = *fate == Fate::Deleting;
        if !was_begun && *fate != Fate::Delete {
            // A child of it stays.
            continue;
        }
        let branch = project.branch(&id);
        let kept = match check(&project, &branch, &plan.criteria).await {
            Ok(kept) => kept,
            Err(error) => return Ok(ended(plan, error)),
        };
        let fate = match kept {
            Some(KeepReason::Gone) if was_begun => Fate::Deleted,
            Some(reason) => Fate::Kept(reason),
            None => {
                set(&mut plan, &id, Fate::Deleting);
                saver.save(&plan).await?;
                match delete(&branch).await {
                    Ok(()) => Fate::Deleted,
                    Err(error) if is_refusal(&error) => {
                        Fate::Kept(KeepReason::Refused(error.to_string()))
                    }
                    Err(error) if matches!(error, Error::Wait(_)) => {
                        Fate::Kept(KeepReason::Failed(error.to_string()))
                    }
                    Err(error) => {
                        if !error.outcome_unknown() {
                            set(&mut plan, &id, Fate::Delete);
                        }
                        return Ok(ended(plan, error));
                    }
                }
            }
        };
        tracing::debug!(branch = %id, %fate, "sweep");
        set(&mut plan, &id, fate);
        plan.keep_parents();
        saver.save(&plan).await?;
    }
    Ok(SweepReport { plan, error: None })
}

fn set(plan: &mut SweepPlan, id: &BranchId, fate: Fate) {
    if let Some(place) = plan.fate_mut(id) {
        *place = fate;
    }
}

fn ended(plan: SweepPlan, error: Error) -> SweepReport {
    let error = Some(error);
    SweepReport { plan, error }
}

/// Why a branch is not to be deleted, as it is now.
async fn check(
    project: &ProjectHandle,
    branch: &BranchHandle,
    criteria: &Criteria,
) -> Result<Option<KeepReason>> {
    let Some(found) = branch.get_opt().await? else {
        return Ok(Some(KeepReason::Gone));
    };
    if found.default {
        return Ok(Some(KeepReason::Default));
    }
    if found.protected {
        return Ok(Some(KeepReason::Protected));
    }
    if criteria.subtree.is_some() {
        return Ok(None);
    }
    let now = Utc::now();
    if !criteria.names(&found) || !criteria.is_old(&found, now) {
        return Ok(Some(KeepReason::Changed));
    }
    if criteria.idle_for.is_some() {
        let endpoints = project.branch(&found).endpoints().list().await?;
        if !criteria.is_idle(&found, &endpoints, now) {
            return Ok(Some(KeepReason::Changed));
        }
    }
    Ok(None)
}

/// Whether the API refuses this for a branch, as for one that has got a child meanwhile.
pub(crate) fn is_refusal(error: &Error) -> bool {
    let refusals = [400, 409, 412, 422];
    let status = error.status().map(|status| status.as_u16());
    status.is_some_and(|status| refusals.contains(&status))
}

/// Deletes a branch and waits until it is gone.
pub(in crate::workflows) async fn delete(branch: &BranchHandle) -> Result<()> {
    delete_once(branch.neon(), || branch.delete()).await?;
    Ok(())
}

/// Deletes something and waits until it is gone; whether it was there. If it is unknown whether a
/// request took effect, it is sent again, which does no harm.
pub(crate) async fn delete_once(
    neon: &Neon,
    delete: impl Fn() -> Call<Started<()>> + Send,
) -> Result<bool> {
    let mut attempts = 1;
    loop {
        match delete().await {
            Ok(started) => return running::finished(neon, started).await.map(|()| true),
            Err(error) if error.is_not_found() => return Ok(attempts > 1),
            Err(error) if error.outcome_unknown() && attempts < ATTEMPTS => {
                running::pause(neon, Duration::from_secs(1)).await;
                attempts += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
