//! Compute endpoints: creating, listing, changing, starting, suspending and deleting them.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let project = neon.project("late-frost-12345678");
//! let branch = project.branch("br-noisy-breeze-a5e59rrb");
//! let replica = branch.endpoints().create_read_only().autoscaling(0.25..=2.0).ready().await?;
//!
//! let endpoint = project.endpoint(&replica);
//! endpoint.update().autoscaling(..=4.0).ready().await?;
//! endpoint.suspend().ready().await?;
//! endpoint.delete().ready().await?;
//! # Ok(())
//! # }
//! ```

mod create;
mod handle;
mod of_branch;
mod times;
mod update;

use neon_api_raw::enums::EndpointType;
use neon_api_raw::ids::{BranchId, EndpointId};
use neon_api_raw::types::Endpoint;

pub use create::CreateEndpoint;
pub use handle::EndpointHandle;
pub use of_branch::BranchEndpoints;
pub use times::EndpointTimes;
pub use update::UpdateEndpoint;

use super::projects::ProjectHandle;
use crate::call::IntoId;
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The compute endpoints of a project. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for endpoint in project.endpoints().list().await? {
///     println!("{} is {}", endpoint.id, endpoint.current_state);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Endpoints {
    project: ProjectHandle,
}

impl ProjectHandle {
    /// The project's compute endpoints: creating and listing.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            project: self.clone(),
        }
    }

    /// One compute endpoint of the project, by its ID or by a value that has one. Nothing is sent
    /// until a call is made on it.
    pub fn endpoint(&self, id: impl IntoId<EndpointId>) -> EndpointHandle {
        let (neon, id) = self.neon.given_in(&self.id, id);
        EndpointHandle {
            neon,
            project: self.id.clone(),
            id,
        }
    }
}

impl Endpoints {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.project.neon
    }

    /// Creates a compute endpoint for a branch (`createProjectEndpoint`), which has one read-write
    /// endpoint at most. [`CreateEndpoint`] describes what else can be chosen, and how the call
    /// fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::EndpointType;
    ///
    /// let branch = project.branches().create("preview").ready().await?;
    /// let endpoints = project.endpoints();
    /// let endpoint = endpoints.create(&branch, EndpointType::ReadWrite).ready().await?;
    /// println!("{}", endpoint.host);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectEndpoint")]
    pub fn create(&self, branch: impl IntoId<BranchId>, kind: EndpointType) -> CreateEndpoint {
        let (neon, branch) = self.project.neon.given_in(&self.project.id, branch);
        CreateEndpoint::new(neon, self.project.id.clone(), branch, kind)
    }

    /// Lists the compute endpoints of all branches (`listProjectEndpoints`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "listProjectEndpoints")]
    pub fn list(&self) -> Pager<Plain<Endpoint>> {
        list!(
            self,
            LIST_PROJECT_ENDPOINTS,
            |this, neon| neon.raw().list_project_endpoints(&this.project.id).await,
            |response| response.endpoints
        )
    }
}
