//! Creating the project of a tenant.

use std::time::Duration;

use super::{Provision, Provisioned, Tenant, find};
use crate::Result;
use crate::error::Error;
use crate::fleet::failure::Failure;
use crate::fleet::job::sealed::Base;
use crate::resources::projects::CreatedProject;
use crate::waits::Started;
use crate::workflows::pause;

/// When to search for a project whose creation was not confirmed, since it may be under way.
const SEARCHES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// How often a creation is sent at most in one attempt.
const ATTEMPTS: u32 = 3;

impl Provision {
    pub(super) async fn create(
        &self,
        base: &Base,
        tenant: &Tenant,
    ) -> Result<Provisioned, Failure> {
        let mut attempts = 1;
        loop {
            let create = base.neon.projects().create(&*tenant.name);
            let create = create.with(|project| project.clone_from(&tenant.project));
            let error = match create.await {
                Ok(started) => return self.created(base, tenant, started).await,
                Err(error) if error.outcome_unknown() => error,
                Err(error) => return Err(error.into()),
            };
            for time in SEARCHES {
                if !time.is_zero() {
                    pause(&base.neon, time).await;
                }
                let found = find::named(&base.neon, base.org.as_ref(), &tenant.name).await?;
                match found.as_slice() {
                    [] => {}
                    [found] => return self.adopt(base, tenant, found, true).await,
                    several => {
                        let ids = several.iter().map(|found| found.id.clone()).collect();
                        return Err(Error::Ambiguous { ids }.into());
                    }
                }
            }
            if attempts == ATTEMPTS {
                return Err(error.into());
            }
            attempts += 1;
        }
    }

    async fn created(
        &self,
        base: &Base,
        tenant: &Tenant,
        started: Started<CreatedProject>,
    ) -> Result<Provisioned, Failure> {
        let token = started.token();
        let created = started.into_value();
        self.pace.ready(&base.neon, token).await?;
        let project = base.neon.project(&created);
        let branch = created.branch.id.clone();
        let done = Provisioned {
            project: created.project.id.clone(),
            branch: Some(branch.clone()),
            is_created: true,
        };
        if self.deliver.is_some() {
            let connection = match created.connection_string() {
                Ok(connection) => connection,
                // The API leaves it out of some responses.
                Err(_) => self.connection(&project.branch(&branch), tenant).await?,
            };
            self.hand_over(project, tenant, connection).await?;
        }
        Ok(done)
    }
}
