//! One project.

use std::future::IntoFuture;

use neon_api_raw::BoxFuture;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Project;

use super::branch::BranchHandle;
use super::branches::Branches;
use super::members::ProjectMembers;
use super::operations::Operations;
use crate::Result;
use crate::engine::Protected;
use crate::neon::Neon;

/// One project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use neon_api::ids::ProjectId;
///
/// let project = neon.project(ProjectId::new("late-frost-12345678")?);
/// println!("{}", project.get().await?.name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectHandle {
    neon: Neon,
    id: ProjectId,
}

impl ProjectHandle {
    pub(crate) fn new(neon: Neon, id: ProjectId) -> Self {
        Self { neon, id }
    }

    /// The project's id.
    pub fn id(&self) -> &ProjectId {
        &self.id
    }

    /// The project as it is now (`getProject`). Repeated as a read, as the
    /// [`RetryPolicy`](crate::RetryPolicy) says.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it.
    pub fn get(&self) -> impl Future<Output = Result<Project>> + Send + use<> {
        let Self { neon, id } = self.clone();
        async move {
            let answer = neon.raw().get_project(&id).await?;
            Ok(answer.into_boxed().project)
        }
    }

    /// Deletes the project with all that is in it, when awaited (`deleteProject`). [`DeleteProject`]
    /// tells what the answer holds and how the call fails.
    pub fn delete(&self) -> DeleteProject {
        DeleteProject {
            project: self.clone(),
        }
    }

    /// The project's branches: creating and listing.
    pub fn branches(&self) -> Branches {
        Branches::new(self.neon.clone(), self.id.clone())
    }

    /// One branch of the project. Nothing is sent until a call is made on it.
    pub fn branch(&self, id: impl Into<BranchId>) -> BranchHandle {
        BranchHandle::new(self.neon.clone(), self.id.clone(), id.into())
    }

    /// The project's operations, which its changes started: listing.
    pub fn operations(&self) -> Operations {
        Operations::new(self.neon.clone(), self.id.clone())
    }

    /// Those who have access to the project: listing.
    pub fn members(&self) -> ProjectMembers {
        ProjectMembers::new(self.neon.clone(), self.id.clone())
    }
}

impl From<&ProjectHandle> for Protected {
    fn from(project: &ProjectHandle) -> Self {
        project.id().into()
    }
}

/// The deletion of a project. Awaiting it sends the request (`deleteProject`) and gives the project
/// as it was; the API names no operations to wait for. A deleted project can be recovered for a while:
/// [`recoverable`](crate::Pager::recoverable) lists those that can.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// let was = project.delete().await?;
/// println!("{} is gone", was.name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it; the
/// API refuses for a project with a protected branch. The request is not repeated when its answer is
/// lost: [`outcome_unknown`](crate::Error::outcome_unknown) tells.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DeleteProject {
    project: ProjectHandle,
}

impl IntoFuture for DeleteProject {
    type Output = Result<Project>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let ProjectHandle { neon, id } = self.project;
            let answer = neon.raw().delete_project(&id).await?;
            Ok(answer.into_boxed().project)
        })
    }
}
