//! Organizations.

use neon_api_raw::ids::OrgId;

use super::members::OrgMembers;
use crate::neon::Neon;

/// One organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use neon_api::ids::OrgId;
///
/// let org = neon.org(OrgId::new("org-ocean-art-12345678")?);
/// println!("{}", org.id());
/// # Ok(())
/// # }
/// ```
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

    /// The organization's members: listing.
    pub fn members(&self) -> OrgMembers {
        OrgMembers::new(self.neon.clone(), self.id.clone())
    }
}
