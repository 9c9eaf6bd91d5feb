//! The branch that those of the pool are made from: the parent, or a child of it with the migrations.

use std::collections::HashSet;

use neon_api::Neon;
use neon_api::branches::{AnnotatedBranch, BranchHandle};
use neon_api::chrono::{TimeDelta, Utc};
use neon_api::ids::BranchId;
use neon_api::workflows::OWNER;

use crate::error::{Error, Result};
use crate::plan::Plan;

/// What the names of all branches of pools begin with.
pub(super) const PREFIX: &str = "neon-api-test/";

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
        self.remove_outdated().await?;
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

    /// Removes the templates of migrations that have changed since: those of any machine with this
    /// owner mark that have no children, and are older than a branch lives.
    async fn remove_outdated(&self) -> Result<()> {
        let project = self.neon.project(self.project);
        let branches: Vec<AnnotatedBranch> = project.branches().list().await?;
        let life = TimeDelta::from_std(self.life).ok();
        let Some(oldest) = life.and_then(|life| Utc::now().checked_sub_signed(life)) else {
            return Ok(());
        };
        let parents: HashSet<_> = branches
            .iter()
            .filter_map(|branch| branch.parent_id.as_ref())
            .collect();
        for branch in &branches {
            let is_own = branch
                .annotations()
                .get(OWNER)
                .is_some_and(|owner| owner == self.owner);
            // Branches of a pool have an expiry.
            let is_template =
                is_own && branch.name.starts_with(PREFIX) && branch.expires_at.is_none();
            if is_template && branch.updated_at < oldest && !parents.contains(&branch.id) {
                // What fails is left to the next time: another process may have made a branch of it.
                project.branch(branch).delete().ready().await.ok();
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use neon_api_emulator::Emulator;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn templates_that_nobody_uses_are_removed() {
        // Everything in it is a day old.
        let emulator = Emulator::builder()
            .start_time(Utc::now() - TimeDelta::days(1))
            .build();
        let neon = Neon::builder()
            .api_key("napi_any")
            .transport(emulator.transport())
            .build()
            .unwrap();
        let made = neon.projects().create("tests").ready().await.unwrap();
        let project = made.project.id.to_string();
        let branches = neon.project(project.as_str()).branches();
        for (name, owner) in [
            ("neon-api-test/1/old", "mine"),
            ("neon-api-test/1/used", "mine"),
            ("neon-api-test/1/other", "theirs"),
            ("mine too", "mine"),
        ] {
            let branch = branches.create(name).annotate(OWNER, owner);
            branch.ready().await.unwrap();
        }
        let used = branches.find("neon-api-test/1/used").await.unwrap();
        let child = branches
            .ensure("neon-api-test/1/0")
            .parent(&*used.unwrap())
            .owner("mine")
            .expires_in(Duration::from_secs(3600));
        child.ready().await.unwrap();
        let template = |life| Template {
            neon: &neon,
            project: &project,
            parent: None,
            owner: "mine",
            life,
        };
        let names = || async {
            let list: Vec<AnnotatedBranch> = branches.list().await.unwrap();
            let mut names: Vec<_> = list.iter().map(|branch| branch.name.clone()).collect();
            names.sort();
            names
        };
        let before = names().await;
        template(Duration::from_secs(48 * 3600))
            .remove_outdated()
            .await
            .unwrap();
        assert_eq!(names().await, before);
        template(Duration::from_secs(6 * 3600))
            .remove_outdated()
            .await
            .unwrap();
        let left = [
            "main",
            "mine too",
            "neon-api-test/1/0",
            "neon-api-test/1/other",
            "neon-api-test/1/used",
        ];
        assert_eq!(names().await, left);
    }
}
