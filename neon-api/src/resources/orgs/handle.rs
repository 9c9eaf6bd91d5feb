//! One organization.

use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::types::Organization;

use super::transfer_of;
use crate::call::{self, Call, IntoId, call};
use crate::neon::Neon;

/// One organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let org = neon.org("org-ocean-art-12345678");
/// println!("{}", org.get().await?.name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgHandle {
    pub(crate) neon: Neon,
    pub(crate) id: OrgId,
}

impl OrgHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The organization's ID, as it was given.
    pub fn id(&self) -> &OrgId {
        &self.id
    }

    /// The organization as it is now (`getOrganization`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it.
    #[doc(alias = "getOrganization")]
    pub fn get(&self) -> Call<Organization> {
        call!(
            &self,
            |this, neon| neon.raw().get_organization(&this.id).await,
            |response| *response
        )
    }

    /// The organization as it is now (`getOrganization`); `None` when there is none, or the key may
    /// not see it.
    pub fn get_opt(&self) -> Call<Option<Organization>> {
        self.get().optional()
    }

    /// Moves projects of this organization to another one (`transferProjectsFromOrgToOrg`), 1 to
    /// 400 by a request; the API refuses more. The projects stay available. Requires a personal API
    /// key.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let org = neon.org("org-ocean-art-12345678");
    /// org.transfer_projects("org-silent-sky-87654321", ["late-frost-12345678"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if no project is given. The
    /// status 406 when limits of the other organization do not allow it, 422 when a project has an
    /// integration; the error's body names which. The request is not retried when its response is
    /// lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "transferProjectsFromOrgToOrg")]
    pub fn transfer_projects(
        &self,
        to: impl IntoId<OrgId>,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
    ) -> Call<()> {
        let mut org = self.clone();
        let body = transfer_of(&mut org.neon, to, projects);
        call!(
            &org,
            |this, neon| neon
                .raw()
                .transfer_projects_from_org_to_org(&this.id, &body)
                .await,
            |_| ()
        )
    }
}

call::from_values! {
    OrgHandle => OrgId, |org| org.id, unless org.neon.fault();
}
