//! The project of a tenant that was found.

use super::find::Found;
use super::{Provision, Provisioned, Tenant};
use crate::Result;
use crate::connection_string::ConnectionString;
use crate::error::{Difference, Differences, Error};
use crate::fleet::failure::Failure;
use crate::fleet::job::sealed::Base;
use crate::resources::branches::BranchHandle;
use crate::waits::WaitToken;
use crate::workflows::{finished, on_project};

impl Provision {
    /// Takes a project that was found; a new one was created by this job, or may have been.
    pub(super) async fn adopt(
        &self,
        base: &Base,
        tenant: &Tenant,
        found: &Found,
        is_new: bool,
    ) -> Result<Provisioned, Failure> {
        compare(tenant, found)?;
        let mut done = Provisioned {
            project: found.id.clone(),
            branch: None,
            is_created: is_new,
        };
        if !is_new && !self.verify && self.deliver.is_none() {
            return Ok(done);
        }
        let project = base.neon.project(&found.id);
        let running = on_project(&base.neon, &found.id).await?;
        self.pace.ready(&base.neon, WaitToken::of(&running)).await?;
        let default = project
            .branches()
            .list()
            .find_where(|branch| branch.default);
        let missing = Error::NotInResponse("the project has no default branch");
        let branch = default.await?.ok_or(missing)?;
        done.branch = Some(branch.id.clone());
        let branch = project.branch(&branch);
        ensure(base, tenant, &branch).await?;
        if self.deliver.is_some() {
            let connection = self.connection(&branch, tenant).await?;
            self.hand_over(project, tenant, connection).await?;
        }
        Ok(done)
    }

    /// The direct connection string of the tenant's database and role.
    pub(super) async fn connection(
        &self,
        branch: &BranchHandle,
        tenant: &Tenant,
    ) -> Result<ConnectionString> {
        let (database, role) = tenant.names();
        let find = branch.connection_string().pooled(false);
        find.maybe_database(database).maybe_role(role).await
    }
}

impl Tenant {
    /// The names of its database and role, if it has any.
    fn names(&self) -> (Option<&String>, Option<&String>) {
        let branch = self.project.branch.as_ref();
        (
            branch.and_then(|branch| branch.database_name.as_ref()),
            branch.and_then(|branch| branch.role_name.as_ref()),
        )
    }
}

/// Creates the tenant's role and database, unless they exist.
async fn ensure(base: &Base, tenant: &Tenant, branch: &BranchHandle) -> Result<()> {
    let (database, role) = tenant.names();
    if let Some(role) = role {
        finished(&base.neon, branch.roles().ensure(role).await?).await?;
    }
    let (Some(database), owner) = (database, role) else {
        return Ok(());
    };
    let owner = owner.map_or_else(|| format!("{database}_owner"), Clone::clone);
    if role.is_none() {
        finished(&base.neon, branch.roles().ensure(&owner).await?).await?;
    }
    finished(
        &base.neon,
        branch.databases().ensure(database, owner).await?,
    )
    .await?;
    Ok(())
}

/// Fails if what is fixed at a creation is not as wanted.
fn compare(tenant: &Tenant, found: &Found) -> Result<()> {
    let mut differences = Vec::new();
    let wanted = &tenant.project;
    if let Some(region) = &wanted.region_id
        && *region != found.region
    {
        differences.push(Difference::new("region", region, &found.region, false));
    }
    if let Some(version) = &wanted.pg_version
        && version.0 != found.pg_version
    {
        differences.push(Difference::new(
            "pg_version",
            version.0,
            found.pg_version,
            false,
        ));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let resource = format!("project {}", found.id);
    Err(Error::Differs(Box::new(Differences::new(
        resource,
        differences,
    ))))
}
