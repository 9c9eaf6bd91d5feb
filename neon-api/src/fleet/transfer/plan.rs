//! What the API would refuse.

use std::collections::{HashMap, HashSet};

use neon_api_raw::enums::{ApplicationType, AuthDetailsResponseAuthMethod};
use neon_api_raw::ids::{OrgId, ProjectId};

use super::{Transfer, TransferPlan};
use crate::Result;
use crate::error::{Error, Refusal};
use crate::fleet::job::sealed::Base;

/// Integrations with which the API transfers no project.
const FIXED: [ApplicationType; 2] = [ApplicationType::Github, ApplicationType::Vercel];

/// The projects of an organization with the integrations that fix them there. Fails if any could not
/// be reached.
async fn projects_of(
    base: &Base,
    org: &OrgId,
) -> Result<HashMap<ProjectId, Option<ApplicationType>>> {
    let mut list = base.neon.projects().list().org(org);
    let mut all = HashMap::new();
    while let Some(project) = list.try_next().await? {
        let mut integrations = project.integrations.into_iter();
        let fixed = integrations.find(|integration| FIXED.contains(integration));
        all.insert(project.project.id, fixed);
    }
    match list.unavailable() {
        [] => Ok(all),
        missing => Err(Error::Partial {
            route: list.route(),
            missing: missing.to_vec(),
        }),
    }
}

impl Transfer {
    /// The projects of the two organizations.
    pub(super) async fn places(&self, base: &Base) -> Result<[HashSet<ProjectId>; 2]> {
        let mut places = [HashSet::new(), HashSet::new()];
        for (place, org) in places.iter_mut().zip([base.org.as_ref(), Some(&self.to)]) {
            if let Some(org) = org {
                place.extend(projects_of(base, org).await?.into_keys());
            }
        }
        Ok(places)
    }

    pub(super) async fn planned(&self, base: &Base) -> Result<TransferPlan> {
        let mut plan = TransferPlan {
            to_move: Vec::new(),
            moved: Vec::new(),
            refusals: Vec::new(),
        };
        let key = base.neon.whoami().await?.auth_method;
        if key == AuthDetailsResponseAuthMethod::ApiKeyOrg {
            plan.refusals.push(Refusal::OrganizationKey);
            // It cannot list the projects of the other organization.
            return Ok(plan);
        }
        match base.neon.org(&self.to).get().await {
            Ok(_) => {}
            Err(error) if error.is_not_found() || error.is_auth() => {
                plan.refusals.push(Refusal::NoDestination);
                return Ok(plan);
            }
            Err(error) => return Err(error),
        }
        let there = projects_of(base, &self.to).await?;
        let here = match &base.org {
            Some(org) => projects_of(base, org).await?,
            None => HashMap::new(),
        };
        for project in &self.projects {
            let project = project.clone();
            match here.get(&project) {
                _ if there.contains_key(&project) => plan.moved.push(project),
                None => plan.refusals.push(Refusal::NotFound(project)),
                Some(None) => plan.to_move.push(project),
                Some(Some(integration)) => plan.refusals.push(Refusal::Integration {
                    project,
                    integration: integration.clone(),
                }),
            }
        }
        let (present, moving) = (there.len(), plan.to_move.len());
        if let Some(limit) = self.limit
            && moving > 0
            && present.saturating_add(moving) > limit
        {
            plan.refusals.push(Refusal::Limit {
                limit,
                present,
                moving,
            });
        }
        Ok(plan)
    }
}
