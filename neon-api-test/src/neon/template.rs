//! The branch that those of the pool are made from: the parent, or a child of it with the migrations.

use neon_api::Neon;
use neon_api::branches::BranchHandle;
use neon_api::ids::BranchId;

use crate::error::{Error, Result};
use crate::plan::Plan;

/// What is done to a project before the pool has branches of it.
pub(super) struct Template<'a> {
    pub(super) neon: &'a Neon,
    pub(super) project: &'a str,
    pub(super) parent: Option<&'a str>,
    pub(super) owner: &'a str,
    pub(super) life: std::time::Duration,
}

impl Template<'_> {
    /// The branch whose contents a test begins with.
    pub(super) async fn ensure(&self, plan: &Plan, pool: &str) -> Result<BranchId> {
        let project = self.neon.project(self.project);
        let parent = match self.parent {
            None => None,
            Some(name) => {
                let found = project.branches().find(name).await?;
                let missing = || {
                    let why = format!("{} has no branch {name:?}", self.project);
                    Error::Setting("NEON_TEST_PARENT", why)
                };
                Some(found.ok_or_else(missing)?.id.clone())
            }
        };
        if plan.is_empty() {
            return match parent {
                Some(parent) => Ok(parent),
                None => self.default_branch().await,
            };
        }
        let key = plan.key()?;
        // Renamed when it is complete: one that is not is from a process that has ended.
        let (name, new) = (format!("{pool}/{key}"), format!("{pool}/{key} new"));
        if let Some(found) = project.branches().find(&name).await? {
            return Ok(found.id.clone());
        }
        if let Some(left) = project.branches().find(&new).await? {
            project
                .branch(&left)
                .delete()
                .ready()
                .await
                .map_err(neon_api::Error::from)?;
        }
        let branch = project
            .branches()
            .ensure(&new)
            .with_compute()
            .owner(self.owner);
        let branch = branch.maybe_parent(parent.as_ref()).expires_in(self.life);
        let made = branch.ready().await.map_err(neon_api::Error::from)?;
        let made = project.branch(&made.branch.branch);
        let url = url(&made).await?;
        plan.run(&url).await?;
        // A branch with children can have no expiry: they have one, and a sweep finds it.
        made.update()
            .name(&name)
            .never_expires()
            .ready()
            .await
            .map_err(neon_api::Error::from)?;
        Ok(made.id().clone())
    }

    async fn default_branch(&self) -> Result<BranchId> {
        let mut branches = self.neon.project(self.project).branches().list();
        while let Some(branch) = branches.try_next().await? {
            if branch.default {
                return Ok(branch.id.clone());
            }
        }
        let why = format!("{} has no default branch", self.project);
        Err(Error::Setting("NEON_TEST_PARENT", why))
    }
}

/// The connection string of the branch's first database, with the role that owns it.
pub(super) async fn url(branch: &BranchHandle) -> Result<String> {
    let databases = branch.databases().list().await?;
    let missing = || Error::Database(format!("branch {} has no database", branch.id()));
    let first = databases.first().ok_or_else(missing)?;
    let url = branch.connection_uri(&first.name, &first.owner_name);
    // Tests restore and drop what pooled connections would still hold.
    Ok(url.pooled(false).await?.expose().to_owned())
}
