//! VPC endpoints of an organization, by which its projects are reached on private networks.
//!
//! [`project.vpc_endpoints()`](crate::projects::ProjectHandle::vpc_endpoints) restricts one project
//! to endpoints.
//!
//! ```no_run
//! # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
//! let endpoint = org.vpc_endpoint("aws-us-east-1", "vpce-1234567890abcdef0");
//! endpoint.assign("production").await?;
//! println!("{}", endpoint.get().await?.num_restricted_projects);
//! for endpoint in org.vpc_endpoints().list().await? {
//!     println!("{} {} {}", endpoint.region_id, endpoint.vpc_endpoint_id, endpoint.label);
//! }
//! # Ok(())
//! # }
//! ```

use neon_api_raw::ids::{OrgId, RegionId, VpcEndpointId};
use neon_api_raw::types::{
    VpcEndpoint, VpcEndpointAssignment, VpcEndpointDetails, VpcEndpointWithRegion,
};

use super::OrgHandle;
use crate::call::{Call, IntoId, call, deleted};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::waits::Started;

/// The VPC endpoints of an organization. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// println!("{} in all regions", org.vpc_endpoints().list().await?.len());
/// println!("{} in one", org.vpc_endpoints().in_region("aws-us-east-1").list().await?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgVpcEndpoints {
    org: OrgHandle,
}

/// The VPC endpoints of an organization in one region. Nothing is sent until a call is made on it;
/// clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// for endpoint in org.vpc_endpoints().in_region("aws-us-east-1").list().await? {
///     println!("{} {}", endpoint.vpc_endpoint_id, endpoint.label);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RegionVpcEndpoints {
    org: OrgHandle,
    region: RegionId,
}

/// One VPC endpoint of an organization, in its region. Nothing is sent until a call is made on it;
/// clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// let endpoint = org.vpc_endpoint("aws-us-east-1", "vpce-1234567890abcdef0");
/// println!("{}", endpoint.get().await?.label);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgVpcEndpointHandle {
    org: OrgHandle,
    region: RegionId,
    id: VpcEndpointId,
}

impl OrgHandle {
    /// The organization's VPC endpoints: listing.
    pub fn vpc_endpoints(&self) -> OrgVpcEndpoints {
        OrgVpcEndpoints { org: self.clone() }
    }

    /// One VPC endpoint of the organization, by its region and its ID. Nothing is sent until a call
    /// is made on it.
    pub fn vpc_endpoint(
        &self,
        region: impl IntoId<RegionId>,
        id: impl IntoId<VpcEndpointId>,
    ) -> OrgVpcEndpointHandle {
        let mut org = self.clone();
        let region = org.neon.take_id(region);
        let id = org.neon.take_id(id);
        OrgVpcEndpointHandle { org, region, id }
    }
}

impl OrgVpcEndpoints {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// Lists the VPC endpoints of all regions (`listOrganizationVPCEndpointsAllRegions`). Retried
    /// as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such organization.
    #[doc(alias = "listOrganizationVPCEndpointsAllRegions")]
    pub fn list(&self) -> Pager<Plain<VpcEndpointWithRegion>> {
        list!(
            self.org,
            LIST_ORGANIZATION_VPC_ENDPOINTS_ALL_REGIONS,
            |org, neon| neon
                .raw()
                .list_organization_vpc_endpoints_all_regions(&org.id)
                .await,
            |response| response.endpoints
        )
    }

    /// Those of one region: listing.
    pub fn in_region(&self, region: impl IntoId<RegionId>) -> RegionVpcEndpoints {
        let mut org = self.org.clone();
        let region = org.neon.take_id(region);
        RegionVpcEndpoints { org, region }
    }
}

impl RegionVpcEndpoints {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// Lists the VPC endpoints of the region (`listOrganizationVPCEndpoints`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such organization or region.
    #[doc(alias = "listOrganizationVPCEndpoints")]
    pub fn list(&self) -> Pager<Plain<VpcEndpoint>> {
        list!(
            self,
            LIST_ORGANIZATION_VPC_ENDPOINTS,
            |this, neon| neon
                .raw()
                .list_organization_vpc_endpoints(&this.org.id, &this.region)
                .await,
            |response| response.endpoints
        )
    }
}

impl OrgVpcEndpointHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// The region, as it was given.
    pub fn region(&self) -> &RegionId {
        &self.region
    }

    /// The VPC endpoint's ID, as it was given.
    pub fn id(&self) -> &VpcEndpointId {
        &self.id
    }

    /// The ID of the organization that it belongs to.
    pub fn org_id(&self) -> &OrgId {
        self.org.id()
    }

    /// The VPC endpoint as it is now, with how many projects are restricted to it and some of them
    /// (`getOrganizationVPCEndpointDetails`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when the organization has none of that ID.
    #[doc(alias = "getOrganizationVPCEndpointDetails")]
    pub fn get(&self) -> Call<VpcEndpointDetails> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_organization_vpc_endpoint_details(&this.org.id, &this.region, &this.id)
                .await,
            |response| *response
        )
    }

    /// The VPC endpoint as it is now (`getOrganizationVPCEndpointDetails`); `None` when the
    /// organization has none of that ID.
    pub fn get_opt(&self) -> Call<Option<VpcEndpointDetails>> {
        self.get().optional()
    }

    /// Assigns the VPC endpoint to the organization (`assignOrganizationVPCEndpoint`), with a
    /// label; one that is assigned gets another label.
    ///
    /// # Errors
    ///
    /// Those of the API, which limits how many there are. The request is not retried when its
    /// response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and
    /// assigning again does no harm.
    #[doc(alias = "assignOrganizationVPCEndpoint")]
    pub fn assign(&self, label: impl Into<String>) -> Call<()> {
        let body = VpcEndpointAssignment::new(label);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .assign_organization_vpc_endpoint(&this.org.id, &this.region, &this.id, &body)
                .await,
            |_| ()
        )
    }

    /// Removes the VPC endpoint from the organization (`deleteOrganizationVPCEndpoint`):
    /// connections through it end, and cannot be made again. There are no operations to wait for.
    ///
    /// # Errors
    ///
    /// Those of the API. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and deleting again does no
    /// harm.
    #[doc(alias = "deleteOrganizationVPCEndpoint")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_organization_vpc_endpoint(&this.org.id, &this.region, &this.id)
            .await)
    }
}
