//! Many projects of one account.

pub mod consumption;

use neon_api_raw::ids::OrgId;

use crate::neon::Neon;
use crate::resources::orgs::OrgHandle;

/// The projects of an organization, or of all organizations that the key can see.
#[derive(Debug, Clone)]
pub struct Fleet {
    neon: Neon,
    org: Option<OrgId>,
}

impl Neon {
    /// The projects of the client's organization if it was configured with one
    /// ([`default_org`](Self::default_org)); otherwise all that the key can see.
    pub fn fleet(&self) -> Fleet {
        Fleet {
            neon: self.clone(),
            org: self.default_org().cloned(),
        }
    }
}

impl OrgHandle {
    /// The projects of the organization.
    pub fn fleet(&self) -> Fleet {
        Fleet {
            neon: self.neon.clone(),
            org: Some(self.id.clone()),
        }
    }
}

impl Fleet {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The organization, if it is of one.
    pub fn org(&self) -> Option<&OrgId> {
        self.org.as_ref()
    }
}
