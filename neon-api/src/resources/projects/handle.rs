//! One project.

use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::{Project, ProjectRecoverResponse};

use super::UpdateProject;
use crate::call::{Call, IntoId, call, deleted};
use crate::engine::Protected;
use crate::neon::Neon;
use crate::waits::Started;

/// One project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let project = neon.project("late-frost-12345678");
/// println!("{}", project.get().await?.name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectHandle {
    pub(crate) neon: Neon,
    pub(crate) id: ProjectId,
}

impl ProjectHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The ID of something in the project, and this handle; if the ID is not a valid one, or a
    /// value of another project, a handle whose calls fail with that.
    pub(crate) fn given<I>(&self, id: impl IntoId<I>) -> (Self, I) {
        let (neon, id) = self.neon.given_in(&self.id, id);
        let project = self.id.clone();
        (Self { neon, id: project }, id)
    }

    /// The project's ID, as it was given. Calls of a handle that was made of a string which cannot
    /// be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &ProjectId {
        &self.id
    }

    /// The project as it is now (`getProject`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it.
    #[doc(alias = "getProject")]
    pub fn get(&self) -> Call<Project> {
        call!(
            &self,
            |this, neon| neon.raw().get_project(&this.id).await,
            |response| response.project
        )
    }

    /// The project as it is now (`getProject`); `None` when there is none, or the key may not see
    /// it.
    pub fn get_opt(&self) -> Call<Option<Project>> {
        self.get().optional()
    }

    /// Changes the project (`updateProject`). [`UpdateProject`] describes what can be changed, and
    /// how the call fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// project.update().name("my-renamed-app").ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "updateProject")]
    pub fn update(&self) -> UpdateProject {
        UpdateProject::new(self.clone())
    }

    /// Deletes the project with all branches, compute endpoints, databases and roles in it
    /// (`deleteProject`): connections end, and its data is lost unless it is
    /// [recovered](Self::recover) in time. The response names no operations to wait for.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it;
    /// the API refuses for a project with a protected branch. The request is not retried when its
    /// response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "deleteProject")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project(&this.id)
            .await)
    }

    /// Recovers the project after its deletion, with its branches (`recoverProject`).
    /// [`recoverable`](crate::Pager::recoverable) lists the projects for which that is possible. In
    /// beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none to recover. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
    /// it.
    #[doc(alias = "recoverProject")]
    pub fn recover(&self) -> Call<ProjectRecoverResponse> {
        call!(
            &self,
            |this, neon| neon.raw().recover_project(&this.id).await,
            |response| *response
        )
    }
}

impl From<&ProjectHandle> for Protected {
    fn from(project: &ProjectHandle) -> Self {
        Self::from(project.id()).with_fault(project.neon.fault())
    }
}
