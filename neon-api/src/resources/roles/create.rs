//! Creating a role.

use neon_api_raw::types::{Role, RoleCreateRequest, RoleCreateRequestRole};

use crate::call::{Call, maybe, request, started};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// A role that is to be created. Awaiting it sends the request (`createProjectBranchRole`). The
/// branch's connections end.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let group = branch.roles().create("reporters").no_login(true).ready().await?;
/// println!("{}", group.name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the name is empty or longer than 63
/// bytes, [`is_conflict`](crate::Error::is_conflict) when a role of that name exists. The request
/// is not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
/// reports it. While operations lock the project (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateRole {
    branch: BranchHandle,
    role: RoleCreateRequestRole,
}

impl CreateRole {
    pub(super) fn new(mut branch: BranchHandle, name: String) -> Self {
        let fault = input::name("role.name", &name, Longest::POSTGRES);
        branch.neon.refuse_if(fault);
        Self {
            branch,
            role: RoleCreateRequestRole::new(name),
        }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Whether the role is one that cannot log in, such as a group; it then has no password.
    pub fn no_login(mut self, no_login: bool) -> Self {
        self.role.no_login = Some(no_login);
        self
    }

    /// Changes the role of the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let create = branch.roles().create("reporter").with(|role| role.no_login = None);
    /// create.ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut RoleCreateRequestRole)) -> Self {
        change(&mut self.role);
        self
    }

    fn call(self) -> Call<Started<Role>> {
        started!(
            self,
            |this, neon| {
                let branch = &this.branch;
                let body = RoleCreateRequest::new(this.role);
                let raw = neon.raw();
                raw.create_project_branch_role(&branch.project, &branch.id, &body)
                    .await
            },
            |response| response.role
        )
    }
}

request!(CreateRole => Started<Role>);

maybe! { CreateRole; maybe_no_login = no_login(bool) }
