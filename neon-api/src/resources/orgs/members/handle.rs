//! One member of an organization.

use neon_api_raw::enums::MemberRole;
use neon_api_raw::ids::{MemberId, OrgId};
use neon_api_raw::types::{Member, OrganizationMemberUpdateRequest};

use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::orgs::OrgHandle;

/// One member of an organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// let member = org.member("3a8b8f6c-0e6e-4b8e-9d0c-6b5f1d2c3e4f");
/// println!("{}", member.get().await?.role);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgMemberHandle {
    pub(super) org: OrgHandle,
    pub(super) id: MemberId,
}

impl OrgMemberHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// The ID of the membership, as it was given.
    pub fn id(&self) -> &MemberId {
        &self.id
    }

    /// The ID of the organization that it belongs to.
    pub fn org_id(&self) -> &OrgId {
        self.org.id()
    }

    /// The member as it is now (`getOrganizationMember`). Requires the personal API key of an admin
    /// of the organization. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none.
    #[doc(alias = "getOrganizationMember")]
    pub fn get(&self) -> Call<Member> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_organization_member(&this.org.id, &this.id)
                .await,
            |response| *response
        )
    }

    /// The member as it is now (`getOrganizationMember`); `None` if it, or what contains it, does
    /// not exist. Requires the personal API key of an admin of the organization.
    pub fn get_opt(&self) -> Call<Option<Member>> {
        self.get().optional()
    }

    /// Gives the member another role (`updateOrganizationMember`). Requires the personal API key of
    /// an admin of the organization.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such member. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateOrganizationMember")]
    pub fn update(&self, role: MemberRole) -> Call<Member> {
        let body = OrganizationMemberUpdateRequest::new(role);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .update_organization_member(&this.org.id, &this.id, &body)
                .await,
            |response| *response
        )
    }

    /// Removes the member from the organization (`removeOrganizationMember`), and with that from
    /// its projects; only a new invitation brings them back. Requires the personal API key of an
    /// admin of the organization.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such member. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "removeOrganizationMember")]
    pub fn remove(&self) -> Call<()> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .remove_organization_member(&this.org.id, &this.id)
                .await,
            |_| ()
        )
    }
}
