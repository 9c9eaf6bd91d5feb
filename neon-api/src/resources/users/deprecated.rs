//! What the API is about to drop.

use neon_api_raw::ids::{OrgId, ProjectId};

use super::Me;
use crate::call::{Call, IntoId, call};
use crate::resources::orgs::transfer_of;

impl Me {
    /// Moves projects of the user's own account to an organization
    /// (`transferProjectsFromUserToOrg`), 1 to 400 by a request; the API refuses more. Requires a
    /// personal API key.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if no project is given. The
    /// status 406 when limits of the organization do not allow it, 422 when a project has an
    /// integration; the error's body names which. The request is not retried when its response is
    /// lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "transferProjectsFromUserToOrg")]
    #[deprecated(
        note = "the API drops accounts without an organization: use `neon.org(id).transfer_projects(…)`"
    )]
    #[expect(deprecated, reason = "the raw method is deprecated like this one")]
    pub fn transfer_projects(
        &self,
        to: impl IntoId<OrgId>,
        projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
    ) -> Call<()> {
        let mut me = self.clone();
        let body = transfer_of(&mut me.neon, to, projects);
        call!(
            me,
            |_this, neon| neon.raw().transfer_projects_from_user_to_org(&body).await,
            |_| ()
        )
    }
}
