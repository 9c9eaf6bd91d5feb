//! VPC endpoints that a project is restricted to.
//!
//! [`org.vpc_endpoints()`](crate::orgs::OrgHandle::vpc_endpoints) assigns endpoints to the
//! organization, which comes first.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! project.vpc_endpoint("vpce-1234567890abcdef0").assign("production").await?;
//! for endpoint in project.vpc_endpoints().list().await? {
//!     println!("{} {}", endpoint.vpc_endpoint_id, endpoint.label);
//! }
//! # Ok(())
//! # }
//! ```

use neon_api_raw::ids::{ProjectId, VpcEndpointId};
use neon_api_raw::types::{VpcEndpoint, VpcEndpointAssignment, VpcEndpointWithRegion};

use super::projects::ProjectHandle;
use crate::call::{Call, IntoId, call, deleted, from_values};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::waits::Started;

/// The VPC endpoints that a project is restricted to. Nothing is sent until a call is made on it;
/// clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let endpoints = project.vpc_endpoints().list().await?;
/// println!("{}", if endpoints.is_empty() { "not restricted" } else { "restricted" });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VpcEndpoints {
    project: ProjectHandle,
}

/// One VPC endpoint of a project. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// project.vpc_endpoint("vpce-1234567890abcdef0").assign("production").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VpcEndpointHandle {
    project: ProjectHandle,
    id: VpcEndpointId,
}

impl ProjectHandle {
    /// The VPC endpoints that the project is restricted to: listing.
    pub fn vpc_endpoints(&self) -> VpcEndpoints {
        VpcEndpoints {
            project: self.clone(),
        }
    }

    /// One VPC endpoint, by its ID or by a value that has one. Nothing is sent until a call is made
    /// on it.
    pub fn vpc_endpoint(&self, id: impl IntoId<VpcEndpointId>) -> VpcEndpointHandle {
        let (project, id) = self.given(id);
        VpcEndpointHandle { project, id }
    }
}

impl VpcEndpoints {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// Lists the VPC endpoints that the project is restricted to (`listProjectVPCEndpoints`); with
    /// none it is not restricted. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "listProjectVPCEndpoints")]
    pub fn list(&self) -> Pager<Plain<VpcEndpoint>> {
        list!(
            self.project,
            LIST_PROJECT_VPC_ENDPOINTS,
            |project, neon| neon.raw().list_project_vpc_endpoints(&project.id).await,
            |response| response.endpoints
        )
    }
}

impl VpcEndpointHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.project.neon()
    }

    /// The VPC endpoint's ID, as it was given.
    pub fn id(&self) -> &VpcEndpointId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.project.id()
    }

    /// Restricts the project to the VPC endpoint (`assignProjectVPCEndpoint`), with a label:
    /// private connections through other endpoints than the assigned ones are refused, and may end.
    /// One that is assigned gets another label.
    ///
    /// # Errors
    ///
    /// Those of the API, which limits how many there are. The request is not retried when its
    /// response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and
    /// assigning again does no harm.
    #[doc(alias = "assignProjectVPCEndpoint")]
    pub fn assign(&self, label: impl Into<String>) -> Call<()> {
        let body = VpcEndpointAssignment::new(label);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .assign_project_vpc_endpoint(&this.project.id, &this.id, &body)
                .await,
            |_| ()
        )
    }

    /// Removes the project's restriction to the VPC endpoint (`deleteProjectVPCEndpoint`).
    /// Connections through it may end while others are assigned; without the last one, the project
    /// is not restricted. There are no operations to wait for.
    ///
    /// # Errors
    ///
    /// Those of the API. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and deleting again does no
    /// harm.
    #[doc(alias = "deleteProjectVPCEndpoint")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project_vpc_endpoint(&this.project.id, &this.id)
            .await)
    }
}

from_values! {
    VpcEndpoint => VpcEndpointId, |endpoint| endpoint.vpc_endpoint_id;
    VpcEndpointWithRegion => VpcEndpointId, |endpoint| endpoint.vpc_endpoint_id;
}
