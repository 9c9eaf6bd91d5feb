//! Organizations.

mod members_list;

use neon_api_raw::ids::OrgId;

pub use members_list::ListOrgMembers;

use crate::call::IntoId;
use crate::neon::Neon;
use crate::pager::Pager;

/// One organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let org = neon.org("org-ocean-art-12345678");
/// println!("{}", org.id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgHandle {
    pub(crate) neon: Neon,
    pub(crate) id: OrgId,
}

impl Neon {
    /// One organization, by its ID or by a value that has one. Nothing is sent until a call is made on
    /// it.
    pub fn org(&self, id: impl IntoId<OrgId>) -> OrgHandle {
        let (neon, id) = self.given(id);
        OrgHandle { neon, id }
    }
}

impl OrgHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The organization's id.
    pub fn id(&self) -> &OrgId {
        &self.id
    }

    /// The organization's members: listing.
    pub fn members(&self) -> OrgMembers {
        OrgMembers {
            neon: self.neon.clone(),
            org: self.id.clone(),
        }
    }
}

/// The members of an organization.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// for entry in org.members().list().await? {
///     println!("{}", entry.user.email);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgMembers {
    neon: Neon,
    org: OrgId,
}

impl OrgMembers {
    /// Lists them (`getOrganizationMembers`), those who joined last first; [`ListOrgMembers`] shows
    /// what they hold and how to order them.
    pub fn list(&self) -> Pager<ListOrgMembers> {
        Pager::new(self.neon.clone(), ListOrgMembers::new(self.org.clone()))
    }
}
