//! Organizations: finding them, their members, invitations, API keys, VPC endpoints and spending
//! limit.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use neon_api::enums::MemberRole;
//! use neon_api::types::OrganizationInviteCreateRequest;
//!
//! if let Some(found) = neon.orgs().find("Ocean Art").await? {
//!     let org = neon.org(&found);
//!     for entry in org.members().list().await? {
//!         println!("{} is {}", entry.user.email, entry.member.role);
//!     }
//!     let invitation = OrganizationInviteCreateRequest::new("ada@example.com", MemberRole::Member);
//!     org.invitations().create([invitation]).await?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod api_keys;
mod handle;
pub mod invitations;
pub mod members;
pub mod spending_limit;
mod transfer;
pub mod vpc_endpoints;

use neon_api_raw::ids::OrgId;
use neon_api_raw::types::Organization;

pub use handle::OrgHandle;
pub(crate) use transfer::transfer_of;

use crate::call::{Call, IntoId};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The organizations that the user is a member of. Nothing is sent until a call is made on it;
/// clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// for org in neon.orgs().list().await? {
///     println!("{} {} ({})", org.id, org.name, org.plan);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Orgs {
    neon: Neon,
}

impl Neon {
    /// The organizations that the user is a member of: finding and listing.
    pub fn orgs(&self) -> Orgs {
        Orgs { neon: self.clone() }
    }

    /// One organization, by its ID or by a value that has one. Nothing is sent until a call is made
    /// on it.
    pub fn org(&self, id: impl IntoId<OrgId>) -> OrgHandle {
        let (neon, id) = self.given(id);
        OrgHandle { neon, id }
    }
}

impl Orgs {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// Lists the organizations that the user is a member of (`getCurrentUserOrganizations`).
    /// Requires a personal API key. Retried as a read.
    ///
    /// # Errors
    ///
    /// Those of the API, which refuses keys of organizations and projects.
    #[doc(alias = "getCurrentUserOrganizations")]
    pub fn list(&self) -> Pager<Plain<Organization>> {
        list!(
            self,
            GET_CURRENT_USER_ORGANIZATIONS,
            |_this, neon| neon.raw().get_current_user_organizations().await,
            |response| response.organizations
        )
    }

    /// The organization with exactly this name (`getCurrentUserOrganizations`); `None` if the user
    /// is a member of none. Of several, the first that the API lists. Requires a personal API key.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Organization>> {
        let name = name.into();
        self.list().find_where(move |org| org.name == name)
    }
}
