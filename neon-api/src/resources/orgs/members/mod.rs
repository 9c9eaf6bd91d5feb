//! Members of an organization: listing them, changing their roles, and removing them.
//!
//! All calls require the personal API key of an admin of the organization.
//!
//! ```no_run
//! # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
//! use neon_api::enums::MemberRole;
//!
//! for entry in org.members().list().await? {
//!     if entry.user.email == "ada@example.com" {
//!         org.member(&entry).update(MemberRole::Admin).await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod handle;
mod list;

use neon_api_raw::ids::MemberId;
use neon_api_raw::types::{Member, MemberWithUser};

pub use handle::OrgMemberHandle;
pub use list::ListOrgMembers;

use super::OrgHandle;
use crate::call::{Call, IntoId, from_values};
use crate::neon::Neon;
use crate::pager::Pager;

/// The members of an organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// for entry in org.members().list().await? {
///     println!("{} is {}", entry.user.email, entry.member.role);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgMembers {
    org: OrgHandle,
}

impl OrgHandle {
    /// The organization's members: listing.
    pub fn members(&self) -> OrgMembers {
        OrgMembers { org: self.clone() }
    }

    /// One member of the organization, by the ID of the membership (not of the user), or by a value
    /// that has one. Nothing is sent until a call is made on it.
    pub fn member(&self, id: impl IntoId<MemberId>) -> OrgMemberHandle {
        let mut org = self.clone();
        let id = org.neon.take_id(id);
        OrgMemberHandle { org, id }
    }
}

impl OrgMembers {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// Lists the members (`getOrganizationMembers`), those who joined last first;
    /// [`ListOrgMembers`] shows what the items hold and how to order them. Requires the personal
    /// API key of an admin of the organization. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such organization.
    #[doc(alias = "getOrganizationMembers")]
    pub fn list(&self) -> Pager<ListOrgMembers> {
        let listing = ListOrgMembers::new(self.org.id.clone());
        Pager::new(self.org.neon.clone(), listing)
    }

    /// The member with exactly this email address (`getOrganizationMembers`); `None` if there is
    /// none. Requires the personal API key of an admin of the organization.
    pub fn find(&self, email: impl Into<String>) -> Call<Option<MemberWithUser>> {
        let email = email.into();
        self.list().find_where(move |it| it.user.email == email)
    }
}

from_values! {
    Member => MemberId, |member| member.id;
    MemberWithUser => MemberId, |entry| entry.member.id;
}
