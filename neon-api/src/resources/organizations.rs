//! Organizations.

use neon_api_raw::ids::OrgId;

use crate::neon::Neon;
use crate::pager::Pager;
use crate::pager::listings::ListOrgMembers;

/// One organization. Nothing is sent until a call is made on it; clones are cheap.
#[derive(Debug, Clone)]
pub struct OrgHandle {
    neon: Neon,
    id: OrgId,
}

impl OrgHandle {
    pub(crate) fn new(neon: Neon, id: OrgId) -> Self {
        Self { neon, id }
    }

    /// The organization's id.
    pub fn id(&self) -> &OrgId {
        &self.id
    }

    /// Lists the members (`getOrganizationMembers`).
    pub fn members(&self) -> Pager<ListOrgMembers> {
        Pager::new(self.neon.clone(), ListOrgMembers::new(self.id.clone()))
    }
}
