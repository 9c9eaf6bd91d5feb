//! Invitations to an organization.
//!
//! All calls require the personal API key of an admin of the organization.
//!
//! ```no_run
//! # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
//! use neon_api::enums::MemberRole;
//! use neon_api::types::OrganizationInviteCreateRequest;
//!
//! let ada = OrganizationInviteCreateRequest::new("ada@example.com", MemberRole::Admin);
//! let lin = OrganizationInviteCreateRequest::new("lin@example.com", MemberRole::Member);
//! org.invitations().create([ada, lin]).await?;
//! for invitation in org.invitations().list().await? {
//!     println!("{} since {}", invitation.email, invitation.invited_at);
//! }
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::{
    Invitation, OrganizationInviteCreateRequest, OrganizationInvitesCreateRequest,
};

use super::OrgHandle;
use crate::call::{Call, call};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The invitations to an organization. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// println!("{} invitations", org.invitations().list().await?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgInvitations {
    org: OrgHandle,
}

impl OrgHandle {
    /// The invitations to the organization: creating and listing.
    pub fn invitations(&self) -> OrgInvitations {
        OrgInvitations { org: self.clone() }
    }
}

impl OrgInvitations {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// Lists the invitations (`getOrganizationInvitations`). Requires the personal API key of an
    /// admin of the organization. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such organization.
    #[doc(alias = "getOrganizationInvitations")]
    pub fn list(&self) -> Pager<Plain<Invitation>> {
        list!(
            self.org,
            GET_ORGANIZATION_INVITATIONS,
            |org, neon| neon.raw().get_organization_invitations(&org.id).await,
            |response| response.invitations
        )
    }

    /// The invitation of exactly this email address (`getOrganizationInvitations`); `None` if there
    /// is none. Requires the personal API key of an admin of the organization.
    pub fn find(&self, email: impl Into<String>) -> Call<Option<Invitation>> {
        let email = email.into();
        self.list().find_where(move |it| it.email == email)
    }

    /// Invites people to join the organization (`createOrganizationInvitations`), one or more by a
    /// request. Email addresses have up to 256 characters. Requires the personal API key of an
    /// admin of the organization.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when there is no one to invite. The
    /// request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "createOrganizationInvitations")]
    pub fn create(
        &self,
        invitations: impl IntoIterator<Item = OrganizationInviteCreateRequest>,
    ) -> Call<Vec<Invitation>> {
        let invitations: Vec<_> = invitations.into_iter().collect();
        let mut org = self.org.clone();
        if invitations.is_empty() {
            org.neon.refuse("invitations", "expected at least one");
        }
        let body = OrganizationInvitesCreateRequest::new(invitations);
        call!(
            &org,
            |this, neon| neon
                .raw()
                .create_organization_invitations(&this.id, &body)
                .await,
            |response| response.invitations
        )
    }
}
