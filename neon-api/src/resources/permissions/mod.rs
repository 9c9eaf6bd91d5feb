//! Permissions by which a project is shared with other users.
//!
//! All calls require the personal API key of an admin of the project or its organization.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! let permission = project.permissions().grant("ada@example.com").await?;
//! for permission in project.permissions().list().await? {
//!     println!("{} since {}", permission.granted_to_email, permission.granted_at);
//! }
//! project.permission(&permission).revoke().await?;
//! # Ok(())
//! # }
//! ```

use neon_api_raw::ids::{PermissionId, ProjectId};
use neon_api_raw::types::{GrantPermissionToProjectRequest, ProjectPermission};

use super::projects::ProjectHandle;
use crate::call::{Call, IntoId, call, from_values};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The permissions by which a project is shared. Nothing is sent until a call is made on it; clones
/// are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for permission in project.permissions().list().await? {
///     println!("{}", permission.granted_to_email);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Permissions {
    project: ProjectHandle,
}

/// One permission by which a project is shared. Nothing is sent until a call is made on it; clones
/// are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for permission in project.permissions().list().await? {
///     project.permission(&permission).revoke().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PermissionHandle {
    project: ProjectHandle,
    id: PermissionId,
}

impl ProjectHandle {
    /// The permissions by which the project is shared: granting and listing.
    pub fn permissions(&self) -> Permissions {
        Permissions {
            project: self.clone(),
        }
    }

    /// One permission, by its ID or by a value that has one. Nothing is sent until a call is made
    /// on it.
    pub fn permission(&self, id: impl IntoId<PermissionId>) -> PermissionHandle {
        let (project, id) = self.given(id);
        PermissionHandle { project, id }
    }
}

impl Permissions {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Lists the permissions (`listProjectPermissions`). Requires the personal API key of an admin
    /// of the project or its organization. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "listProjectPermissions")]
    pub fn list(&self) -> Pager<Plain<ProjectPermission>> {
        list!(
            self.project,
            LIST_PROJECT_PERMISSIONS,
            |project, neon| neon.raw().list_project_permissions(&project.id).await,
            |response| response.project_permissions
        )
    }

    /// The permission of the user with exactly this email address (`listProjectPermissions`);
    /// `None` if there is none. Requires the personal API key of an admin of the project or its
    /// organization.
    pub fn find(&self, email: impl Into<String>) -> Call<Option<ProjectPermission>> {
        let email = email.into();
        self.list()
            .find_where(move |it| it.granted_to_email == email)
    }

    /// Shares the project with the user of this email address (`grantPermissionToProject`), which
    /// has up to 256 characters. Requires the personal API key of an admin of the project or its
    /// organization.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "grantPermissionToProject")]
    pub fn grant(&self, email: impl Into<String>) -> Call<ProjectPermission> {
        let body = GrantPermissionToProjectRequest::new(email);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .grant_permission_to_project(&this.project.id, &body)
                .await,
            |response| *response
        )
    }
}

impl PermissionHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The permission's ID, as it was given.
    pub fn id(&self) -> &PermissionId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.project.id()
    }

    /// Revokes the permission (`revokePermissionFromProject`), and returns it as it is then.
    /// Requires the personal API key of an admin of the project or its organization.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such permission. The request
    /// is not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "revokePermissionFromProject")]
    pub fn revoke(&self) -> Call<ProjectPermission> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .revoke_permission_from_project(&this.project.id, &this.id)
                .await,
            |response| *response
        )
    }
}

from_values! {
    ProjectPermission => PermissionId, |permission| permission.id;
}
