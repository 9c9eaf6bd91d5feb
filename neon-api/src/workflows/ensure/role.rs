//! Ensuring a role.

use neon_api_raw::types::Role;

use super::once::{Once, once};
use super::{Ensured, Field, FieldRule};
use crate::Result;
use crate::call::{Call, maybe, request};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::resources::roles::Roles;
use crate::waits::Started;
use crate::workflows::running;

/// A role that is to exist: found by its exact name, or created. Awaiting it lists the branch's roles
/// (`listProjectBranchRoles`) and sends `createProjectBranchRole` if there is no such role;
/// after a conflict or a lost response it lists them again. So there is one role, however many
/// processes do the same.
///
/// | setter | if the role exists |
/// |---|---|
/// | `no_login` | ignored: the API does not return it |
///
/// The password is in the response that creates the role only;
/// [`password`](crate::roles::RoleHandle::password) reveals that of any role, and resets nothing.
///
/// [`ready`](Self::ready) also waits for the operations that run on the branch if the role was
/// created in the last ten minutes, as by another process.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let role = branch.roles().ensure("reporter").ready().await?;
/// println!("{}: {}", role.name, if role.is_created() { "created" } else { "found" });
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the calls. [`outcome_unknown`](crate::Error::outcome_unknown) only if three creations
/// were lost and none took effect.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnsureRole {
    branch: BranchHandle,
    name: String,
    no_login: Option<bool>,
}

impl Roles {
    /// Makes sure that there is a role of this name: finds it, or creates it. [`EnsureRole`]
    /// describes how, and what else can be chosen.
    pub fn ensure(&self, name: impl Into<String>) -> EnsureRole {
        let (mut branch, name) = (self.branch().clone(), name.into());
        branch
            .neon
            .refuse_if(input::name("role.name", &name, Longest::POSTGRES));
        EnsureRole {
            branch,
            name,
            no_login: None,
        }
    }
}

impl EnsureRole {
    /// What happens to each field if the role exists.
    pub const FIELDS: &[Field] = &[Field::new("no_login", FieldRule::Ignored)];

    /// Whether the role is one that cannot log in, if it is created.
    pub fn no_login(mut self, no_login: bool) -> Self {
        self.no_login = Some(no_login);
        self
    }

    fn call(self) -> Call<Started<Ensured<Role>>> {
        Call::of(self.branch.neon.clone(), |client| async move {
            self.run(client.get()).await
        })
    }

    async fn run(self, neon: Neon) -> Result<Started<Ensured<Role>>> {
        let BranchHandle { project, id, .. } = &self.branch;
        let roles = neon.project(project).branch(id).roles();
        let create = || {
            roles
                .create(&self.name)
                .maybe_no_login(self.no_login)
                .send()
        };
        let (is_created, is_new, role) =
            match once(&neon, || roles.find(&self.name), create).await? {
                Once::Created(created) => {
                    let operations = created.operations().to_vec();
                    let role = Ensured::Created(created.into_value());
                    return Ok(Started::new(&neon, role, operations));
                }
                Once::Found(role) => (false, running::is_recent(role.created_at), role),
                Once::Appeared { found, lost } => (lost, true, found),
            };
        let mut operations = Vec::new();
        if is_new {
            operations = running::on_branch(&neon, project, id).await?;
        }
        let role = Ensured::new(is_created, role);
        Ok(Started::new(&neon, role, operations))
    }
}

request!(EnsureRole => Started<Ensured<Role>>);

maybe! { EnsureRole; maybe_no_login = no_login(bool) }
