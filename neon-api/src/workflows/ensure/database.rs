//! Ensuring a database.

use neon_api_raw::types::Database;

use super::found::{Comparison, change};
use super::once::{Once, once};
use super::{Ensured, Field, FieldRule};
use crate::Result;
use crate::call::{Call, maybe, request};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::resources::databases::Databases;
use crate::waits::Started;
use crate::workflows::running;

/// A database that is to exist: found by its exact name, or created. Awaiting it lists the branch's
/// databases (`listProjectBranchDatabases`) and sends `createProjectBranchDatabase` if there is no such
/// database; after a conflict or a lost response it lists them again. So there is one database,
/// however many processes do the same.
///
/// | argument | if the database exists |
/// |---|---|
/// | `owner` | compared |
///
/// [`ready`](Self::ready) also waits for the operations that run on the branch if the database was
/// created in the last ten minutes, as by another process.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let app = branch.databases().ensure("app", "neondb_owner").ready().await?;
/// println!("{} of {}", app.name, app.owner_name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Differs`](crate::Error::Differs) if another role owns it, unless
/// [that is changed](Self::apply_differences), and those of the calls.
/// [`outcome_unknown`](crate::Error::outcome_unknown) only if three requests were lost.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnsureDatabase {
    branch: BranchHandle,
    name: String,
    owner: String,
    applies: bool,
}

impl Databases {
    /// Makes sure that there is a database of this name which this role owns: finds it, or creates
    /// it. [`EnsureDatabase`] describes how, and what else can be chosen.
    pub fn ensure(&self, name: impl Into<String>, owner: impl Into<String>) -> EnsureDatabase {
        let (mut branch, name, owner) = (self.branch().clone(), name.into(), owner.into());
        for fault in [
            input::name("database.name", &name, Longest::POSTGRES),
            input::name("database.owner_name", &owner, Longest::POSTGRES),
        ] {
            branch.neon.refuse_if(fault);
        }
        EnsureDatabase {
            branch,
            name,
            owner,
            applies: false,
        }
    }
}

impl EnsureDatabase {
    /// What happens to each field if the database exists.
    pub const FIELDS: &[Field] = &[Field::new("owner", FieldRule::Compared)];

    /// Whether a database of another role is given to this one (`updateProjectBranchDatabase`),
    /// which is an error by default.
    pub fn apply_differences(mut self, apply: bool) -> Self {
        self.applies = apply;
        self
    }

    fn call(self) -> Call<Started<Ensured<Database>>> {
        Call::of(self.branch.neon.clone(), |client| async move {
            self.run(client.get()).await
        })
    }

    async fn run(self, neon: Neon) -> Result<Started<Ensured<Database>>> {
        let BranchHandle { project, id, .. } = &self.branch;
        let branch = neon.project(project).branch(id);
        let databases = branch.databases();
        let create = || databases.create(&self.name, &self.owner).send();
        let found = once(&neon, || databases.find(&self.name), create).await?;
        let (is_created, is_new, mut database) = match found {
            Once::Created(created) => {
                let operations = created.operations().to_vec();
                let database = Ensured::Created(created.into_value());
                return Ok(Started::new(&neon, database, operations));
            }
            Once::Found(database) => (false, running::is_recent(database.created_at), database),
            Once::Appeared { found, lost } => (lost, true, found),
        };
        let mut operations = Vec::new();
        if is_new {
            operations = running::on_branch(&neon, project, id).await?;
        }
        let mut comparison = Comparison::default();
        let differs = comparison.compare("owner", Some(&self.owner), &database.owner_name);
        comparison.check(|| format!("database {}", self.name), self.applies)?;
        if differs {
            let update = || {
                branch
                    .database(&self.name)
                    .update()
                    .owner(&self.owner)
                    .send()
            };
            database = change(&neon, &mut operations, update).await?;
        }
        let database = Ensured::new(is_created, database);
        Ok(Started::new(&neon, database, operations))
    }
}

request!(EnsureDatabase => Started<Ensured<Database>>);

maybe! { EnsureDatabase; maybe_apply_differences = apply_differences(bool) }
