//! The compute endpoints of a branch.

use neon_api_raw::enums::EndpointType;
use neon_api_raw::types::Endpoint;

use super::CreateEndpoint;
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::resources::branches::BranchHandle;

/// The compute endpoints of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for endpoint in branch.endpoints().list().await? {
///     println!("{} at {}", endpoint.type_, endpoint.host);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BranchEndpoints {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's compute endpoints: creating and listing.
    pub fn endpoints(&self) -> BranchEndpoints {
        BranchEndpoints {
            branch: self.clone(),
        }
    }
}

impl BranchEndpoints {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    #[cfg(feature = "workflows")]
    pub(crate) fn branch(&self) -> &BranchHandle {
        &self.branch
    }

    /// Creates a compute endpoint for the branch (`createProjectEndpoint`), which has one
    /// read-write endpoint at most. [`CreateEndpoint`] describes what else can be chosen, and how
    /// the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::EndpointType;
    ///
    /// let endpoint = branch.endpoints().create(EndpointType::ReadWrite).ready().await?;
    /// println!("{}", endpoint.host);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectEndpoint")]
    pub fn create(&self, kind: EndpointType) -> CreateEndpoint {
        let BranchHandle { neon, project, id } = self.branch.clone();
        CreateEndpoint::new(neon, project, id, kind)
    }

    /// Creates a read-only compute endpoint for the branch (`createProjectEndpoint`): a replica
    /// that reads the same data. [`CreateEndpoint`] describes what else can be chosen, and how the
    /// call fails.
    #[doc(alias = "createProjectEndpoint")]
    pub fn create_read_only(&self) -> CreateEndpoint {
        self.create(EndpointType::ReadOnly)
    }

    /// Lists the branch's compute endpoints (`listProjectBranchEndpoints`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "listProjectBranchEndpoints")]
    pub fn list(&self) -> Pager<Plain<Endpoint>> {
        list!(
            self.branch,
            LIST_PROJECT_BRANCH_ENDPOINTS,
            |branch, neon| neon
                .raw()
                .list_project_branch_endpoints(&branch.project, &branch.id)
                .await,
            |response| response.endpoints
        )
    }
}
